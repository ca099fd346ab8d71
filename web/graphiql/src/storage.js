// What GraphiQL keeps (tabs, history, theme) is stored under names of our own: another GraphiQL that
// was once served from the same address would otherwise show its tabs here.
const prefix = 'purser:'

export const storage = {
  getItem: (key) => localStorage.getItem(prefix + key),
  setItem: (key, value) => localStorage.setItem(prefix + key, value),
  removeItem: (key) => localStorage.removeItem(prefix + key),
  clear() {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) localStorage.removeItem(key)
    }
  },
  get length() {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).length
  },
}

// forgetTabs forgets the tabs and what is in the editors; history and theme stay.
export function forgetTabs() {
  for (const name of ['tabState', 'query', 'variables', 'headers', 'operationName']) storage.removeItem(`graphiql:${name}`)
}
