// graphql-sse in its distinct connections mode: a stream an operation.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'graphql-sse'
import { authorization, followed, progress, startMove, url } from './purser.mjs'

const client = (options) => createClient({ url, headers: { Authorization: authorization }, retryAttempts: 0, ...options })

test('a subscription is followed to its end', async () => {
  const move = await startMove()
  const seen = []
  for await (const { data, errors } of client().iterate({ query: progress, variables: { move } })) {
    assert.equal(errors, undefined)
    seen.push(data.moveProgress)
  }
  followed(move, seen)
})

test('a query is a stream of one answer', async () => {
  const answers = []
  for await (const answer of client().iterate({ query: '{ viewer { credential { kind } } }' })) answers.push(answer)
  assert.deepEqual(answers.map(({ data }) => data), [{ viewer: { credential: { kind: 'API_TOKEN' } } }])
})

test('a document that is refused is answered, and nothing is tried again', async () => {
  let tries = 0
  const stream = client({ retryAttempts: 5, on: { connecting: () => tries++ } })
  const answers = []
  for await (const answer of stream.iterate({ query: '{ nothing }' })) answers.push(answer)
  assert.deepEqual(answers.map(({ errors }) => errors.map((error) => error.extensions.code)), [['GRAPHQL_INVALID']])
  assert.equal(tries, 1)
})

test('a wrong token is 401', async () => {
  const stranger = client({ headers: { Authorization: 'Bearer psr_wrong' } })
  await assert.rejects(stranger.iterate({ query: '{ __typename }' }).next(), (error) => error.response.status === 401)
})

test('who ends a subscription hears no more of it, and may begin another', async () => {
  const move = await startMove()
  const stream = client()
  for await (const { data } of stream.iterate({ query: progress, variables: { move } })) {
    assert.equal(data.moveProgress.moveId, move)
    break
  }
  let last
  for await (const { data } of stream.iterate({ query: progress, variables: { move } })) last = data.moveProgress
  assert.equal(last.status, 'SUCCEEDED')
})
