// An OpenID provider on a free port of this machine: oidc-provider, which is certified, with its development login
// form (any password does). Its people are contoso.example's.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

export const client = 'purser-web'
export const redirect = 'http://127.0.0.1/callback'
export const resource = 'https://purser.example/graphql'
export const audience = 'purser'

// startProvider starts it. rolesOf says which roles the tokens of a user carry; undefined: they do not speak of roles.
export async function startProvider(rolesOf) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${server.address().port}`
  const claimsOf = (id) => ({ tid: 'contoso.example', preferred_username: id, roles: rolesOf(id) })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client,
        application_type: 'native',
        redirect_uris: [redirect],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    claims: { profile: ['preferred_username', 'tid', 'roles'] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(32).toString('hex')] },
    extraTokenClaims: (_, token) => claimsOf(token.accountId),
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ audience, scope: 'api', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    issueRefreshToken: () => true,
    jwks: { keys: [key('rsa', { modulusLength: 2048 }), key('ec', { namedCurve: 'P-256' })] },
  })
  server.on('request', provider.callback())
  return { issuer, stop: () => server.close() }
}

function key(type, options) {
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid: type, use: 'sig' }
}
