import { defineConfig } from 'vite'

const server = 'http://127.0.0.1:8080'

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic' } },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': { target: server, ws: true }, '/schema.graphql': server } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8192,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // "use client" in libraries means something to server rendering alone.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
})
