// The form behind a bootstrap link. The link's secret is in the fragment, which browsers send to nobody.
'use strict'

const form = document.getElementById('form')
const problem = document.getElementById('problem')
const inputs = [...form.querySelectorAll('input')]

if (!secret()) refuse('This link is not whole: open the one that the server printed, up to its last character.')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  clear()
  busy(true)
  try {
    const response = await fetch('bootstrap', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(filledIn()),
    })
    const answer = await response.json()
    if (response.ok) return succeed(answer)
    if (response.status === 404 || response.status === 410) return refuse(answer.errors[0].message)
    answer.errors.forEach(show)
    document.querySelector('[aria-invalid]')?.focus()
  } catch {
    problem.textContent = 'The server could not be reached. Try again.'
  }
  busy(false)
})

document.getElementById('copy').addEventListener('click', () =>
  navigator.clipboard.writeText(document.getElementById('token').textContent),
)

function secret() {
  return decodeURIComponent(location.hash.slice(1))
}

// filledIn returns the request: the ids of the fields are their paths in it.
function filledIn() {
  const request = { secret: secret(), organization: {}, admin: {} }
  for (const input of inputs) {
    const [part, field] = input.id.split('.')
    request[part][field] = input.value
  }
  return request
}

function show({ message, field }) {
  const input = document.getElementById(field?.join('.'))
  if (!input) {
    problem.textContent = message
    return
  }
  input.setAttribute('aria-invalid', 'true')
  document.getElementById(`${input.id}.error`).textContent = message
}

function clear() {
  form.querySelectorAll('.error').forEach((element) => (element.textContent = ''))
  inputs.forEach((input) => input.removeAttribute('aria-invalid'))
}

function busy(yes) {
  document.getElementById('submit').disabled = yes
}

// refuse ends what cannot come to anything.
function refuse(message) {
  problem.textContent = message
  form.querySelectorAll('fieldset').forEach((fieldset) => (fieldset.disabled = true))
  busy(true)
}

function succeed({ token, expiresAt }) {
  history.replaceState(null, '', location.pathname) // the secret is spent
  form.hidden = true
  document.getElementById('token').textContent = token
  document.getElementById('until').textContent = new Date(expiresAt).toLocaleString()
  document.getElementById('graphiql').href = `./#token=${token}`
  document.getElementById('done').hidden = false
}
