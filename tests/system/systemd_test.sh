#!/bin/sh
# tsbackupd as a systemd service, on a booted Debian 12 with PostgreSQL 15: started, reloaded,
# killed, hung, restoring in place, without a secret in any log. Needs root; about three minutes.
# Usage: tests/system/systemd_test.sh, from the top of the tree
set -eu
cd "$(dirname "$0")/../.."

.ci/install-packages systemd-container procps
# shellcheck source=tests/system/machine.sh
. tests/system/machine.sh
# shellcheck source=tests/system/install.sh
. tests/system/install.sh

tracer=
finish() {
    [ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
    end_machine
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

unit=tsbackupd.service
server=postgresql@15-main.service
rarely="0 0 29 2 *"
password=pw$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')

property() { inside systemctl show -P "$1" "$2"; }
journal_has() { inside journalctl --no-pager -b | grep -qF -- "$1"; }
is_active() { [ "$(property ActiveState $unit)" = active ]; }
sql() { as_postgres psql -XAtq -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
has_good_backups() {
    [ "$(as_postgres tsbackupctl --json list | grep -o '"state":"good"' | wc -l)" -ge "$1" ]
}
status_says() { property StatusText $unit | grep -qE -- "$1"; }
main_pid() { property MainPID $unit; }
is_another_process() { is_active && [ "$(main_pid)" != "$1" ]; }

# write_config CRON [MORE LINES]
write_config() {
    cat >"$machine/etc/tsbackup/tsbackup.yaml" <<CONFIG
repository: /var/lib/tsbackup
clusters:
  main:
    connection: host=127.0.0.1 user=tsbackup dbname=postgres
    password_file: main.password
    backup: {compression: "gzip:1"}
    schedule:
      - cron: "$1"
    restore:
      data_directory: /var/lib/postgresql/15/main
      stop_command: [/usr/bin/systemctl, stop, postgresql@15-main]
      start_command: [/usr/bin/systemctl, start, postgresql@15-main]
      drill_directory: /var/lib/postgresql/drill
${2:-}
CONFIG
}

prepare_machine() {
    new_machine bookworm
    install_tsbackup "$machine"
    mkdir -p "$machine/etc/tsbackup" "$machine/etc/systemd/system/$unit.d"
    write_config "$rarely"
    # Sooner than in earnest, so that the test need not wait as long.
    printf '[Service]\nWatchdogSec=8s\nRestartSec=1s\nTimeoutStopSec=1s\n' \
        >"$machine/etc/systemd/system/$unit.d/test.conf"
    boot_machine
    await 30 "PostgreSQL" sql "SELECT 1"
    sql "CREATE ROLE tsbackup LOGIN REPLICATION PASSWORD '$password'" >/dev/null
    sql "GRANT pg_read_all_settings, pg_monitor TO tsbackup" >/dev/null
}

check_units() {
    out=$(inside systemd-analyze verify --man=no $unit tsbackupd.socket 2>&1) ||
        fail "systemd-analyze verify: $out"
    [ -z "$out" ] || fail "systemd-analyze verify: $out"
    ok "systemd-analyze verify finds nothing"
    inside systemd-analyze security --no-pager --threshold=15 $unit >"$machine.security" ||
        fail "exposure above 1.5: $(tail -n 1 "$machine.security")"
    ok "systemd-analyze security: $(tail -n 1 "$machine.security" | sed 's/^[^O]*//')"
    rm -f "$machine.security"
}

# An installation that nobody has configured yet starts nothing, also at the next boot.
check_nothing_enabled() {
    for each in $unit tsbackupd.socket; do
        state=$(inside systemctl is-enabled $each 2>/dev/null || true)
        [ "$state" = disabled ] || fail "$each is $state after an installation"
        [ "$(property ActiveState $each)" = inactive ] || fail "$each runs after an installation"
    done
    ok "an installation enables and starts nothing"
}

# As it stands there; what reads something is given the password.
follow_readme() {
    is_refused postgres "stop $server" || fail "postgres may stop units without a rule"
    readme_commands "On a database host" >"$machine.readme"
    grep -q '^systemctl enable --now ' "$machine.readme" || fail "README starts no service"
    while read -r line; do
        printf '%s\n' "$password" | inside sh -ec "$line" >"$machine.out" 2>&1 ||
            fail "README's '$line': $(cat "$machine.out")"
    done <"$machine.readme"
    is_active || fail "README's commands did not start the service"
    [ "$(inside stat -c '%U %a' /etc/tsbackup/main.password)" = "root 600" ] || fail "password file"
    ok "README's $(wc -l <"$machine.readme") commands for a database host, run as they stand there"
    rm -f "$machine.readme" "$machine.out"
}

check_activation() {
    inside systemctl stop $unit 2>/dev/null
    [ "$(property ActiveState $unit)" = inactive ] || fail "the service runs already"
    as_postgres tsbackupctl version >/dev/null || fail "tsbackupctl with only the socket up"
    is_active || fail "the service is not active"
    owner=$(inside stat -c '%U:%G %a' /run/tsbackup /run/tsbackup/control.sock | tr '\n' ' ')
    [ "$owner" = "postgres:postgres 750 postgres:postgres 660 " ] || fail "socket: $owner"
    ok "tsbackupctl answers when only the socket is up, and starts the service"
}

check_schedule() {
    await 20 "a status line" status_says \
        '^idle; next main 20[0-9]{2}-02-29 00:00; no good backup of main$'
    ok "the service's status: $(property StatusText $unit)"
    write_config "* * * * *"
    inside systemctl reload $unit || fail "systemctl reload"
    await 100 "a backup by schedule" has_good_backups 1
    await 30 "its end in the status line" status_says '; last good just now$'
    inside systemctl status --no-pager $unit | grep -qF 'Status: "idle; next main ' ||
        fail "systemctl status shows no status line"
    ok "a backup by schedule, with LoadCredential's password; then: $(property StatusText $unit)"
}

check_reload() {
    before=$(main_pid)
    write_config "$rarely"
    inside systemctl reload $unit || fail "systemctl reload"
    journal_has "reload: " || fail "nothing was reloaded"
    { is_active && [ "$(main_pid)" = "$before" ]; } || fail "the reload restarted the daemon"
    ok "systemctl reload takes over a changed configuration in the same process"
    write_config "$rarely" "nonsense: true"
    ! inside systemctl reload $unit 2>/dev/null || fail "a wrong configuration was reloaded"
    { is_active && [ "$(main_pid)" = "$before" ]; } || fail "a refused reload ended the daemon"
    journal_has "key 'nonsense'" || fail "the journal does not say what is wrong"
    write_config "$rarely"
    inside systemctl reload $unit || fail "systemctl reload after a refused one"
    ok "systemctl reload fails where the configuration is refused, and the daemon goes on"
}

check_kill() {
    before=$(main_pid)
    inside kill -9 "$before"
    await 20 "the daemon after kill -9" is_another_process "$before"
    [ "$(property NRestarts $unit)" = 1 ] || fail "NRestarts is $(property NRestarts $unit)"
    has_good_backups 1 || fail "the backups are gone after kill -9"
    ok "killed by SIGKILL, the daemon comes back with its backups"
}

# The loop waits in epoll_wait; held up there, it does nothing else, while its threads live.
check_watchdog() {
    before=$(main_pid)
    # Longer than the watchdog's time: a daemon that lives is left alone.
    sleep 10
    [ "$(main_pid)" = "$before" ] || fail "the watchdog ended a daemon that lives"
    outside=$(pgrep -x tsbackupd -P "$leader" | head -n 1)
    [ -n "$outside" ] || fail "the daemon's process is not found from outside"
    strace -qq -p "$outside" -e trace=epoll_wait -e inject=epoll_wait:delay_enter=120s \
        >/dev/null 2>&1 </dev/null &
    tracer=$!
    await 40 "the watchdog" journal_has "Watchdog timeout"
    kill -9 "$tracer" 2>/dev/null || true
    wait "$tracer" 2>/dev/null || true
    tracer=
    await 20 "the daemon after its watchdog" is_another_process "$before"
    as_postgres tsbackupctl version >/dev/null || fail "tsbackupctl after the watchdog"
    ok "a loop that hangs is ended by the watchdog and comes back; one that lives is left alone"
}

# is_refused USER "VERB UNIT": by polkit, and not for another reason.
is_refused() {
    # shellcheck disable=SC2086
    ! as_user "$1" systemctl --no-ask-password $2 >"$machine.refusal" 2>&1 &&
        grep -qE 'nteractive authentication required|Access denied' "$machine.refusal"
}

check_polkit() {
    await 20 "the rule" as_postgres systemctl --no-ask-password stop $server
    as_postgres systemctl --no-ask-password start $server || fail "starting by the rule"
    for wanted in "stop dbus.service" "start postgresql@15-other.service" "restart $server" \
        "kill $server" "mask $server"; do
        is_refused postgres "$wanted" || fail "postgres may $wanted"
    done
    is_refused tsbackup "stop $server" || fail "another user may stop $server"
    ok "the polkit rule lets postgres start and stop $server, and nothing else, and nobody else"
}

check_restore() {
    sql "CREATE TABLE sums AS SELECT n, md5(n::text) AS t FROM generate_series(1, 50000) n"
    before=$(sql "SELECT count(*), md5(string_agg(t, '' ORDER BY n)) FROM sums")
    as_postgres tsbackupctl --no-progress backup main >/dev/null || fail "backup"
    sql "DELETE FROM sums WHERE n % 3 = 0; CREATE TABLE later (n int)"
    started=$(property ExecMainStartTimestampMonotonic $server)
    as_postgres tsbackupctl --no-progress restore latest --yes >"$machine.restore" 2>&1 ||
        fail "restore in place: $(cat "$machine.restore")"
    rm -f "$machine.restore"
    [ "$(property ActiveState $server)" = active ] || fail "$server is not active"
    [ "$(property ExecMainStartTimestampMonotonic $server)" != "$started" ] ||
        fail "$server was not started anew"
    after=$(sql "SELECT count(*), md5(string_agg(t, '' ORDER BY n)) FROM sums")
    [ "$after" = "$before" ] || fail "the data is not that of the backup: $before, $after"
    [ "$(sql "SELECT to_regclass('later') IS NULL")" = t ] || fail "later data is still there"
    as_postgres tsbackupctl --no-progress restore --cleanup --yes >/dev/null || fail "cleanup"
    ok "a restore in place stops and starts $server by systemctl; the data is that of the backup"
    as_postgres tsbackupctl --no-progress drill --exact >/dev/null || fail "drill"
    ok "a drill starts a server of its own within the unit's sandbox"
}

# A hook that does not want to end makes the stop take longer than TimeoutStopSec=.
check_long_stop() {
    hook=/usr/local/bin/slow
    printf '#!/bin/sh\ntrap "" TERM\nsleep 60\n' >"$machine$hook"
    chmod 755 "$machine$hook"
    write_config "$rarely" "hooks: [{events: [success], command: [$hook], required: true}]"
    inside systemctl reload $unit || fail "systemctl reload with a hook"
    as_postgres tsbackupctl backup main --detach >/dev/null || fail "backup with a hook"
    await 30 "the hook" status_says '^backing up main: finishing'
    before=$(date +%s)
    inside systemctl stop $unit 2>/dev/null
    took=$(($(date +%s) - before))
    [ "$(property Result $unit)" = success ] || fail "a long stop: $(property Result $unit)"
    ! journal_has "$unit: State 'stop-sigterm' timed out" || fail "a long stop was cut off"
    ok "a stop that takes ${took} s gets the time although TimeoutStopSec= is 1 s"
    write_config "$rarely"
    inside systemctl start $unit
}

check_stop() {
    inside systemctl stop $unit 2>/dev/null
    [ "$(property Result $unit)" = success ] || fail "the stop ended in $(property Result $unit)"
    inside test -S /run/tsbackup/control.sock ||
        fail "the stop took the socket away"
    [ "$(property ActiveState $server)" = active ] || fail "the stop touched $server"
    sql "SELECT 1" >/dev/null || fail "PostgreSQL does not answer after the stop"
    as_postgres tsbackupctl list >/dev/null || fail "tsbackupctl after a stop"
    is_active || fail "tsbackupctl did not start the service again"
    ok "a clean stop leaves the socket and PostgreSQL; tsbackupctl starts the daemon again"
}

check_upgrade() {
    before=$(main_pid)
    inside dpkg --install /tsbackup.deb >/dev/null 2>&1 || fail "the upgrade"
    await 30 "the daemon after an upgrade" is_another_process "$before"
    has_good_backups 1 || fail "the backups are gone after an upgrade"
    [ "$(inside systemctl is-enabled $unit)" = enabled ] || fail "an upgrade disables the service"
    inside systemctl stop tsbackupd.socket $unit
    inside dpkg --install /tsbackup.deb >/dev/null 2>&1 || fail "the upgrade while stopped"
    [ "$(property ActiveState $unit)" = inactive ] || fail "an upgrade starts a stopped service"
    inside systemctl start tsbackupd.socket $unit
    ok "an upgrade restarts the running daemon, leaves a stopped one alone, and keeps all backups"
}

check_removal() {
    backups=$(find "$machine/var/lib/tsbackup" -name metadata.json | wc -l)
    inside dpkg --remove tsbackup >/dev/null 2>&1 || fail "the removal"
    [ "$(property ActiveState $unit)" = inactive ] || fail "the daemon runs after its removal"
    ! inside test -e /run/tsbackup/control.sock || fail "the socket is there after a removal"
    inside dpkg --purge tsbackup >/dev/null 2>&1 || fail "the purge"
    links=$(find "$machine/etc/systemd/system" -name 'tsbackupd.s*' -type l)
    [ -z "$links" ] || fail "a purge leaves $links"
    [ "$(find "$machine/var/lib/tsbackup" -name metadata.json | wc -l)" = "$backups" ] ||
        fail "a purge took backups away"
    [ "$(property ActiveState $server)" = active ] || fail "a removal touched $server"
    ok "a removal stops daemon and socket; a purge leaves all $backups backups"
}

check_secrets() {
    ! journal_has "$password" || fail "the journal holds the password"
    ! inside systemctl show $unit | grep -qF "$password" || fail "systemctl show has the password"
    outside=$(pgrep -x tsbackupd -P "$leader" | head -n 1)
    ! tr '\0' '\n' <"/proc/$outside/environ" | grep -qF "$password" || fail "environment"
    ! grep -rqF "$password" "$machine/var/lib/tsbackup" "$machine/etc/systemd" \
        "$machine/etc/tsbackup/tsbackup.yaml" || fail "a file of tsbackup has the password"
    inside journalctl --no-pager -b -u $unit | grep -q 'backup of main done' ||
        fail "the journal has no word of backups"
    ok "neither journal, unit, environment nor repository has the password"
}

prepare_machine
check_units
check_nothing_enabled
follow_readme
check_activation
check_schedule
check_reload
check_kill
check_watchdog
check_polkit
check_restore
check_long_stop
check_stop
check_upgrade
check_secrets
check_removal
echo "ok: all of systemd_test"
