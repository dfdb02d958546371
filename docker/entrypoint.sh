#!/bin/sh
# First process of the sidecar's container: says in one line what would keep tsbackup from its work,
# makes the repository on a new volume, then becomes tsbackupd, which gets the container's signals.
#
#   PGDATA      the database's data directory, where it is mounted here too
#   REPOSITORY  of the configuration; /var/lib/tsbackup
#   TSB_INIT    "empty": an empty directory becomes a repository too. Only where a directory whose
#               file system is not mounted cannot be seen here: in Kubernetes
set -eu

repository=${REPOSITORY:-/var/lib/tsbackup}
data=${PGDATA:-}
mark=$repository/.new-volume
uid=$(id -u)

say() { echo "tsbackup: $*" >&2; }

# Configuration: as tsbackupd has it, so that nobody takes it for a passing failure.
refuse() {
    say "$*"
    exit 78
}

owner() { stat -c "$2" "$1"; }

# The database's own entrypoint gives the directory of a new volume to its user first.
await_owner() {
    tries=0
    while [ "$(owner "$data" %u)" = 0 ] && [ $tries -lt 60 ]; do
        tries=$((tries + 1))
        sleep 0.5
    done
}

check_owner() {
    [ -n "$data" ] && [ -d "$data" ] || return 0
    [ "$uid" -eq 0 ] || await_owner
    [ "$(owner "$data" %u)" -ne "$uid" ] || return 0
    refuse "the data directory $data belongs to uid $(owner "$data" %u), this container runs as" \
        "$uid: run it with user: \"$(owner "$data" %u:%g)\" (docker run --user, Kubernetes" \
        "runAsUser), or build the image with --build-arg TSB_UID=$(owner "$data" %u)" \
        "--build-arg TSB_GID=$(owner "$data" %g)"
}

check_repository() {
    [ -d "$repository" ] || return 0 # tsbackupd says so, or makes it
    [ "$(owner "$repository" %u)" -ne "$uid" ] || return 0
    refuse "the repository $repository belongs to uid $(owner "$repository" %u), this container" \
        "runs as $uid: chown -R $uid:$(id -g) it once, as root"
}

make_repository() {
    [ ! -e "$repository/repo.json" ] || return 0
    if [ -e "$mark" ]; then
        rm "$mark"
    elif [ "${TSB_INIT:-}" != empty ]; then
        return 0
    fi
    say "a new volume: making the repository $repository"
    tsbackupd init
}

case ${1:-} in
tsbackupd)
    if [ $# -eq 1 ]; then
        check_owner
        check_repository
        make_repository
    fi
    ;;
esac
exec "$@"
