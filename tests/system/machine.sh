# A machine for a system test: a copy of a Debian root, booted by systemd-nspawn with an init, units
# and a network of its own. Sourced by the tests; needs root.
#
#   new_machine CODENAME   $machine is its root, not yet booted
#   boot_machine           until systemd says that it is up
#   inside COMMAND...      runs COMMAND in it as root
#   as_user USER COMMAND...   as another user; as_postgres COMMAND... as that one
#   end_machine            powers it off and removes it; call it from a trap
#   fail TEXT              what is not as it should be, with the journal's end
# And what facts.sh has.
# shellcheck shell=sh

# shellcheck source=tests/system/facts.sh
. tests/system/facts.sh

machine=
container=
leader=

new_machine() {
    base=$(.ci/make-boot-root "$1")
    machine=$(mktemp -d /var/tmp/tsbackup-machine.XXXXXX)
    cp -a --reflink=auto "$base/." "$machine/"
    # Empty, not missing: this is no first boot, which would enable every unit there is.
    : >"$machine/etc/machine-id"
    mkdir -p "$machine/var/log/journal"
}

# The first process inside: the container's only child.
find_leader() {
    leader=$(pgrep -P "$container" | head -n 1)
    [ -n "$leader" ] && inside true
}

has_booted() {
    case $(inside systemctl is-system-running 2>/dev/null) in
    running | degraded) return 0 ;;
    *) return 1 ;;
    esac
}

boot_machine() {
    systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe \
        -D "$machine" -b >"$machine.console" 2>&1 </dev/null &
    container=$!
    await 30 "a first process in the container" find_leader
    await 60 "the end of the boot" has_booted
}

inside() {
    nsenter -t "$leader" -m -u -i -n -p -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 HOME=/root SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat "$@"
}

as_postgres() {
    as_user postgres "$@"
}

as_user() {
    user=$1
    shift
    inside setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
}

end_machine() {
    if [ -n "$container" ]; then
        # SIGRTMIN+4: poweroff.target.
        [ -z "$leader" ] || kill -s 38 "$leader" 2>/dev/null || true
        await_end "$container"
        [ -z "$leader" ] || kill -9 "$leader" 2>/dev/null || true
        wait "$container" 2>/dev/null || true
    fi
    if [ -n "$machine" ]; then
        rm -rf --one-file-system "$machine" "$machine".*
    fi
}

fail() {
    {
        echo "NOT OK: $1"
        if [ -n "$leader" ]; then
            inside journalctl --no-pager --no-hostname -n 60 2>&1 || true
        else
            tail -n 40 "$machine.console" 2>/dev/null || true
        fi
    } >&2
    exit 1
}
