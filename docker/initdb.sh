#!/bin/sh
# Run by the database image's own entrypoint when it makes a new cluster: the role that tsbackup
# connects as, with its password from the secret file. Run or sourced: an image may do either.
set -e

password=$(cat "${TSBACKUP_PASSWORD_FILE:-/run/secrets/tsbackup_password}")
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$password" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE tsbackup LOGIN REPLICATION PASSWORD :'password';
GRANT pg_read_all_settings, pg_monitor TO tsbackup;
SQL
