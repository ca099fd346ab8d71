// What the tests of all clients need: where the server is, an admin's credential, and something to work on, which is
// prepared without the client under test.
import assert from 'node:assert/strict'

export const url = new URL('/graphql', required('PURSER_URL')).href
export const socketURL = url.replace(/^http/, 'ws')
export const authorization = `Bearer ${required('PURSER_TOKEN')}`

export const progress = `subscription Progress($move: ID!) {
  moveProgress(moveId: $move) { moveId status total moved alreadyLicensed gone remaining sequence }
}`

// startMove begins to move some users of the largest self-service purchase, and returns the move's id.
export async function startMove(users = 3) {
  const { selfServiceSubscriptions: sources } = await ask(`{
    selfServiceSubscriptions(first: 100, filter: { status: [ACTIVE] }) { nodes {
      id assignedQuantity licenses(first: ${users}) { nodes { user { id } } }
      moveTargets(first: 1) { nodes { purchase { id } } }
    } }
  }`)
  const source = sources.nodes.sort((a, b) => b.assignedQuantity - a.assignedQuantity)[0]
  const { moveUsers } = await ask(
    'mutation ($input: MoveUsersInput!) { moveUsers(input: $input) { move { id } userErrors { message } } }',
    {
      input: {
        fromPurchaseId: source.id,
        toPurchaseId: source.moveTargets.nodes[0].purchase.id,
        userIds: source.licenses.nodes.map((license) => license.user.id),
      },
    },
  )
  assert.deepEqual(moveUsers.userErrors, [])
  return moveUsers.move.id
}

// buy makes a purchase for the organization, and returns its id.
export async function buy(quantity) {
  const { products } = await ask('{ products(first: 1, filter: { kind: PRODUCT, selfServiceEligible: true }) { nodes { id } } }')
  const { buyCentrally } = await ask(
    'mutation ($input: BuyCentrallyInput!) { buyCentrally(input: $input) { purchase { id } userErrors { message } } }',
    { input: { productId: products.nodes[0].id, quantity } },
  )
  assert.deepEqual(buyCentrally.userErrors, [])
  return buyCentrally.purchase.id
}

// followed checks what a client saw of a move from its start to its end.
export function followed(move, seen, users = 3) {
  assert.ok(seen.length > 0, 'nothing was seen')
  for (const [i, event] of seen.entries()) {
    assert.equal(event.moveId, move)
    if (i > 0) assert.ok(event.sequence > seen[i - 1].sequence, 'events come in order')
  }
  const { status, total, moved, alreadyLicensed, gone, remaining } = seen.at(-1)
  assert.deepEqual({ status, total, remaining }, { status: 'SUCCEEDED', total: users, remaining: 0 })
  assert.equal(moved + alreadyLicensed + gone, users)
}

async function ask(query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  assert.equal(errors, undefined, JSON.stringify(errors))
  return data
}

function required(name) {
  assert.ok(process.env[name], `set ${name}`)
  return process.env[name]
}
