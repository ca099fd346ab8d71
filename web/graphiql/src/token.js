// The API token lives in sessionStorage: it is gone when the tab closes, and no other tab or site reads it.
const key = 'purser:token'

export function readToken() {
  return sessionStorage.getItem(key) ?? ''
}

export function writeToken(token) {
  if (token) sessionStorage.setItem(key, token)
  else sessionStorage.removeItem(key)
}

// takeTokenFromURL moves a token from the fragment (#token=psr_…) to sessionStorage, so that it stays
// neither in the address bar nor in the history. It says whether there was one.
export function takeTokenFromURL() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')?.trim()
  if (!token) return false
  writeToken(token)
  history.replaceState(history.state, '', location.pathname + location.search)
  return true
}
