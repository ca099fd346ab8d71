// urql as it comes: its own fetch for all, subscriptions as server-sent events included.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheExchange, Client, fetchExchange, gql } from 'urql'
import { authorization, buy, followed, progress, startMove, url } from './purser.mjs'

const client = (options) =>
  new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: { headers: { Authorization: authorization } },
    fetchSubscriptions: true,
    preferGetMethod: false,
    ...options,
  })

const purchaseQuery = gql`
  query ($id: ID!) {
    purchase(id: $id) { id quantity availableQuantity }
  }
`

const changeQuantity = gql`
  mutation ($input: ChangeQuantityInput!) {
    changeQuantity(input: $input) { purchase { id quantity } userErrors { code } }
  }
`

test('a mutation drops what the cache holds of it', async () => {
  const urql = client()
  const id = await buy(5)
  const seats = async () => {
    const { data, error, operation } = await urql.query(purchaseQuery, { id }).toPromise()
    assert.equal(error, undefined)
    return [data.purchase.quantity, operation.context.meta.cacheOutcome]
  }
  assert.deepEqual(await seats(), [5, 'miss'])
  assert.deepEqual(await seats(), [5, 'hit'])
  const { data } = await urql.mutation(changeQuantity, { input: { purchaseId: id, quantity: 6 } }).toPromise()
  assert.deepEqual(data.changeQuantity.userErrors, [])
  assert.deepEqual(await seats(), [6, 'miss'])
})

test('a query goes by GET, too', async () => {
  const id = await buy(5)
  const { data, error } = await client({ preferGetMethod: 'force' }).query(purchaseQuery, { id }).toPromise()
  assert.equal(error, undefined)
  assert.equal(data.purchase.id, id)
})

test('what the caller can avoid is in the payload', async () => {
  const { data, error } = await client().mutation(changeQuantity, { input: { purchaseId: await buy(5), quantity: -1 } }).toPromise()
  assert.equal(error, undefined)
  assert.deepEqual(data.changeQuantity, { __typename: 'ChangeQuantityPayload', purchase: null, userErrors: [{ __typename: 'UserError', code: 'INVALID' }] })
})

test('a subscription is followed to its end', async () => {
  const urql = client()
  const move = await startMove()
  const seen = []
  await new Promise((resolve, reject) => {
    urql.subscription(progress, { move }).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error)
      if (data && data.moveProgress.sequence !== seen.at(-1)?.sequence) seen.push(data.moveProgress)
      if (!hasNext) resolve()
    })
  })
  followed(move, seen)
})

test('refusals keep their codes', async () => {
  const invalid = await client().query('{ nothing }', {}).toPromise()
  assert.deepEqual(invalid.error.graphQLErrors.map((error) => error.extensions.code), ['GRAPHQL_INVALID'])
  const stranger = await client({ fetchOptions: { headers: { Authorization: 'Bearer psr_wrong' } } }).query('{ viewer { credential { kind } } }', {}).toPromise()
  assert.equal(stranger.error.response.status, 401)
})
