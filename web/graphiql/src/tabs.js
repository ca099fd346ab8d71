// The ready-made tabs. GraphiQL names a tab after its operation.
const variables = (values) => JSON.stringify(values, null, 2)

const list = `# What people bought for themselves, newest first.
# Run it: the pink button, or Ctrl-Enter.
# The other tabs ask for the ids that it shows.
query List {
  selfServiceSubscriptions(first: 20) {
    totalCount
    nodes {
      id
      status
      product {
        id
        name
      }
      purchaser {
        displayName
        userPrincipalName
      }
      quantity
      assignedQuantity
      availableQuantity
      price {
        amount
        currency
      }
      billingTerm
      expiresAt
      licenses(first: 5) {
        totalCount
        nodes {
          user {
            displayName
            userPrincipalName
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`

const licensesByPurchaser = `# Who holds licenses, grouped by who bought them.
# productId: nodes.product.id (prd_…) of tab List;
#   take the variable away to see all products.
query LicensesByPurchaser($productId: ID) {
  licensesByPurchaser(productId: $productId, first: 20) {
    totalCount
    nodes {
      purchaser {
        displayName
        userPrincipalName
      }
      quantity
      assignedQuantity
      availableQuantity
      licenses(first: 5) {
        totalCount
        nodes {
          assignedAt
          user {
            displayName
            userPrincipalName
          }
        }
      }
    }
  }
}
`

const setPolicy = `# Decides what people may buy for themselves.
# What they have bought already stays as it is.
# productId: nodes.product.id (prd_…) of tab List
# value: ENABLED, TRIALS_ONLY or DISABLED
mutation SetPolicy($input: SetSelfServicePolicyInput!) {
  setSelfServicePolicy(input: $input) {
    policy {
      product {
        name
      }
      value
      explicit
      changedAt
    }
    userErrors {
      code
      message
      field
    }
  }
}
`

const moveTargets = `# What users can be moved to: bought centrally, active.
# Choose one with enough available seats; its id is
# toPurchaseId in tab TakeOver.
query MoveTargets {
  purchases(first: 20, filter: { source: [CENTRAL], status: [ACTIVE] }) {
    totalCount
    nodes {
      id
      product {
        name
      }
      quantity
      availableQuantity
      expiresAt
    }
  }
}
`

const takeOver = `# Moves everyone from a self-service subscription to
# a central one, then cancels the first. Closing this
# page does not stop it. Variables, below:
# fromPurchaseId: nodes.id (pur_…) of tab List
# toPurchaseId: nodes.id (pur_…) of tab MoveTargets
mutation TakeOver($input: MoveUsersInput!) {
  moveUsers(input: $input) {
    move {
      id
      status
      progress {
        total
        remaining
        percent
      }
    }
    userErrors {
      code
      message
      field
    }
  }
}

# The other way of taking over: cancel at once.
# Everyone on it loses their license! To run it, take
# the # signs away, put the cursor there, Ctrl-Enter;
# variables: { "cancel": { "purchaseId": "pur_…",
#   "reason": "CENTRALIZED" } }
#
# mutation CancelInstead($cancel: CancelSubscriptionInput!) {
#   cancelSubscription(input: $cancel) {
#     purchase {
#       id
#       status
#     }
#     releasedLicenses
#     userErrors {
#       code
#       message
#       field
#     }
#   }
# }
`

const followProgress = `# How far a move is, live, until it is over.
# moveId: move.id (mov_…), the answer of tab TakeOver
subscription FollowProgress($moveId: ID!) {
  moveProgress(moveId: $moveId) {
    status
    percent
    total
    moved
    alreadyLicensed
    gone
    remaining
    estimatedFinish
  }
}
`

export const tabs = [
  { query: list },
  { query: licensesByPurchaser, variables: variables({ productId: 'prd_…' }) },
  { query: setPolicy, variables: variables({ input: { productId: 'prd_…', value: 'TRIALS_ONLY' } }) },
  { query: moveTargets },
  { query: takeOver, variables: variables({ input: { fromPurchaseId: 'pur_…', toPurchaseId: 'pur_…' } }) },
  { query: followProgress, variables: variables({ moveId: 'mov_…' }) },
]
