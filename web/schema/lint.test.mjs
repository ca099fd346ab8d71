// Holds schema.graphql to the rules of graphql-schema-linter and graphql-eslint, and shows that they see what they are for.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { runner } from 'graphql-schema-linter'

const here = fileURLToPath(new URL('.', import.meta.url))
const text = readFileSync(join(here, '../../schema.graphql'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'purser-schema-'))
after(() => rmSync(folder, { recursive: true }))

test('the schema has no faults', async () => assert.deepEqual(await faults(text), []))

const about = '"""What it is."""'

// What is planted, and the rules that must see it.
const planted = {
  'a type without a description': [add('type Stray { id: ID! }'), 'defined-types-are-used', 'fields-have-descriptions', 'no-unreachable-types', 'require-description', 'types-have-descriptions'],
  'an argument without a description': [root('stray(of: Int): Int'), 'arguments-have-descriptions', 'require-description'],
  'a description in small letters': [root('stray: Int').replace('What it is.', 'what it is.'), 'descriptions-are-capitalized'],
  'a field in snake case': [root('stray_field: Int'), 'fields-are-camel-cased', 'naming-convention'],
  'a type in small letters': [root('stray: stray') + `${about} type stray { ${about} id: ID! }`, 'naming-convention', 'types-are-capitalized'],
  'a verb before a query': [root('getStray: Int'), 'naming-convention'],
  'an enum value in small letters': [edit('  GLOBAL_READER\n', `  GLOBAL_READER ${about} stray\n`), 'enum-values-all-caps', 'naming-convention'],
  'an object without an id': [root('stray: Stray') + `${about} type Stray { ${about} a: Int }`, 'strict-id-in-types'],
  'a connection without a page': [edit(/(type MoveConnection \{[^}]*?)  "Where the page lies."\n  pageInfo: PageInfo!\n/, '$1'), 'relay-connection-types', 'relay-connection-types-spec'],
  'an edge without a position': [edit(/(type MoveEdge \{[^}]*?)  "Its position."\n  cursor: Cursor!\n/, '$1'), 'relay-edge-types'],
  'a list that cannot be paged': [root('stray: MoveConnection!'), 'relay-arguments', 'relay-connection-arguments-spec'],
  'a page without an end': [edit(/  "The position of the last entry[^"]*"\n  endCursor: Cursor\n/, ''), 'relay-page-info'],
  'a mutation that returns a scalar': [mutation('input', 'Int'), 'no-scalar-result-type-on-mutation'],
  'a mutation whose input has another name': [mutation('data', 'BuyCentrallyPayload!'), 'input-name'],
  'a deprecation without a reason': [root('stray: Int @deprecated'), 'deprecations-have-a-date', 'deprecations-have-a-reason', 'require-deprecation-reason'],
  'a deprecation without a date': [root('stray: Int @deprecated(reason: "Use `node`.")'), 'deprecations-have-a-date'],
  'a deprecation until no day': [root('stray: Int @deprecated(reason: "Use `node`. Goes on 2027-13-01.")'), 'deprecations-have-a-date'],
}

for (const [name, [schema, ...rules]] of Object.entries(planted))
  test(`${name} is a fault`, async () => {
    const found = await faults(schema)
    assert.deepEqual(rules.filter((rule) => !found.includes(rule)), [], `only ${found}`)
  })

test('a deprecation with a reason and a date is none', async () =>
  assert.deepEqual(await faults(root('stray: Int @deprecated(reason: "Use `node`. Goes on 2027-06-30.")')), []))

// edit returns the schema with one change.
function edit(from, to) {
  const changed = text.replace(from, to)
  assert.notEqual(changed, text, `${from} is not in the schema`)
  return changed
}

function add(definition) {
  return `${text}\n${definition}\n`
}

// root returns the schema with one more root field.
function root(field) {
  return edit('type Query {', `type Query { ${about} ${field}`)
}

function mutation(argument, result) {
  return edit('type Mutation {', `type Mutation { ${about} stray(${about} ${argument}: BuyCentrallyInput!): ${result}`)
}

// faults returns the rules that a schema breaks, once for each place.
async function faults(schema) {
  const file = join(folder, 'schema.graphql')
  writeFileSync(file, schema)
  return [...(await linter(file)), ...(await eslint(file))]
}

async function linter(file) {
  const said = { out: '', err: '' }
  const to = (name) => ({ write: (text) => ((said[name] += text), true) })
  const status = await runner.run(to('out'), process.stdin, to('err'), ['node', 'linter', '--config-directory', here, '--format', 'json', file])
  assert.ok(said.out && status < 2, said.err)
  return JSON.parse(said.out).errors.map(({ rule }) => rule)
}

async function eslint(file) {
  const lint = new ESLint({
    cwd: here,
    useEslintrc: false,
    overrideConfigFile: join(here, '.eslintrc.js'),
    overrideConfig: { parserOptions: { schema: file } },
    resolvePluginsRelativeTo: here,
    extensions: ['.graphql'],
    ignore: false,
  })
  const [{ messages }] = await lint.lintFiles([file])
  return messages.map(({ ruleId, message }) => ruleId?.replace('@graphql-eslint/', '') ?? message)
}
