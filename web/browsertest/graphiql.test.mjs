// Drives the GraphiQL page of a running server in Chromium, as a newcomer would. web/withserver.sh starts one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const server = required('PURSER_URL').replace(/\/$/, '')
const token = required('PURSER_TOKEN')
const origin = new URL(server).origin
const patience = 30_000
const tabs = ['List', 'LicensesByPurchaser', 'SetPolicy', 'MoveTargets', 'TakeOver', 'FollowProgress']
const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'

let browser
let page
let choice // The subscriptions to take over from and to, and their product.
const complaints = [] // What the browser says that it should not: foreign requests, violations, errors.
let refusalExpected = false
let sockets = 0

before(async () => {
  choice = await chooseSubscriptions()
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags.split(' ') })
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } })
  context.setDefaultTimeout(patience)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  await watch(context)
  page = await context.newPage()
})

after(() => browser?.close())

test('the page opens and asks for a token', async () => {
  await page.goto(server)
  await page.locator('.graphiql-query-editor .view-line').first().waitFor()
  await page.locator('#token-status[data-state=missing]').waitFor()
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), tabs)
})

test('a wrong token is explained', async () => {
  refusalExpected = true
  await applyToken('psr_wrong')
  await page.locator('#token-status[data-state=refused]').waitFor()
  assert.match(await page.locator('#token-status').innerText(), /UNAUTHENTICATED/)
  refusalExpected = false
})

test('the token box hides and shows the token', async () => {
  assert.equal(await page.locator('#token').getAttribute('type'), 'password')
  await page.getByRole('button', { name: 'Show the token' }).click()
  assert.equal(await page.locator('#token').getAttribute('type'), 'text')
  await page.getByRole('button', { name: 'Show the token' }).click()
})

test('a right token loads the schema', async () => {
  await applyToken(token)
  await page.locator('#token-status[data-state=accepted]').waitFor()
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Subscription' }).first().waitFor()
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click()
})

test('the link that the server prints signs in and hides its token', async () => {
  const other = await page.context().newPage()
  await other.goto(`${server}/#token=${token}`)
  await other.locator('#token-status[data-state=accepted]').waitFor()
  assert.equal(other.url(), `${origin}/`)
  assert.equal(await other.locator('#token').inputValue(), token)
  assert.ok(!JSON.stringify(await other.evaluate(() => ({ ...localStorage }))).includes(token), 'the token is in localStorage')
  await other.close()
})

test('List shows the self-service subscriptions', async () => {
  const shown = await run('List', null, /"id": "pur_/)
  assert.match(shown, /"totalCount": [1-9]/)
})

test('LicensesByPurchaser shows who holds licenses', () =>
  run('LicensesByPurchaser', { productId: choice.productId }, /"totalCount": [1-9]/))

test('SetPolicy sets a policy', () =>
  run('SetPolicy', { input: { productId: choice.productId, value: 'DISABLED' } }, /"value": "DISABLED"[^]*"userErrors": \[\]/))

test('MoveTargets shows where the users could go', () =>
  run('MoveTargets', { purchaseId: choice.from }, /"allowed": true[^]*"eligible": true/))

test('TakeOver moves the users and FollowProgress follows them to the end', async () => {
  const input = { fromPurchaseId: choice.from, toPurchaseId: choice.to }
  const accepted = await run('TakeOver', { input }, /"userErrors": \[\]/)
  const moveId = accepted.match(/"id": "(mov_[^"]+)"/)?.[1]
  assert.ok(moveId, `no move in the answer:\n${accepted}`)
  const end = await run('FollowProgress', { moveId }, /"status": "SUCCEEDED"/)
  assert.match(end, /"percent": 100\b/)
  assert.match(end, /"remaining": 0\b/)
  const { purchase } = await ask('query After($id: ID!) { purchase(id: $id) { status } }', { id: choice.from })
  assert.equal(purchase.status, 'DELETED')
})

test('the tabs survive a reload, and the token with them', async () => {
  // GraphiQL stores what was typed half a second later.
  await page.waitForFunction(() => {
    const { tabs, activeTabIndex } = JSON.parse(localStorage['purser:graphiql:tabState'])
    const { query, variables } = tabs[activeTabIndex]
    return variables?.includes('mov_') && variables === localStorage['purser:graphiql:variables'] && query === localStorage['purser:graphiql:query']
  })
  await page.reload()
  await page.locator('#token-status[data-state=accepted]').waitFor()
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), tabs)
  assert.match(await page.locator('.graphiql-query-editor').innerText(), /FollowProgress/)
})

