# How a system test tells what it found. Sourced; who does so has a function fail TEXT, which shows
# what may explain it and ends the test.
#
#   ok TEXT   a fact proven
#   await SECONDS TEXT COMMAND...   until COMMAND succeeds; fails naming TEXT when time is over
#   readme_section HEADING    that section of README.md
#   readme_commands HEADING   what stands there to be typed, a line each, without its prompt
#   await_end PID   until the process has ended; after half a minute it is killed
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

await_end() {
    tries=0
    while kill -0 "$1" 2>/dev/null && [ $tries -lt 150 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
    kill -9 "$1" 2>/dev/null || true
}

readme_section() {
    awk -v heading="### $1" '$0 == heading { within = 1; next } /^##/ { within = 0 } within' README.md
}

readme_commands() {
    # shellcheck disable=SC2016
    readme_section "$1" | sed -n '/^```/,/^```/s/^[#$] //p'
}
