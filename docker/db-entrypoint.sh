#!/bin/sh
# First process of the database's container: runs the image's own entrypoint with the server, and
# outlives the server, so that a restore in place finds the container, and the process ids that it
# shares, there before, while and after it exchanges the data.
#
# Nothing is started while a restore is at work, or on data that one has left half exchanged; and
# nothing is made anew (initdb) where a cluster has been: in a data directory that holds something,
# or that is empty although there was a cluster or there are backups. Then it waits, says so once,
# and goes on by itself when a restore has settled it.
#
#   PGDATA              the data directory
#   TSB_IMAGE_ENTRYPOINT  the image's own; docker-entrypoint.sh
#   TSB_MARK            directory that outlives the data directory: there it is noted that a cluster
#                       has been here (cluster-was-here), and, by a person, that an empty data
#                       directory is to become a new one all the same (begin-anew)
#   TSB_REPOSITORY      tsbackup's repository, where it can be read here
#
# What restores leave in and beside a data directory, and what their words mean:
# core/ops/in_place_journal.hpp. Works with the shells of Debian and Alpine.
set -eu

data=${PGDATA:-/var/lib/postgresql/data}
image_entrypoint=${TSB_IMAGE_ENTRYPOINT:-docker-entrypoint.sh}
mark_directory=${TSB_MARK:-/var/lib/tsbackup-mark}
repository=${TSB_REPOSITORY:-/var/lib/tsbackup}
mark=$mark_directory/cluster-was-here
anew=$mark_directory/begin-anew
server=
noting=
stopping=
said=

say() { echo "db-entrypoint: $*" >&2; }

say_once() {
    [ "$said" = "$*" ] || say "$*"
    said=$*
}

pause() {
    sleep "$1" &
    wait $! || true # a signal ends the wait
}

# One word a restore that left a journal: how far it came.
restores() {
    for journal in "$data"/tsbackup-old-*.json "$data".old-*.json; do
        [ -f "$journal" ] || continue
        sed -n 's/.*"state": *"\([a-z ]*\)".*/\1/p' "$journal" 2>/dev/null | head -n 1
    done
}

# A restore holds this lock for all of its life, and loses it when it is killed.
is_locked() {
    for directory in "$data" "$(dirname "$data")"; do
        [ -d "$directory" ] || continue
        failed=0
        flock -n -s "$directory" true 2>/dev/null || failed=$?
        [ $failed -ne 1 ] || return 0
    done
    return 1
}

is_empty() {
    for entry in "$data"/* "$data"/.[!.]* "$data"/..?*; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        [ "$entry" = "$data/lost+found" ] || return 1
    done
}

was_here() {
    [ ! -e "$anew" ] || return 1
    [ ! -e "$mark" ] || return 0
    for backup in "$repository"/*/backups/cluster_backup_*; do
        [ ! -d "$backup" ] || return 0
    done
    return 1
}

# Why no server may be started now; nothing when it may.
objection() {
    for state in $(restores | tr ' ' _); do
        case $state in
        exchanging | placed | undoing)
            echo "a restore has exchanged part of the data: waiting for its end. If none is at" \
                "work any more (killed): restore again (make restore), or put the old data back" \
                "(make undo)"
            return
            ;;
        staged | leaving)
            ! is_locked || { echo "a restore is at work: waiting for its end"; return; }
            ;;
        esac
    done
    [ ! -f "$data/global/pg_control" ] || return 0
    if ! is_empty; then
        if is_locked; then
            echo "a restore is at work: waiting for its end"
        else
            echo "$data holds no whole cluster (global/pg_control is missing), and nothing is made" \
                "anew over what is there: restore (make restore); or, when that was a first start" \
                "that failed, empty it"
        fi
    elif is_locked; then
        echo "a restore is at work: waiting for its end"
    elif was_here; then
        echo "$data is empty, but a cluster has been here: waiting for a restore (make restore)." \
            "To begin with a new, empty cluster instead: make forget"
    fi
}

await_start() {
    while [ -z "$stopping" ]; do
        why=$(objection)
        [ -n "$why" ] || break
        say_once "$why"
        pause 1
    done
    said=
}

# Once there is a cluster.
note_cluster() {
    until [ -f "$data/global/pg_control" ] && [ -f "$data/postmaster.pid" ]; do sleep 1; done
    touch "$mark" 2>/dev/null ||
        say "cannot write $mark: an empty data directory is told from a new one by backups alone"
    rm -f "$anew" 2>/dev/null || true
}

run_server() {
    if [ ! -e "$mark" ] || [ -e "$anew" ]; then
        if [ -z "$noting" ] || ! kill -0 "$noting" 2>/dev/null; then
            note_cluster &
            noting=$!
        fi
    fi
    "$image_entrypoint" "$@" &
    server=$!
    status=0
    while kill -0 "$server" 2>/dev/null; do
        status=0
        wait "$server" || status=$?
    done
    server=
}

# forward SIGNAL FOR-THE-SERVER: to the server, or to the image's entrypoint before it becomes that.
forward() {
    [ "$1" = HUP ] || stopping=yes
    [ -n "$server" ] || return 0
    signal=$2
    [ "$(cat "/proc/$server/comm" 2>/dev/null)" = postgres ] || signal=$1
    kill -s "$signal" "$server" 2>/dev/null || true
}
# A docker stop is a fast shutdown, whatever signal the image wants for it.
trap 'forward TERM INT' TERM INT
trap 'forward QUIT QUIT' QUIT
trap 'forward HUP HUP' HUP

while :; do
    await_start
    [ -z "$stopping" ] || exit 0
    before=$(restores)
    run_server "$@"
    [ -z "$stopping" ] || exit "$status"
    # Stopped for a restore, or to undo one.
    if [ -n "$(objection)" ] || [ "$(restores)" != "$before" ]; then continue; fi
    say "the server has ended by itself with status $status"
    # A restore that waits for it tells of this; what it restored is not to be touched meanwhile.
    while [ -z "$stopping" ] && is_locked; do
        say_once "waiting for the restore's end"
        pause 1
    done
    [ -n "$stopping" ] || pause 5
done