test('a socket with a wrong token is refused once, and not tried for ever', async () => {
  refusalExpected = true
  await applyToken('psr_wrong')
  await page.locator('#token-status[data-state=refused]').waitFor()
  const before = sockets
  await page.locator('.graphiql-execute-button').click()
  await answer(/socket: 440[13]/, { errors: true })
  await page.waitForTimeout(2_000)
  assert.equal(sockets - before, 1)
  await applyToken(token)
  await page.locator('#token-status[data-state=accepted]').waitFor()
  refusalExpected = false
})

test('Reset tabs brings the examples back', async () => {
  await page.getByRole('tab', { name: 'TakeOver' }).click()
  await page.getByRole('tab', { name: 'TakeOver' }).getByLabel('Close Tab').click()
  assert.equal(await page.getByRole('tab').count(), 5)
  await page.getByRole('button', { name: 'Reset tabs' }).click()
  await page.getByRole('tab', { name: 'TakeOver' }).waitFor()
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), tabs)
  await run('List', null, /"id": "pur_/)
})

test('nothing left the origin, and the browser had nothing to complain about', () => {
  assert.deepEqual(complaints, [])
})

function required(name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

// chooseSubscriptions finds, through the API, a self-service subscription with users and a central one of
// the same product with room for them.
async function chooseSubscriptions() {
  const data = await ask(`query Choose {
    selfService: purchases(first: 100, filter: { source: [SELF_SERVICE], status: [ACTIVE] }) {
      nodes { id product { id } assignedQuantity }
    }
    central: purchases(first: 100, filter: { source: [CENTRAL], status: [ACTIVE] }) {
      nodes { id product { id } availableQuantity }
    }
  }`)
  for (const from of data.selfService.nodes.filter((purchase) => purchase.assignedQuantity > 0)) {
    const to = data.central.nodes.find(
      (purchase) => purchase.product.id === from.product.id && purchase.availableQuantity >= from.assignedQuantity,
    )
    if (to) return { from: from.id, to: to.id, productId: from.product.id }
  }
  throw new Error('no self-service subscription with users that a central one of the same product has room for')
}

async function ask(query, variables) {
  const response = await fetch(`${server}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  assert.equal(errors, undefined)
  return data
}

// watch collects what must not happen, on every page of the context.
async function watch(context) {
  const foreign = (url) => !url.startsWith('data:') && new URL(url).host !== new URL(server).host
  context.on('request', (request) => foreign(request.url()) && complaints.push(`request to ${request.url()}`))
  context.on('page', (opened) => {
    opened.on('websocket', (socket) => {
      sockets++
      if (foreign(socket.url())) complaints.push(`socket to ${socket.url()}`)
    })
    opened.on('pageerror', (error) => complaints.push(`uncaught ${error.stack}`))
  })
  context.on('console', (message) => {
    const refusal = refusalExpected && message.location().url === `${server}/graphql` && message.text().includes('401')
    if (message.type() === 'error' && !refusal) complaints.push(`console: ${message.text()} ${message.location().url}`)
  })
  await context.exposeFunction('complain', (what) => complaints.push(what))
  await context.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      window.complain(`policy: ${event.effectiveDirective} blocked ${event.blockedURI}`),
    ),
  )
}

async function applyToken(value) {
  await page.locator('#token').fill(value)
  await page.getByRole('button', { name: 'Apply' }).click()
}

// run goes to a tab, pastes the variables, presses the button, and returns the answer once it is as wanted.
async function run(tab, variables, wanted) {
  await page.getByRole('tab', { name: tab }).click()
  await page.locator('.graphiql-query-editor').getByText(tab, { exact: true }).waitFor()
  if (variables) {
    await page.locator('.graphiql-editor-tool .graphiql-editor:visible .view-lines').click()
    await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify(variables))
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Control+V')
  }
  await page.locator('.graphiql-execute-button').click()
  return answer(wanted)
}

// answer waits until the answer is as wanted; an error in it fails at once, unless it is what is wanted.
async function answer(wanted, { errors = false } = {}) {
  const deadline = Date.now() + patience
  for (;;) {
    const text = await answerText()
    if (!errors) assert.doesNotMatch(text, /"errors": \[/)
    if (wanted.test(text)) return text
    assert.ok(Date.now() < deadline, `${wanted} is not in the answer:\n${text}`)
    await page.waitForTimeout(100)
  }
}

// answerText reads the lines of the answer that are on the screen, from top to bottom.
function answerText() {
  return page.locator('.result-window .view-line').evaluateAll((lines) =>
    lines
      .map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent.replaceAll('\u00a0', ' ') }))
      .sort((a, b) => a.top - b.top)
      .map(({ text }) => text)
      .join('\n'),
  )
}
