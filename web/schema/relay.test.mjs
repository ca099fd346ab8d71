// Has relay-compiler compile what a front end with Relay would ask for.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const artifacts = join(here, 'relay/__generated__')

test('relay-compiler compiles a list, a refetchable fragment, mutations and a subscription', () => {
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(artifacts)
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(here, 'node_modules/relay-compiler/cli.js')], { cwd: here, encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
  assert.deepEqual(readdirSync(artifacts).map((file) => file.replace('.graphql.js', '')), [
    'purchasesBuyMutation', 'purchasesChangeMutation', 'purchasesFollowSubscription', 'purchasesOneQuery', 'purchasesPageQuery', 'purchasesQuery',
    'purchases_list', 'purchases_one',
  ])
  const refetch = readFileSync(join(artifacts, 'purchasesOneQuery.graphql.js'), 'utf8')
  assert.match(refetch, /node\(id: \$id\)/, 'it is found by its id')
})
