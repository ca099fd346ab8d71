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

const moveTargets = `# Where the users of a subscription could be moved to,
# best fit first, and what the move would need.
# purchaseId: nodes.id (pur_…) of tab List
# toPurchaseId in tab TakeOver: purchase.id of the answer
query MoveTargets($purchaseId: ID!) {
  purchase(id: $purchaseId) {
    viewerCan {
      moveUsers {
        allowed
        reason
      }
    }
    moveTargets(first: 10) {
      totalCount
      nodes {
        eligible
        reason
        purchase {
          id
          product {
            name
          }
        }
        seatsNeeded
        seatsAvailable
        missingSeats
        alreadyLicensed
      }
    }
  }
}
`

const takeOver = `# Moves everyone from a self-service subscription to
# a central one, then cancels the first. Closing this
# page does not stop it. Variables, below:
# fromPurchaseId: nodes.id (pur_…) of tab List
# toPurchaseId: purchase.id (pur_…) of tab MoveTargets
# dryRun: true shows the plan only
# userIds: only these move
mutation TakeOver($input: MoveUsersInput!) {
  moveUsers(input: $input) {
    plan {
      seatsNeeded
      seatsAvailable
      missingSeats
      alreadyLicensed
    }
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

# The other ways. To run one, take the # signs away, put
# the cursor there, Ctrl-Enter.
#
# Make it the organization's: it runs on, nobody loses
# anything. Variables: { "purchaseId": "pur_…" }
#
# mutation TakeOwnership($purchaseId: ID!) {
#   takeOwnership(input: { purchaseId: $purchaseId }) {
#     purchase { id source }
#     userErrors { code message field }
#   }
# }
#
# Cancel at once. Everyone on it loses their license!
#
# mutation CancelInstead($purchaseId: ID!) {
#   cancelSubscription(input: { purchaseId: $purchaseId, reason: CENTRALIZED }) {
#     purchase { id status }
#     releasedLicenses
#     userErrors { code message field }
#   }
# }
#
# Ask the purchaser, by mail, to cancel.
#
# mutation AskToCancel($purchaseId: ID!) {
#   requestCancellation(input: { purchaseIds: [$purchaseId] }) {
#     notifications { to { mail } subject }
#     userErrors { code message field }
#   }
# }
`

const followProgress = `# How far a move is, live, until it is over.
# moveId: move.id (mov_…), the answer of tab TakeOver
# cancelMove(input: { moveId: … }) stops it.
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
  { query: moveTargets, variables: variables({ purchaseId: 'pur_…' }) },
  { query: takeOver, variables: variables({ input: { fromPurchaseId: 'pur_…', toPurchaseId: 'pur_…' } }) },
  { query: followProgress, variables: variables({ moveId: 'mov_…' }) },
]
