// Apollo Client: HTTP for queries and mutations, graphql-ws for subscriptions, a cache that knows things by their id.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import { filter, firstValueFrom, lastValueFrom, map, takeWhile, toArray } from 'rxjs'
import WebSocket from 'ws'
import { authorization, buy, followed, progress, socketURL, startMove, url } from './purser.mjs'

const sockets = createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: authorization } })

const open = (headers = { Authorization: authorization }) =>
  new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(sockets),
      new HttpLink({ uri: url, headers }),
    ),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { users: relayStylePagination(['tenantId', 'filter']) } } } }),
  })

const apollo = open()

after(async () => {
  apollo.stop()
  await sockets.dispose()
})

const purchaseQuery = gql`
  query ($id: ID!) {
    purchase(id: $id) { id quantity availableQuantity product { id name } }
  }
`

const changeQuantity = gql`
  mutation ($input: ChangeQuantityInput!, $key: String!) {
    changeQuantity(input: $input) @idempotent(key: $key) {
      purchase { id quantity availableQuantity }
      userErrors { code message field }
    }
  }
`

test('a mutation changes what the cache holds, by its id', async () => {
  const query = { query: purchaseQuery, variables: { id: await buy(5) } }
  const { data } = await apollo.query(query)
  const seen = apollo.watchQuery({ ...query, fetchPolicy: 'cache-only' }).pipe(
    map(({ data }) => data.purchase),
    takeWhile(({ quantity }) => quantity !== 6, true),
    toArray(),
  )
  const all = lastValueFrom(seen)
  const variables = { input: { purchaseId: data.purchase.id, quantity: 6 }, key: randomUUID() }
  const first = await apollo.mutate({ mutation: changeQuantity, variables })
  assert.deepEqual(first.data.changeQuantity.userErrors, [])
  assert.deepEqual(await all, [data.purchase, { ...data.purchase, quantity: 6, availableQuantity: 6 }])
  const again = await apollo.mutate({ mutation: changeQuantity, variables })
  assert.deepEqual(again.data, first.data)
})

test('a list is read on, page by page', async () => {
  const users = apollo.watchQuery({
    query: gql`
      query ($after: Cursor) {
        users(first: 20, after: $after) { totalCount edges { cursor node { id displayName } } pageInfo { hasNextPage endCursor } }
      }
    `,
  })
  let { data } = await firstValueFrom(users.pipe(filter(({ dataState }) => dataState === 'complete')))
  let pages = 1
  while (data.users.pageInfo.hasNextPage) {
    await users.fetchMore({ variables: { after: data.users.pageInfo.endCursor } })
    data = users.getCurrentResult().data
    pages++
  }
  assert.ok(pages > 1)
  assert.equal(data.users.edges.length, data.users.totalCount)
  assert.equal(new Set(data.users.edges.map(({ node }) => node.id)).size, data.users.totalCount)
})

test('a subscription is followed to its end', async () => {
  const move = await startMove()
  const seen = []
  await apollo.subscribe({ query: gql(progress), variables: { move } }).forEach(({ data, error }) => {
    assert.equal(error, undefined)
    seen.push(data.moveProgress)
  })
  followed(move, seen)
})

test('refusals keep their codes', async () => {
  await assert.rejects(apollo.query({ query: gql`{ nothing }` }), refusal('GRAPHQL_INVALID'))
  const stranger = open({ Authorization: 'Bearer psr_wrong' })
  await assert.rejects(stranger.query({ query: gql`{ viewer { credential { kind } } }` }), refusal('UNAUTHENTICATED'))
  stranger.stop()
})

const refusal = (code) => (error) => {
  assert.ok(CombinedGraphQLErrors.is(error), error)
  assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), [code])
  return true
}
