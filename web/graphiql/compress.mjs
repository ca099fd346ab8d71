// Replaces every text file of dist by its gzip form, as `gzip -n -9` would: the bytes depend on the content
// alone. pako is plain JavaScript, so that they depend on neither Node's version nor the processor.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzip } from 'pako'

const dist = fileURLToPath(new URL('dist', import.meta.url))
const text = /\.(html|js|css|svg|md|json|ttf)$/

let raw = 0
let small = 0
for (const name of readdirSync(dist, { recursive: true }).sort()) {
  const path = join(dist, name)
  if (!statSync(path).isFile() || !text.test(name)) continue
  const content = readFileSync(path)
  const packed = gzip(content, { level: 9 })
  writeFileSync(`${path}.gz`, packed)
  rmSync(path)
  raw += content.length
  small += packed.length
}
console.log(`dist: ${raw} bytes, ${small} bytes compressed`)
