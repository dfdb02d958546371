#!/bin/bash
# What the entrypoint of the image "postgres" does, in its order: as root it takes the data directory
# for its user and becomes that; where PG_VERSION is missing it makes a cluster, with password and
# POSTGRES_INITDB_ARGS, and runs what is in /docker-entrypoint-initdb.d; then it becomes the server.
set -eu

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    read -ra options <<<"${POSTGRES_INITDB_ARGS:-}"
    initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" "${options[@]}"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export PGPASSWORD
    pg_ctl --options="-c listen_addresses=''" -w -s start
    for script in /docker-entrypoint-initdb.d/*; do
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
    done
    pg_ctl -m fast -w -s stop
    unset PGPASSWORD
fi
exec "$@"
