#!/usr/bin/env bash
# Builds the server, starts it with demo data, and runs graphql-http's audits against it.
# PURSER_BINARY names a built server.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=

cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

purser=${PURSER_BINARY:-}
if [ -z "$purser" ]; then
  purser=$work/purser
  (cd "$here/../.." && go build -o "$purser" .)
fi
cd "$here"
[ -d node_modules/graphql-http ] || npm ci

port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
url=http://127.0.0.1:$port
"$purser" serve --demo --database "$work/purser.db" --addr "127.0.0.1:$port" >"$work/server.log" 2>&1 &
server=$!

for _ in $(seq 150); do
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
  if node -e "fetch('$url/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; then break; fi
  sleep 0.2
done

PURSER_TOKEN=$("$purser" token create --database "$work/purser.db" --tenant contoso.example --user admin@contoso.example --ttl 1h)
export PURSER_TOKEN
PURSER_URL=$url npm test
