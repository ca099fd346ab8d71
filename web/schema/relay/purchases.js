// What a front end with Relay would ask for: a list that is read on, one thing that is read again, a change, a subscription.
import { graphql } from 'react-relay'

export const page = graphql`
  query purchasesQuery($first: Int!, $filter: PurchaseFilter) {
    ...purchases_list @arguments(first: $first, filter: $filter)
  }
`

export const list = graphql`
  fragment purchases_list on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "Cursor" }, filter: { type: "PurchaseFilter" })
  @refetchable(queryName: "purchasesPageQuery") {
    purchases(first: $first, after: $after, filter: $filter) @connection(key: "purchases_list_purchases") {
      __id
      edges { node { id ...purchases_one } }
    }
  }
`

export const one = graphql`
  fragment purchases_one on Purchase @refetchable(queryName: "purchasesOneQuery") {
    status
    quantity
    availableQuantity
    product { name }
    licenses(first: 5) { nodes { user { displayName } } }
  }
`

export const change = graphql`
  mutation purchasesChangeMutation($input: ChangeQuantityInput!, $key: String!) {
    changeQuantity(input: $input) @idempotent(key: $key) {
      purchase { ...purchases_one }
      userErrors { code message field }
    }
  }
`

export const buy = graphql`
  mutation purchasesBuyMutation($input: BuyCentrallyInput!, $lists: [ID!]!) {
    buyCentrally(input: $input) {
      purchase @prependNode(connections: $lists, edgeTypeName: "PurchaseEdge") { ...purchases_one }
      userErrors { code message field }
    }
  }
`

export const follow = graphql`
  subscription purchasesFollowSubscription($move: ID!) {
    moveProgress(moveId: $move) { status percent move { source { ...purchases_one } } }
  }
`
