// Signs people in at a real OpenID provider, and shows its tokens to a server that trusts it. web/withserver.sh names
// the server's program in PURSER_BINARY.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { login, renew } from './login.mjs'
import { audience, client, startProvider } from './provider.mjs'

const folder = await mkdtemp(join(tmpdir(), 'purser-oidc-'))
const running = []
let provider
let api // a server for access tokens
let web // one for the ID tokens of the client

before(async () => {
  provider = await startProvider((user) => (user.startsWith('reader@') ? ['BILLING_ADMIN', 'Something.Else'] : undefined))
  api = await purser('api', audience)
  web = await purser('web', client)
})

after(async () => {
  for (const server of running) {
    server.kill()
    await once(server, 'exit')
  }
  provider?.stop()
  await rm(folder, { recursive: true })
})

test('an access token signs a user in, with the roles that are stored', async () => {
  const { access_token } = await login(provider.issuer, 'billing@contoso.example')
  const { viewer } = await ask(api, access_token)
  assert.equal(viewer.user.userPrincipalName, 'billing@contoso.example')
  assert.deepEqual(viewer.access.nodes, [{ roles: ['BILLING_ADMIN', 'MEMBER'], tenant: { domain: 'contoso.example' } }])
  assert.equal(viewer.credential.kind, 'OIDC')
  assert.equal(viewer.credential.name, provider.issuer)
  const left = Date.parse(viewer.credential.expiresAt) - Date.now()
  assert.ok(left > 500_000 && left <= 600_000, `it ends in ${left} ms`)
})

test('roles in the token hold instead of the stored ones', async () => {
  const { access_token } = await login(provider.issuer, 'reader@contoso.example')
  const { viewer } = await ask(api, access_token)
  assert.deepEqual(viewer.access.nodes[0].roles, ['BILLING_ADMIN', 'MEMBER'])
})

test('a renewed token is the same credential: it replays a mutation', async () => {
  const first = await login(provider.issuer, 'admin@contoso.example')
  const second = await renew(provider.issuer, first.refresh_token)
  assert.notEqual(second.access_token, first.access_token)
  const before = await events(first.access_token)
  for (const { access_token } of [first, second]) await ask(api, access_token, setDefault)
  assert.equal(await events(second.access_token), before + 1)
})

test('an ID token signs in where the client itself is the audience, and an access token does not', async () => {
  const { id_token, access_token } = await login(provider.issuer, 'avery@contoso.example')
  assert.equal((await ask(web, id_token)).viewer.user.userPrincipalName, 'avery@contoso.example')
  await refused(web, access_token)
  await refused(api, id_token)
})

test('somebody whom the provider knows and the directory does not is refused', async () => {
  const { access_token } = await login(provider.issuer, 'nobody@contoso.example')
  await refused(api, access_token)
})

test('a token that was changed is refused', async () => {
  const { access_token } = await login(provider.issuer, 'avery@contoso.example')
  const [header, payload, signature] = access_token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  claims.preferred_username = 'admin@contoso.example'
  await refused(api, [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.'))
})

const who = `{ viewer {
  user { userPrincipalName } credential { kind name expiresAt } access { nodes { roles tenant { domain } } }
} }`

const setDefault = `mutation { setDefaultSelfServicePolicy(input: { value: DISABLED }) @idempotent(key: "once") { userErrors { message } } }`

// events counts the changes of the default policy.
async function events(token) {
  return (await ask(api, token, '{ auditEvents(filter: { action: ["policy.default_set"] }) { totalCount } }')).auditEvents.totalCount
}

async function post(server, token, query) {
  return fetch(`${server}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
}

async function ask(server, token, query = who) {
  const response = await post(server, token, query)
  const { data, errors } = await response.json()
  assert.equal(errors, undefined, JSON.stringify(errors))
  return data
}

async function refused(server, token) {
  const response = await post(server, token, who)
  assert.equal(response.status, 401)
  const { errors, ...rest } = await response.json()
  assert.deepEqual(errors.map((error) => error.extensions.code), ['UNAUTHENTICATED'])
  assert.deepEqual(rest, {})
}

// purser starts a server with demo data that takes the provider's tokens for an audience, and returns its address.
async function purser(name, audience) {
  const server = spawn(process.env.PURSER_BINARY, ['serve', '--demo', '--addr', '127.0.0.1:0'], {
    env: {
      ...process.env,
      PURSER_DATABASE: join(folder, `${name}.db`),
      PURSER_OIDC_ISSUER: provider.issuer,
      PURSER_OIDC_AUDIENCE: audience,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.push(server)
  for await (const line of createInterface({ input: server.stdout })) {
    const address = line.match(/serves (http:\/\/[0-9.:]+)\/graphql/)?.[1]
    if (address) return address
  }
  throw new Error('the server ended')
}
