#!/usr/bin/env bash
# Runs a command beside a server with demo data of its own:
#
#   web/withserver.sh COMMAND …
#
# The command finds it in PURSER_URL, and an admin's credential in PURSER_TOKEN. PURSER_BINARY names a built server,
# for the command too, which may start others.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
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

fail() {
  echo "$1; the server said:" >&2
  cat "$work/server.log" >&2
  exit 1
}

purser=${PURSER_BINARY:-}
if [ -z "$purser" ]; then
  purser=$work/purser
  (cd "$root" && go build -o "$purser" .)
fi

port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
PURSER_URL=http://127.0.0.1:$port
"$purser" serve --demo --database "$work/purser.db" --addr "127.0.0.1:$port" >"$work/server.log" 2>&1 &
server=$!

ready=
for _ in $(seq 150); do
  kill -0 "$server" 2>/dev/null || fail 'the server ended'
  if node -e "fetch('$PURSER_URL/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; then
    ready=yes
    break
  fi
  sleep 0.2
done
[ -n "$ready" ] || fail 'the server did not become ready'

PURSER_TOKEN=$("$purser" token create --database "$work/purser.db" --tenant contoso.example --user admin@contoso.example --ttl 1h)
export PURSER_URL PURSER_TOKEN PURSER_BINARY=$purser
"$@" || fail 'the command failed'
