// Signs somebody in by authorization code with PKCE, as a web application has a browser do it.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { client, redirect, resource } from './provider.mjs'

// login returns the tokens of a user.
export async function login(issuer, user) {
  const verifier = randomBytes(32).toString('base64url')
  const code = await authorize(issuer, user, createHash('sha256').update(verifier).digest('base64url'))
  return tokens(issuer, { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier })
}

// renew returns new tokens for a refresh token.
export function renew(issuer, refreshToken) {
  return tokens(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken })
}

async function tokens(issuer, parameters) {
  const { token_endpoint } = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  const body = new URLSearchParams({ client_id: client, resource, ...parameters })
  const response = await fetch(token_endpoint, { method: 'POST', body })
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

// authorize follows the redirects, and fills in the forms on the way, up to the one to the application.
async function authorize(issuer, user, challenge) {
  const cookies = new Map()
  const visit = async (url, form) => {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      redirect: 'manual',
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
      cookies.set(name, value)
    }
    return response
  }
  const state = randomBytes(8).toString('hex')
  let url = `${issuer}/auth?${new URLSearchParams({
    client_id: client, response_type: 'code', redirect_uri: redirect, scope: 'openid profile api offline_access', prompt: 'consent',
    resource, state, code_challenge: challenge, code_challenge_method: 'S256',
  })}`
  for (let step = 0; step < 10; step++) {
    let response = await visit(url)
    if (response.status === 200) {
      const page = await response.text()
      const prompt = page.match(/name="prompt" value="(login|consent)"/)?.[1]
      assert.ok(prompt, `neither a login nor a consent form:\n${page}`)
      response = await visit(url, { prompt, login: user, password: 'any' })
    }
    assert.ok([302, 303].includes(response.status), `${response.status} of ${url}`)
    url = new URL(response.headers.get('location'), url).href
    if (url.startsWith(redirect)) {
      const answer = new URL(url).searchParams
      assert.equal(answer.get('state'), state)
      assert.ok(answer.get('code'), url)
      return answer.get('code')
    }
  }
  assert.fail('the login goes round in a circle')
}
