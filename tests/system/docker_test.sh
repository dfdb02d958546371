#!/bin/sh
# tsbackup as a sidecar, for real: docker/Dockerfile built and run by an engine of the test's own,
# beside a database container with PostgreSQL 17 and TimescaleDB, through docker/Makefile's commands;
# disaster and restore, a restore killed half way, the engine restarted; then the Kubernetes manifest
# against its schemas. Needs root. Three minutes, and a quarter of an hour the first time: the images'
# layers and compiled files are kept in ${TSB_CACHE:-/var/cache/tsbackup}/engine for the next run.
# Usage: tests/system/docker_test.sh, from the top of the tree
#
# Not from here: the images of PostgreSQL and TimescaleDB, and bridge networks; tests/system/database
# stands in for the first, and the database has no network.
set -eu
cd "$(dirname "$0")/../.."

npm=
command -v npm >/dev/null || npm="nodejs npm"
# shellcheck disable=SC2086
.ci/install-packages docker.io docker-compose procps $npm
# shellcheck source=tests/system/facts.sh
. tests/system/facts.sh
# shellcheck source=tests/system/engine.sh
. tests/system/engine.sh
# shellcheck source=tests/system/package_checks.sh
. tests/system/package_checks.sh

work=$(mktemp -d /var/tmp/tsbackup-docker.XXXXXX)
tracer=
finish() {
    [ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
    end_engine keep
    rm -rf --one-file-system "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

fail() {
    {
        echo "NOT OK: $1"
        for service in db tsbackup; do
            echo "-- $service:"
            docker logs --tail 40 "$(container $service)" 2>&1 || true
        done
    } >&2
    exit 1
}

command_line() {
    echo "$1" >>"$work/ran"
    make --no-print-directory -C "$work/docker" \
        COMPOSE="docker-compose --file compose.yaml --file test.yaml" "$@" </dev/null
}
compose() { (cd "$work/docker" && docker-compose --file compose.yaml --file test.yaml "$@"); }
container() {
    docker ps --all --quiet --filter "label=com.docker.compose.service=$1" \
        --filter label=com.docker.compose.oneoff=False
}
inspect() { docker inspect --format "$2" "$(container "$1")"; }
ctl() { docker exec "$(container tsbackup)" tsbackupctl "$@"; }
sql() {
    PGPASSWORD=$(cat "$work/docker/secrets/postgres_password") docker exec --env PGPASSWORD \
        "$(container db)" psql -XAtq -v ON_ERROR_STOP=1 -U postgres -d "${2:-shop}" -c "$1"
}
sums() {
    sql "SELECT count(*), sum(hashtextextended(o::text, 0)) FROM orders o
         UNION ALL SELECT count(*), sum(hashtextextended(r::text, 0)) FROM readings r"
}
db_said() { docker logs "$(container db)" 2>&1 | grep -qF -- "$1"; }
# In the log since the last mark_log: what is said again is to be told from what was.
mark_log() { marked=$(docker logs "$(container db)" 2>&1 | wc -l); }
db_says() { docker logs "$(container db)" 2>&1 | tail -n "+$((marked + 1))" | grep -qF -- "$1"; }
in_data() { docker exec "$(container db)" sh -c "cd \"\$PGDATA\" && $1"; }
has_no_server() { ! in_data 'test -e postmaster.pid'; }
is_health() { [ "$(inspect tsbackup '{{.State.Health.Status}}')" = "$1" ]; }
made_clusters() {
    docker logs "$(container db)" 2>&1 | grep -c 'files belonging to this database system' || true
}

build_images() {
    start_engine "${TSB_CACHE:-/var/cache/tsbackup}/engine"
    base=$(.ci/make-slim-root trixie)
    docker image inspect debian:trixie-slim >/dev/null 2>&1 ||
        docker import - debian:trixie-slim <"$base" >/dev/null
    docker build --quiet --network host --tag tsbackup-test-db tests/system/database >/dev/null
    docker build --network host --file docker/Dockerfile --tag tsbackup . >"$work/build" 2>&1 || {
        tail -n 40 "$work/build"
        fail "docker build"
    }
    user=$(docker image inspect --format '{{.Config.User}}' tsbackup)
    [ "$user" = 999:999 ] || fail "the image's user is '$user'"
    size=$(docker image inspect --format '{{.Size}}' tsbackup)
    ok "the image is built; $((size / 1000000)) MB, of which the base $((\
        $(docker image inspect --format '{{.Size}}' debian:trixie-slim) / 1000000)) MB"
}

# The package that the image is made from, in a Debian 13 without anything else.
check_package() {
    docker build --quiet --network host --file docker/Dockerfile --target package \
        --output "$work/package" . >/dev/null || fail "docker build --target package"
    deb=$(find "$work/package" -name 'tsbackup_*.deb')
    check_lint "$deb"
    mkdir "$work/root"
    tar -xf "$(.ci/make-slim-root trixie)" -C "$work/root"
    check_in_root "$work/root" "$deb"
}

# One that would be the front door's, but for the network, and quicker health.
prepare_project() {
    cp -R docker "$work/docker"
    rm -rf "$work/docker/.env" "$work/docker/secrets"
    cat >"$work/docker/test.yaml" <<YAML
services:
  db:
    image: tsbackup-test-db
    network_mode: none
  tsbackup:
    healthcheck: {interval: 1s, retries: 1, start_period: 1ms}
YAML
}

check_start() {
    command_line up >"$work/out" 2>&1 || fail "make up: $(cat "$work/out")"
    grep -q 'tsbackup will run as 999:999' "$work/out" || fail "the owner was not found out"
    ok "make up: passwords, the owner of the data and the repository are made; check passes"
}

check_confinement() {
    [ "$(inspect tsbackup '{{.HostConfig.ReadonlyRootfs}}')" = true ] || fail "root can be written"
    inside=$(docker exec "$(container tsbackup)" cat /proc/1/status)
    for line in 'Name:.tsbackupd' 'Uid:.999.999.999.999' 'CapEff:.0*$' 'CapPrm:.0*$' 'CapBnd:.0*$' \
        'NoNewPrivs:.1'; do
        echo "$inside" | grep -qE "^$line" || fail "process 1 in the sidecar: no $line in: $inside"
    done
    for place in / /usr/bin /etc /var/lib; do
        ! docker exec "$(container tsbackup)" touch "$place/x" 2>/dev/null || fail "$place"
    done
    ok "the daemon is process 1, uid 999, without capabilities, on a root that nobody can write"
}

# run_sidecar ARGUMENTS OF docker run...
run_sidecar() {
    docker run --rm --network none --read-only --cap-drop ALL \
        --volume "$work/docker/tsbackup.yaml:/etc/tsbackup/tsbackup.yaml:ro" \
        --tmpfs /run/tsbackup:uid=999,gid=999,mode=0750 "$@" >"$work/out" 2>&1 &&
        status=0 || status=$?
}

check_explanations() {
    run_sidecar --user 4711:4711 --env PGDATA=/var/lib/postgresql/data \
        --volume docker_data:/var/lib/postgresql/data tsbackup
    { [ "$status" -eq 78 ] && grep -qF 'user: "999:999"' "$work/out"; } ||
        fail "another uid than the data's: exit $status, $(cat "$work/out")"
    ok "another uid is explained: $(cat "$work/out")"
    run_sidecar --tmpfs /var/lib/tsbackup:uid=999,gid=999,mode=0700 tsbackup
    { [ "$status" -ne 0 ] && grep -qF 'repository_missing' "$work/out"; } ||
        fail "an empty directory in place of the repository: exit $status, $(cat "$work/out")"
    ok "a file system that is not mounted does not become a new repository"
}

fill() {
    sql "CREATE DATABASE shop" postgres
    sql "SET client_min_messages = error; CREATE EXTENSION timescaledb" >/dev/null
    sql "CREATE TABLE orders AS SELECT n, md5(n::text) AS t FROM generate_series(1, 100000) n"
    sql "CREATE TABLE readings (at timestamptz NOT NULL, value float8);
         SELECT create_hypertable('readings', 'at');
         INSERT INTO readings SELECT timestamptz '2026-01-01' + n * interval '1 min', n
             FROM generate_series(1, 100000) n" >/dev/null
}

check_backup() {
    await 20 "the container to be unhealthy without any backup" is_health unhealthy
    command_line backup >"$work/out" 2>&1 || fail "make backup: $(cat "$work/out")"
    id=$(grep -o 'cluster_backup_[0-9_]*' "$work/out" | head -n 1)
    command_line list-backups | grep -q "^$id .* good" || fail "make list-backups"
    command_line status >"$work/out" 2>&1 || fail "make status: $(cat "$work/out")"
    await 20 "the container to be healthy with a backup" is_health healthy
    whole=$(sums)
    ok "make backup, list-backups, status: $id; its health follows"
}

restore() {
    command_line restore YES=1 BACKUP_DIR="backups/$id" >"$work/out" 2>&1 ||
        fail "make restore: $(cat "$work/out")"
    [ "$(sums)" = "$whole" ] || fail "the data is not that of the backup: $whole, $(sums)"
}

check_restore() {
    sql "DELETE FROM orders WHERE n % 3 = 0; UPDATE readings SET value = 0"
    damaged=$(sums)
    before=$(inspect db '{{.State.StartedAt}}')$(inspect tsbackup '{{.State.StartedAt}}')
    restore
    [ "$(inspect db '{{.State.StartedAt}}')$(inspect tsbackup '{{.State.StartedAt}}')" = "$before" ] ||
        fail "a container was restarted by the restore"
    ok "make restore BACKUP_DIR=backups/$id over a running server: the same rows"
    command_line undo YES=1 >"$work/out" 2>&1 || fail "make undo: $(cat "$work/out")"
    [ "$(sums)" = "$damaged" ] || fail "undo did not bring the old data back"
    restore
    command_line cleanup YES=1 >"$work/out" 2>&1 || fail "make cleanup: $(cat "$work/out")"
    ok "make undo brings the old data back; make cleanup removes what was kept"
}

check_refusal() {
    ctl restore latest --plan >"$work/out" 2>&1 || fail "a plan: $(cat "$work/out")"
    grep -q 'is not seen from here' "$work/out" || fail "the plan tells no refusal: $(cat "$work/out")"
    ! ctl --no-progress restore latest --yes >"$work/out" 2>&1 ||
        fail "the sidecar restored over a server that it cannot see"
    grep -q 'its process cannot be seen from here' "$work/out" ||
        fail "a restore from the sidecar itself: $(cat "$work/out")"
    [ "$(sums)" = "$whole" ] || fail "the refused restore touched the data"
    ok "a restore that does not share the server's process ids is refused: $(head -n 1 "$work/out")"
}

check_disaster() {
    docker exec "$(container db)" sh -c 'rm -rf "$PGDATA"/* "$PGDATA"/.[!.]*' || true
    docker restart "$(container db)" >/dev/null
    mark_log
    docker restart "$(container db)" >/dev/null
    await 20 "a word on the empty data directory" db_says "is empty, but a cluster has been here"
    [ -z "$(in_data 'ls -A')" ] || fail "something was made in the empty data directory"
    [ "$(made_clusters)" = 1 ] || fail "a new cluster was made over the lost one"
    restore
    ok "rm -rf of the data, restarts: nothing is made anew; make restore: the same rows"
}

is_half_exchanged() {
    in_data "grep -q '\"state\": *\"exchanging\"' tsbackup-old-*.json && ls -A tsbackup-old-*/ | grep -q ."
}

# Held up at each rename by strace, a restore is long enough in the middle to be killed there.
check_killed_restore() {
    in_data 'touch of-the-old-data'
    compose run -T --rm --detach --entrypoint sh restore \
        -c 'sleep 2; exec tsbackupd restore latest --cluster main --yes' >"$work/run" 2>"$work/out" ||
        fail "a restore to be killed: $(cat "$work/out")"
    pid=$(docker inspect --format '{{.State.Pid}}' "$(tail -n 1 "$work/run")")
    strace -qq -f -p "$pid" -e trace=renameat2 -e inject=renameat2:delay_enter=200ms \
        >"$work/trace" 2>&1 </dev/null &
    tracer=$!
    await 60 "a restore in the middle of its exchange" is_half_exchanged
    kill -9 "$pid"
    wait "$tracer" 2>/dev/null || true
    tracer=
    mark_log
    await 20 "a word on the interrupted restore" db_said "has exchanged part of the data"
    has_no_server || fail "a server was started on half of the data"
    docker restart "$(container db)" >/dev/null
    await 20 "the same after a restart" db_says "has exchanged part of the data"
    { has_no_server && [ "$(made_clusters)" = 1 ]; } || fail "half of the data was started"
    restore
    ! in_data 'test -e of-the-old-data' || fail "an entry of the old data is in the restored data"
    ok "a restore killed half way: nothing starts, also after a restart, until it is repeated"
}

is_another_process() { [ "$(inspect tsbackup '{{.State.Pid}}')" != "$1" ] && ctl version; }

check_killed_daemon() {
    pid=$(inspect tsbackup '{{.State.Pid}}')
    before=$(inspect db '{{.State.StartedAt}}')
    kill -9 "$pid"
    await 30 "the daemon after kill -9" is_another_process "$pid"
    [ "$(inspect db '{{.State.StartedAt}}')" = "$before" ] || fail "the database was restarted"
    ok "the daemon killed by SIGKILL comes back; the database does not notice"
}

check_crash() {
    docker exec "$(container db)" sh -c 'kill -9 "$(head -n 1 "$PGDATA/postmaster.pid")"'
    await 60 "a word on the crash" db_said "ended by itself with status 137"
    await 60 "the server after a crash" sql "SELECT 1"
    [ "$(sums)" = "$whole" ] || fail "the data after a crash"
    ok "a server that crashed is started again in its container"
}

check_stop() {
    command_line stop >"$work/out" 2>&1 || fail "make stop: $(cat "$work/out")"
    for service in db tsbackup; do
        [ "$(inspect $service '{{.State.ExitCode}}')" = 0 ] ||
            fail "$service ended with $(inspect $service '{{.State.ExitCode}}')"
    done
    docker logs --tail 1 "$(container tsbackup)" 2>&1 | grep -q 'stopped$' || fail "no clean stop"
    command_line start-restored >"$work/out" 2>&1 || fail "start-restored: $(cat "$work/out")"
    [ "$(sums)" = "$whole" ] || fail "the data after stop and start"
    ok "make stop ends both cleanly, make start-restored brings them back"
}

check_explore() {
    command_line explore >"$work/out" 2>&1 || fail "make explore: $(cat "$work/out")"
    grep -q readings "$work/out" || fail "make explore does not show the hypertable"
    ok "make explore shows the running database with its hypertable"
}

check_engine_restart() {
    end_process "$engine_pid"
    start_engine "$engine"
    await 60 "the database after the engine's restart" sql "SELECT 1"
    await 60 "the daemon after the engine's restart" ctl check
    [ "$(sums)" = "$whole" ] || fail "the data after the engine's restart"
    ok "after a restart of the engine, as after a reboot, both containers are there again"
}

# As in Kubernetes: the data directory lies in the volume, and is exchanged as a whole.
check_subdirectory() {
    compose down --volumes >/dev/null 2>&1 || fail "compose down"
    echo "PGDATA=/var/lib/postgresql/data/pgdata" >"$work/docker/.env"
    sed -i 's|data_directory: .*|&/pgdata|' "$work/docker/tsbackup.yaml"
    check_start
    fill
    command_line backup >"$work/out" 2>&1 || fail "make backup: $(cat "$work/out")"
    id=latest
    whole=$(sums)
    sql "DROP TABLE orders"
    restore
    command_line undo YES=1 >"$work/out" 2>&1 || fail "make undo: $(cat "$work/out")"
    [ -z "$(sql "SELECT to_regclass('orders')")" ] || fail "undo did not bring the old data back"
    docker exec "$(container db)" rm -rf /var/lib/postgresql/data/pgdata
    docker restart "$(container db)" >/dev/null
    await 20 "a word on the missing data directory" db_said "but a cluster has been here"
    restore
    ok "the same where the data directory lies in its volume: restore, undo, disaster, restore"
    docker exec "$(container db)" rm -rf /var/lib/postgresql/data/pgdata
    command_line forget >"$work/out" 2>&1 || fail "make forget: $(cat "$work/out")"
    docker restart "$(container db)" >/dev/null
    await 60 "a new cluster" sql "SELECT 1" postgres
    [ "$(made_clusters)" = 2 ] || fail "$(made_clusters) clusters were made instead of 2"
    await 10 "the end of the leave to begin anew" docker exec "$(container db)" \
        test ! -e /var/lib/tsbackup-mark/begin-anew
    ok "make forget lets an empty volume become a new cluster, once"
}

check_kubernetes() {
    models=${TSB_CACHE:-/var/cache/tsbackup}/kubernetes-models-4.3.1
    if [ ! -d "$models/node_modules/kubernetes-models" ]; then
        mkdir -p "$models"
        npm install --silent --no-save --ignore-scripts --prefix "$models" kubernetes-models@4.3.1 \
            yaml@2.9.1 >"$work/out" 2>&1 || fail "npm install: $(cat "$work/out")"
    fi
    schema() { node tests/system/kubernetes_schema.cjs "$models" "$1" >"$work/out" 2>&1; }
    schema docker/kubernetes.yaml || fail "kubernetes.yaml: $(cat "$work/out")"
    for edit in 's/shareProcessNamespace/shareProcessNamespaces/' 's/runAsUser: 70/runAsUser: "70"/' \
        's/kind: StatefulSet/kind: Statefulset/' 's/replicas: 1/replicas: one/'; do
        sed "$edit" docker/kubernetes.yaml >"$work/broken.yaml"
        ! schema "$work/broken.yaml" || fail "the schemas find nothing wrong after $edit"
    done
    ok "kubernetes.yaml fits the schemas of its kinds, and broken copies of it do not"
}

check_readme() {
    readme_section "As a sidecar" | grep -oE 'make [a-z-]+' | cut -d ' ' -f 2 | sort -u >"$work/shown"
    grep -qx restore "$work/shown" || fail "README shows no make restore"
    missing=$(sort -u "$work/ran" | comm -23 "$work/shown" -)
    [ -z "$missing" ] || fail "README shows what was not run: make $missing"
    ok "each of README's $(wc -l <"$work/shown") make commands has been run"
}

build_images
check_package
prepare_project
check_start
check_confinement
check_explanations
fill
check_backup
check_restore
check_refusal
check_disaster
check_killed_restore
check_killed_daemon
check_crash
check_stop
check_explore
check_engine_restart
check_subdirectory
check_kubernetes
check_readme
echo "ok: all of docker_test"
