#!/bin/bash
# Backs up a throwaway PostgreSQL, destroys it, restores it and proves that all is back.
# Usage: demo.sh DIRECTORY-WITH-tsbackupd
#
# Everything is below $TSB_DEMO_DIR (default /tmp/tsbackup-demo), which is made anew each time and
# stays for you to look at; nothing is left running. As root, server and daemon run as "postgres".
set -euo pipefail

programs=$(cd "$1" && pwd)
demo=${TSB_DEMO_DIR:-/tmp/tsbackup-demo}
pg17=${TSB_PG17_ROOT:-/var/cache/tsbackup/pg17-root}/usr/lib/postgresql/17/bin
rows=${TSB_DEMO_ROWS:-2000000}
export TZ=UTC LC_ALL=C.UTF-8
cd /

account=()
[ "$(id -u)" -ne 0 ] || account=(setpriv --reuid=postgres --regid=postgres --init-groups)
as_server() { "${account[@]}" "$@"; }
say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() {
    local word line='$'
    for word; do case $word in *' '*) line+=" \"$word\"" ;; *) line+=" $word" ;; esac; done
    echo "$line"
}
psql() { "$bin/psql" -XAtq -v ON_ERROR_STOP=1 -h "$demo" -U postgres "$@"; }
ctl() {
    show tsbackupctl "$@"
    as_server "$demo/bin/tsbackupctl" --socket "$demo/run/control.sock" "$@"
}

start_server() {
    as_server "$bin/pg_ctl" -D "$demo/data" -l "$demo/server.log" -w -s start
    until [ "$(psql -d postgres -c 'select pg_is_in_recovery()')" = f ]; do
        as_server "$bin/pg_ctl" -D "$demo/data" status >/dev/null
    done
}
stop_server() {
    [ ! -e "$demo/data/postmaster.pid" ] ||
        as_server "$bin/pg_ctl" -D "$demo/data" -m fast -w -s stop
}

daemon=
finish() {
    status=$?
    trap - EXIT
    [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } || true
    [ -z "${bin:-}" ] || stop_server || true
    [ "$status" -eq 0 ] || echo "demo: failed; look into $demo/server.log and $demo/daemon.log" >&2
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# One line a table of every database: name, rows, and a checksum over all its rows in any order.
fingerprint() {
    psql -d postgres -c "select datname from pg_database where not datistemplate order by 1" |
        while read -r database; do
            psql -d "$database" -c "select format('select %L, count(*), sum(hashtextextended(
                t::text, 0)) from %I.%I t;', format('%s: %s.%s', current_database(), nspname, relname),
                nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
                where relkind in ('r', 'p') and nspname !~ '^pg_|^_|^information_schema|^timescale'
                order by nspname, relname" | psql -d "$database" -F ' | ' -f -
        done
}

make_directory() {
    if [ -e "$demo" ] && [ ! -e "$demo/.tsbackup-demo" ]; then
        echo "demo: '$demo' is not ours: set TSB_DEMO_DIR" >&2
        exit 1
    fi
    if [ -e "$demo/data/postmaster.pid" ]; then
        echo "demo: a server runs in '$demo/data': stop it first" >&2
        exit 1
    fi
    rm -rf "$demo"
    mkdir -p "$demo/bin" "$demo/run" "$demo/restored"
    touch "$demo/.tsbackup-demo" "$demo/server.log" "$demo/daemon.log"
    cp "$programs/tsbackupd" "$programs/tsbackupctl" "$demo/bin/"
    chmod -R a+rX "$demo"
    [ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$demo"
}

make_cluster() {
    as_server "$bin/initdb" -D "$demo/data" -U postgres -A trust --data-checksums --no-instructions \
        --no-sync >"$demo/initdb.log"
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$demo'"
        echo "max_wal_size = 4GB"
        [ -z "$timescale" ] || echo "shared_preload_libraries = 'timescaledb'"
        [ -z "$timescale" ] || echo "timescaledb.telemetry_level = off"
    } >>"$demo/data/postgresql.conf"
    start_server
}

