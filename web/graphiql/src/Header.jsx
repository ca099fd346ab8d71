import { useEffect, useState } from 'react'

const hints = {
  missing: ['hint', 'Paste an API token to begin. “purser token create” makes one.'],
  checking: ['quiet', 'Checking the token …'],
  accepted: ['good', 'Token accepted'],
  refused: ['bad', 'The server refuses this token (UNAUTHENTICATED): it is mistyped, expired or revoked. Paste another one.'],
  hidden: ['hint', 'Introspection is switched off here: no documentation and completion, but operations run.'],
  unreachable: ['bad', 'The schema could not be loaded. Apply tries again.'],
}

export function Header({ state, token, onApply, onReset }) {
  const [tone, text] = hints[state]
  return (
    <header className="purser-header">
      <a className="purser-name" href="./">
        <img src="./favicon.svg" alt="" width="24" height="24" />
        Purser
      </a>
      <TokenBox token={token} onApply={onApply} invalid={state === 'refused'} />
      <p id="token-status" role="status" className={`purser-status purser-${tone}`} data-state={state} title={text}>
        {text}
      </p>
      <nav>
        <button type="button" className="purser-link" onClick={onReset} title="Close all tabs and open the examples again">
          Reset tabs
        </button>
        <a href="/schema.graphql" target="_blank" rel="noreferrer">
          schema.graphql
        </a>
      </nav>
    </header>
  )
}

function TokenBox({ token, onApply, invalid }) {
  const [value, setValue] = useState(token)
  const [shown, setShown] = useState(false)
  useEffect(() => setValue(token), [token])
  const submit = (event) => {
    event.preventDefault()
    onApply(value.trim())
  }
  return (
    <form className="purser-token" onSubmit={submit}>
      <label htmlFor="token">API token</label>
      <span className="purser-field">
        <input
          id="token"
          type={shown ? 'text' : 'password'}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          placeholder="psr_…"
          autoComplete="off"
          spellCheck={false}
          aria-describedby="token-status"
          aria-invalid={invalid}
        />
        <button type="button" className="purser-show" aria-pressed={shown} aria-label="Show the token" onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
        </button>
      </span>
      <button type="submit" className="purser-apply">
        Apply
      </button>
    </form>
  )
}
