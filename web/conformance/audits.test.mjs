// Runs the server audits of graphql-http, which is the reference of GraphQL over HTTP, against a running server:
//   PURSER_URL=http://127.0.0.1:8080 PURSER_TOKEN=psr_… npm test
// Every audit must pass, the optional ones (SHOULD, MAY) included.
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
