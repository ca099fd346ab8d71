// Sets an empty server up in Chromium, by the link that it prints. web/withserver.sh names its program in PURSER_BINARY.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'
const complaints = [] // What the browser says that it should not: foreign requests, violations, errors.
let folder
let server
let link
let browser
let page

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'purser-bootstrap-'))
  link = await start()
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags.split(' ') })
  const context = await browser.newContext()
  context.setDefaultTimeout(30_000)
  await watch(context)
  page = await context.newPage()
})

after(async () => {
  await browser?.close()
  server?.kill()
  if (server) await once(server, 'exit')
  await rm(folder, { recursive: true })
})

test('a link that was cut off is explained', async () => {
  await page.goto(link.split('#')[0])
  await page.getByText('This link is not whole').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Set up' }).isDisabled())
})

test('a wrong link is explained', async () => {
  await open(`${link}x`)
  await fill({ Name: 'Wingtip', Domain: 'wingtip.example' })
  await expectRefusal(404)
  await page.getByText('This is not the link that the server printed').waitFor()
})

test('each wrong field is named, and what is right stays', async () => {
  await open(link)
  await fill({ Name: 'Wingtip', Domain: 'https://wingtip.example', Country: 'XX', 'Mail address': 'no mail' })
  await expectRefusal(400)
  await page.locator('[id="organization.domain"][aria-invalid]').waitFor()
  const wrong = await page.locator('[aria-invalid]').evaluateAll((inputs) => inputs.map((input) => input.id))
  assert.deepEqual(wrong, ['organization.domain', 'organization.country', 'admin.userPrincipalName', 'admin.displayName', 'admin.mail'])
  assert.match(await page.locator('[id="organization.domain.error"]').innerText(), /is not a domain name/)
  assert.equal(await page.locator('[id="organization.name"]').inputValue(), 'Wingtip')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'organization.domain')
})

test('the form makes the organization, and its token opens GraphiQL', async () => {
  await fill({ Domain: 'wingtip.example', Country: 'NL', 'Sign-in name': 'ann@wingtip.example', 'Mail address': '' })
  await page.getByLabel('Name', { exact: true }).nth(1).fill('Ann')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByText('Your organization is there').waitFor()
  assert.match(await page.locator('#token').innerText(), /^psr_[0-9A-Za-z]{36}$/)
  assert.equal(page.url(), link.split('#')[0], 'the secret is still in the address')
  await page.getByRole('link', { name: 'Open GraphiQL' }).click()
  await page.locator('#token-status[data-state=accepted]').waitFor()
})

test('the link works once', async () => {
  await open(link)
  await fill({ Name: 'Other', Domain: 'other.example', Country: 'NL' })
  await expectRefusal(410)
  await page.getByText('This server has been set up already').waitFor()
})

test('nothing left the origin, and the browser had nothing to complain about', () => assert.deepEqual(complaints, []))

// start starts a server on an empty database, and returns its link.
async function start() {
  server = spawn(process.env.PURSER_BINARY, ['serve', '--addr', '127.0.0.1:0', '--database', join(folder, 'purser.db')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/http:\/\/[0-9.:]+\/bootstrap#\S+/)?.[0]
    if (found) return found
  }
  throw new Error('the server printed no link')
}

// open opens a link as a fresh page: a change of the fragment alone would load nothing.
async function open(url) {
  await page.goto('about:blank')
  await page.goto(url)
}

async function fill(fields) {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByLabel(label, { exact: label !== 'Mail address' }).first().fill(value)
  }
}

// expectRefusal presses the button. Chromium writes about every refusal on the console.
async function expectRefusal(status) {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Set up' }).click()
  assert.equal((await answered).status(), status)
}

// watch collects what must not happen, on every page of the context.
async function watch(context) {
  const { host, pathname } = new URL(link)
  const foreign = (url) => !/^(data|about):/.test(url) && new URL(url).host !== host
  context.on('request', (request) => foreign(request.url()) && complaints.push(`request to ${request.url()}`))
  context.on('page', (opened) => opened.on('pageerror', (error) => complaints.push(`uncaught ${error.stack}`)))
  context.on('console', (message) => {
    const refusal = new URL(message.location().url || 'about:blank').pathname === pathname && /40[04]|410/.test(message.text())
    if (message.type() === 'error' && !refusal) complaints.push(`console: ${message.text()} ${message.location().url}`)
  })
  await context.exposeFunction('complain', (what) => complaints.push(what))
  await context.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      window.complain(`policy: ${event.effectiveDirective} blocked ${event.blockedURI}`),
    ),
  )
}
