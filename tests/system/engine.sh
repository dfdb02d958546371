# A Docker engine of a test's own: Debian's docker.io, with its data, socket and containers beneath
# one directory, and without bridge and firewall, which a container or a CI machine may not have.
# So containers have the host's network or none, and no image is pulled. Sourced after facts.sh;
# needs root.
#
#   start_engine DIRECTORY  and docker, docker-compose talk to it
#   end_engine [keep]       ends its containers and the engine, and removes the directory; "keep":
#                           but for images and what building them can use again
# shellcheck shell=sh

engine=
engine_pid=

start_engine() {
    engine=$1
    mkdir -p "$engine/data" "$engine/exec"
    # Debian's own client beside Debian's engine: another one may not know how it builds.
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    DOCKER_HOST=unix://$engine/docker.sock
    DOCKER_CONFIG=$engine/config
    DOCKER_BUILDKIT=1
    export PATH DOCKER_HOST DOCKER_CONFIG DOCKER_BUILDKIT
    for driver in overlay2 vfs; do
        dockerd --data-root "$engine/data" --exec-root "$engine/exec" --host "$DOCKER_HOST" \
            --pidfile "$engine/pid" --storage-driver $driver --bridge none --iptables=false \
            --ip6tables=false >"$engine/log" 2>&1 </dev/null &
        engine_pid=$!
        tries=0
        until docker version >/dev/null 2>&1; do
            tries=$((tries + 1))
            if [ $tries -eq 300 ] || ! kill -0 $engine_pid 2>/dev/null; then break; fi
            sleep 0.2
        done
        ! docker version >/dev/null 2>&1 || return 0
        end_process $engine_pid
    done
    tail -n 20 "$engine/log" >&2
    engine_pid=
    return 1
}

end_process() {
    kill "$1" 2>/dev/null || return 0
    await_end "$1"
}

end_engine() {
    [ -n "$engine" ] || return 0
    if [ -n "$engine_pid" ]; then
        containers=$(docker ps --all --quiet 2>/dev/null) || containers=
        # shellcheck disable=SC2086
        [ -z "$containers" ] || docker rm --force --volumes $containers >/dev/null 2>&1 || true
        docker volume ls --quiet 2>/dev/null | xargs -r docker volume rm >/dev/null 2>&1 || true
        docker image prune --force >/dev/null 2>&1 || true
        docker builder prune --force --keep-storage 6GB >/dev/null 2>&1 || true
        end_process "$engine_pid"
    fi
    awk -v under="$engine/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r |
        while read -r place; do umount --lazy "$place" 2>/dev/null || true; done
    [ "${1:-}" = keep ] || rm -rf --one-file-system "$engine"
}
