// graphql-ws, the reference client of graphql-transport-ws.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { authorization, followed, progress, socketURL, startMove } from './purser.mjs'

const client = (options) =>
  createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: authorization }, ...options })

test('a subscription is followed to its end, and a query goes over the same socket', async () => {
  const ends = new EventEmitter()
  let sockets = 0
  const socket = client({ on: { connected: () => sockets++, closed: (event) => ends.emit('closed', event) }, lazyCloseTimeout: 1000 })
  const move = await startMove()
  const seen = []
  for await (const { data, errors } of socket.iterate({ query: progress, variables: { move } })) {
    assert.equal(errors, undefined)
    seen.push(data.moveProgress)
  }
  followed(move, seen)
  const { value } = await socket.iterate({ query: 'query ($move: ID!) { move(id: $move) { status } }', variables: { move } }).next()
  assert.deepEqual(value.data, { move: { status: 'SUCCEEDED' } })
  assert.equal(sockets, 1)

  const closed = once(ends, 'closed')
  await socket.dispose()
  const [{ code, wasClean }] = await closed
  assert.deepEqual({ code, wasClean }, { code: 1000, wasClean: true })
})

test('a document that is refused leaves the socket open', async () => {
  let sockets = 0
  const socket = client({ on: { connected: () => sockets++ }, lazyCloseTimeout: 1000 })
  await assert.rejects(socket.iterate({ query: '{ nothing }' }).next(), (errors) => {
    assert.deepEqual(errors.map((error) => error.extensions.code), ['GRAPHQL_INVALID'])
    return true
  })
  const { value } = await socket.iterate({ query: '{ viewer { credential { kind } } }' }).next()
  assert.deepEqual(value.data, { viewer: { credential: { kind: 'API_TOKEN' } } })
  assert.equal(sockets, 1)
  await socket.dispose()
})

// The client comes back after 4403 unless it is told not to: docs/clients.md does.
const wrong = { connectionParams: { Authorization: 'Bearer psr_wrong' } }

test('a wrong token is 4403, and a client that knows what that means does not come back', async () => {
  assert.deepEqual(await refusals({ ...wrong, shouldRetry: (event) => event.code !== 4403 }), [4403])
})

test('a client that knows nothing gives up after its attempts', async () => {
  assert.deepEqual(await refusals({ ...wrong, retryAttempts: 2, retryWait: async () => {} }), [4403, 4403, 4403])
})

// refusals returns the codes by which a client's sockets are closed until it gives up.
async function refusals(options) {
  const codes = []
  const socket = client({ ...options, on: { closed: (event) => codes.push(event.code) } })
  await assert.rejects(socket.iterate({ query: '{ __typename }' }).next(), (event) => event.code === 4403 && event.reason === 'Forbidden')
  await socket.dispose()
  return codes
}
