#!/usr/bin/env bash
# The second engine of the tests: MiniStack, an independent DynamoDB, SES, Lambda and CloudFormation on loopback.
#   engines.sh install      makes its venv in .ci/cache/ministack, once
#   engines.sh start PORT   starts it, waits until it answers, prints its URL (AUTH=true: IAM policies are enforced)
#   engines.sh url          prints the URL of one that `start` started and that answers; fails when there is none
#   engines.sh stop [PORT]  ends what `start` started, on that port or on all
# Tests that want a second engine use the URL in PISTE_MINISTACK_URL when it is set, else what `url` prints:
#   export PISTE_MINISTACK_URL=$(tests/engines.sh start 4566)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.ci/cache/ministack
pins=(ministack==1.5.33 aws-sam-translator==1.115.0 boto3==1.43.106)

install() {
  [ "$(cat "$here/installed" 2>/dev/null)" = "${pins[*]}" ] && return
  rm -rf "$here/venv"
  mkdir -p "$here"
  python3 -m venv "$here/venv"
  "$here/venv/bin/pip" install --quiet --disable-pip-version-check "${pins[@]}"
  echo "${pins[*]}" >"$here/installed"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
  local port=$1 url=http://127.0.0.1:$1
  [ -x "$here/venv/bin/ministack" ] || { echo "engines.sh: run 'tests/engines.sh install' first" >&2; exit 1; }
  if answers "$port"; then echo "engines.sh: port $port is taken" >&2; exit 1; fi
  mkdir -p "$here/tmp"
  # AWS_ENDPOINT_URL is what the functions it runs are given. Numbers, not names: nothing here asks a resolver.
  BIND_HOST=127.0.0.1 GATEWAY_PORT=$port AWS_ENDPOINT_URL=$url TMPDIR=$here/tmp \
    AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-3 MINISTACK_REGION=eu-west-3 \
    setsid "$here/venv/bin/ministack" </dev/null >"$here/$port.log" 2>&1 &
  echo $! >"$here/$port.pid"
  for _ in $(seq 100); do
    if answers "$port"; then echo "$url"; return; fi
    kill -0 "$(cat "$here/$port.pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "engines.sh: MiniStack did not start:" >&2
  tail -n 20 "$here/$port.log" >&2
  stop "$port"
  exit 1
}

url() {
  local file port
  for file in "$here"/*.pid; do
    port=$(basename "$file" .pid)
    if [ -f "$file" ] && answers "$port"; then echo "http://127.0.0.1:$port"; return; fi
  done
  return 1
}

stop() {
  local file pid port
  for file in "$here"/${1:-*}.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    # The whole group: the functions it started end with it.
    kill -TERM -- "-$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    port=$(basename "$file" .pid)
    rm -rf "$file" "${file%.pid}.log" "$here/tmp/ministack-provided-code-$port"
  done
}

case "${1:-}" in
  install) install ;;
  start) start "${2:?engines.sh start PORT}" ;;
  url) url ;;
  stop) stop "${2:-}" ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