fill_cluster() {
    psql -d postgres -c "create database shop" -c "create database \"Quoted \"\"Name\"\"\""
    psql -d shop -c "create table customers as select g as id, 'customer ' || g as name,
            md5(g::text) as token from generate_series(1, $rows / 4) g" \
        -c "create table orders as select g as id, g % ($rows / 4) as customer, random() * 100 as
            amount, repeat(md5(g::text), 3) as note from generate_series(1, $rows) g" \
        -c "alter table orders add primary key (id)" \
        -c "create unlogged table cache as select g from generate_series(1, 1000) g"
    if [ -n "$timescale" ]; then
        psql -d shop -c "set client_min_messages = error" -c "create extension timescaledb" \
            -c "create table readings (at timestamptz not null, sensor int, value float8)" \
            -c "select create_hypertable('readings', 'at')" \
            -c "insert into readings select timestamptz '2026-01-01' + g * interval '10 s', g % 50,
                random() from generate_series(1, $rows / 2) g" -c "vacuum analyze" >/dev/null
    fi
}

start_daemon() {
    cat >"$demo/tsbackup.yaml" <<YAML
repository: $demo/repository
control:
  socket: $demo/run/control.sock
clusters:
  main:
    connection: host=$demo user=postgres dbname=postgres
    backup:
      compression: "gzip:6"
      max_rate: ${TSB_DEMO_RATE:-64MB}
    restore:
      allowed_targets: [$demo]
      server_binaries: [$bin]
YAML
    as_server "$demo/bin/tsbackupd" --config "$demo/tsbackup.yaml" init
    # Not through a function: the process id must be the daemon's own.
    "${account[@]}" "$demo/bin/tsbackupd" --config "$demo/tsbackup.yaml" >>"$demo/daemon.log" 2>&1 &
    daemon=$!
    until ctl version >/dev/null 2>&1; do
        kill -0 "$daemon" || { cat "$demo/daemon.log" >&2; exit 1; }
    done
}

bin=/usr/lib/postgresql/15/bin timescale=
if [ -x "$pg17/postgres" ]; then bin=$pg17 timescale=yes; fi
server="$("$bin/postgres" --version)${timescale:+ with TimescaleDB}"

say "1. A throwaway cluster: $server"
make_directory
make_cluster
fill_cluster
fingerprint >"$demo/before.txt"
cat "$demo/before.txt"

say "2. The daemon, on this configuration"
start_daemon
cat "$demo/tsbackup.yaml"
ctl check

say "3. A backup"
ctl backup main --label "made by the demo"
ctl list
ctl verify
backup=$(as_server ls "$demo/repository/main/backups" | tail -n 1)

say "4. Disaster: the server is stopped and its data directory destroyed"
stop_server
show rm -rf "$demo/data"
rm -rf "${demo:?}/data"

say "5. Restore, start, compare"
ctl restore "$backup" --cluster main --target "$demo/data"
start_server
fingerprint >"$demo/after.txt"
# Unlogged tables are not part of any base backup: PostgreSQL resets them to empty.
if ! diff <(grep -v cache "$demo/before.txt") <(grep -v cache "$demo/after.txt"); then
    echo "demo: the restored cluster DIFFERS" >&2
    exit 1
fi
printf 'row counts and checksums of all %s tables are the same\n' \
    "$(grep -vc cache "$demo/after.txt")"
grep cache "$demo/after.txt" | sed 's/$/  (unlogged: empty after every restore)/'
echo "timeline now: $(psql -d postgres -c 'select timeline_id from pg_control_checkpoint()')"
stop_server
kill "$daemon"
wait "$daemon"
daemon=

say "Done. Nothing runs any more; all of it is still there:"
cat <<END
  repository      $demo/repository
  this backup     $demo/repository/main/backups/$backup
  by hand         $demo/repository/main/backups/$backup/RESTORE.txt
  configuration   $demo/tsbackup.yaml
  restored data   $demo/data   ($server)
  logs            $demo/daemon.log  $demo/server.log
END
