// Runs the server audits of graphql-http, which is the reference of GraphQL over HTTP, against a running server:
//   PURSER_URL=http://127.0.0.1:8080 PURSER_TOKEN=psr_… npm test
// Every audit must pass, the optional ones (SHOULD, MAY) included. No audit asks whether the directives of incremental delivery,
// which is no standard yet, are shown or taken: they are not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';

const base = process.env.PURSER_URL;
const token = process.env.PURSER_TOKEN;
assert.ok(base && token, 'set PURSER_URL and PURSER_TOKEN');

const asCaller = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
const audits = serverAudits({ url: new URL('/graphql', base).href, fetchFn: asCaller });

test('there are 61 audits', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}

const ask = async (query) =>
  (await asCaller(new URL('/graphql', base), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) })).json()

test('introspection shows the directives that are served', async () => {
  const { data } = await ask('{ __schema { directives { name } } }')
  const names = ['allow', 'deprecated', 'idempotent', 'include', 'oneOf', 'skip', 'specifiedBy']
  assert.deepEqual(data.__schema.directives.map(({ name }) => name), names)
})

for (const [directive, query] of Object.entries({
  defer: '{ purchases { ... @defer { totalCount } } }',
  stream: '{ purchases { nodes @stream { id } } }',
}))
  test(`@${directive} is refused`, async () => {
    const { data, errors } = await ask(query)
    assert.equal(data, undefined)
    assert.deepEqual(errors.map(({ message, extensions }) => [message, extensions.code]), [[`Unknown directive "@${directive}".`, 'GRAPHQL_INVALID']])
  })
