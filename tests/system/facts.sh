# How a system test tells what it found. Sourced; who does so has a function fail TEXT, which shows
# what may explain it and ends the test.
#
#   ok TEXT   a fact proven
#   await SECONDS TEXT COMMAND...   until COMMAND succeeds; fails naming TEXT when time is over
# shellcheck shell=sh

ok() {
    echo "ok: $1"
}

await() {
    deadline=$(($(date +%s) + $1))
    awaited=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $deadline ] || fail "waited in vain for $awaited"
        sleep 0.2
    done
}
