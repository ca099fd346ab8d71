import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import '@graphiql/plugin-explorer/style.css'
import './style.css'

import { explorerPlugin } from '@graphiql/plugin-explorer'
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import { useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createFetcher } from './fetcher.js'
import { Header } from './Header.jsx'
import { forgetTabs, storage } from './storage.js'
import { tabs } from './tabs.js'
import { readToken, takeTokenFromURL, writeToken } from './token.js'

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })]

// stateAfter says what the header shows after an answer of the server.
function stateAfter(state, code, introspection, result) {
  if (code === 'UNAUTHENTICATED') return readToken() ? 'refused' : 'missing'
  if (!introspection) return state
  if (result?.data) return 'accepted'
  return code === 'INTROSPECTION_DISABLED' ? 'hidden' : 'unreachable'
}

// useSession holds the token and a fetcher for it. Each call of `apply` makes a new fetcher, which makes
// GraphiQL load the schema again.
function useSession() {
  const [session, setSession] = useState(() => ({ token: readToken() }))
  const [state, setState] = useState('missing')
  const fetcher = useMemo(
    () => createFetcher((code, introspection, result) => setState((now) => stateAfter(now, code, introspection, result))),
    [session],
  )
  useEffect(() => {
    setState(session.token ? 'checking' : 'missing')
    return () => fetcher.dispose()
  }, [session, fetcher])
  const apply = (token) => {
    writeToken(token)
    setSession({ token })
  }
  return { token: session.token, state, fetcher, apply }
}

function App() {
  const { token, state, fetcher, apply } = useSession()
  useEffect(() => {
    const onHashChange = () => takeTokenFromURL() && apply(readToken())
    addEventListener('hashchange', onHashChange)
    return () => removeEventListener('hashchange', onHashChange)
  }, [])
  const [round, setRound] = useState(0)
  const reset = () => {
    forgetTabs()
    setRound(round + 1)
  }
  // Without a token there is no schema to ask for: `null` tells GraphiQL not to try.
  return (
    <>
      <Header state={state} token={token} onApply={apply} onReset={reset} />
      <main className="purser-main">
        <GraphiQL
          key={round}
          fetcher={fetcher}
          schema={token ? undefined : null}
          schemaDescription
          storage={storage}
          defaultTabs={tabs}
          defaultEditorToolsVisibility="variables"
          plugins={plugins}
        >
          <GraphiQL.Logo> </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  )
}

takeTokenFromURL()
createRoot(document.getElementById('root')).render(<App />)
