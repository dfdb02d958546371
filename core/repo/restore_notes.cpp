// RESTORE.txt. Lines with four spaces before them are commands and together form one shell script,
// which a test runs; everything else is prose and data.
#include <spdlog/fmt/fmt.h>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"
#include "core/repo/recovery_settings.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

/// In place: its directory lies in pg_tblspc itself, and tablespace_map does not name it.
bool is_in_place(const TablespaceInfo& tablespace) {
    return !tablespace.location.starts_with('/');
}

std::string unpack(const Metadata& metadata, const std::string& archive,
                   const std::string& directory) {
    const std::string file = names::archive_file(archive, metadata.compression.method);
    switch (metadata.compression.method) {
        case CompressionMethod::gzip:
            return fmt::format("    tar -xzf {} -C \"{}\"\n", file, directory);
        case CompressionMethod::zstd:
            return fmt::format("    tar --zstd -xf {} -C \"{}\"\n", file, directory);
        case CompressionMethod::lz4:
            return fmt::format("    lz4 -dc {} | tar -xf - -C \"{}\"\n", file, directory);
        case CompressionMethod::none:
            break;
    }
    return fmt::format("    tar -xf {} -C \"{}\"\n", file, directory);
}

std::string heading(const Metadata& m) {
    return fmt::format(R"(HOW TO RESTORE THIS BACKUP BY HAND

  backup    {} of cluster '{}'
  taken     {} to {}
  server    PostgreSQL {}, system identifier {}
  WAL       timeline {}, {} to {}

Where tsbackup is installed, `tsbackupd restore` does all this and checks every file. The steps
below need only a shell, the usual unpacking tools and PostgreSQL {}. Run the lines that begin with
four spaces in this file's directory (or in a copy of it that you may read), as the system user that
will run the server (postgres), after setting the paths of step 1 and of the tablespaces to yours.
)",
                       m.id, m.cluster, to_iso8601(m.started_at), to_iso8601(m.stopped_at),
                       printable(m.server_version), m.system_identifier, m.timeline,
                       to_string(m.start_lsn), to_string(m.end_lsn), m.server_major());
}

std::string choose_paths(const Metadata& metadata) {
    return fmt::format(R"(
1. Choose a directory that does not exist yet, on a disk with {} bytes free.

    TARGET=/var/lib/postgresql/restored
    PGBIN=/usr/lib/postgresql/{}/bin
    umask 077
)",
                       metadata.cluster_bytes, metadata.server_major());
}

std::string check_files(const Metadata& metadata) {
    std::string text = R"(
2. Check the stored files: each must be OK. (metadata.json guards this file and itself: its last
   value is what `head -n -2 metadata.json | sha256sum` prints.)

    sed -n 's/^  \([0-9a-f]\{64\}  .*\)/\1/p' RESTORE.txt | sha256sum -c -

)";
    if (metadata.format == BackupFormat::plain) {
        text += fmt::format("    sha256sum --check --quiet {}\n\n", names::sha256_sums_file);
    }
    for (const StoredFile& file : metadata.files) {
        text += fmt::format("  {}  {}\n", file.sha256, printable(file.name));
    }
    return text;
}

std::string put_in_place(const Metadata& metadata) {
    std::string text = "\n3. Unpack the data directory, with the write-ahead log in pg_wal.\n\n";
    if (metadata.format == BackupFormat::plain) {
        text =
            "\n3. Copy the data directory, and compare every file with the server's manifest.\n\n";
        text += fmt::format("    cp -a {} \"$TARGET\"\n", names::plain_data_directory);
        text += "    \"$PGBIN/pg_verifybackup\" \"$TARGET\"\n";
    } else {
        text += "    mkdir -m 700 \"$TARGET\"\n";
        text += unpack(metadata, "base", "$TARGET");
        text += "    mkdir -p \"$TARGET/pg_wal\"\n";
        text += unpack(metadata, "pg_wal", "$TARGET/pg_wal");
    }
    text += "    chmod 700 \"$TARGET\"\n";
    return text;
}

std::string place_tablespace(const Metadata& metadata, const TablespaceInfo& tablespace,
                             bool first_in_map) {
    const std::uint32_t oid = tablespace.oid;
    const bool plain = metadata.format == BackupFormat::plain;
    if (is_in_place(tablespace)) {
        const std::string directory = fmt::format("$TARGET/pg_tblspc/{}", oid);
        if (plain) return "";
        return fmt::format("\n    mkdir -p \"{}\"\n", directory) +
               unpack(metadata, std::to_string(oid), directory);
    }
    const std::string variable = fmt::format("TABLESPACE_{}", oid);
    std::string text =
        fmt::format("\n   Tablespace {} was at '{}'.\n\n", oid, printable(tablespace.location));
    text += fmt::format("    {}=/var/lib/postgresql/restored_{}\n", variable, oid);
    if (plain) {
        text += fmt::format("    mv \"$TARGET/pg_tblspc/{}\" \"${}\"\n", oid, variable);
    } else {
        text += fmt::format("    mkdir -m 700 \"${}\"\n", variable);
        text += unpack(metadata, std::to_string(oid), "$" + variable);
    }
    text += fmt::format("    printf '%s %s\\n' {} \"${}\" {} \"$TARGET/tablespace_map\"\n", oid,
                        variable, first_in_map ? ">" : ">>");
    return text;
}

std::string place_tablespaces(const Metadata& metadata) {
    if (metadata.tablespaces.empty()) return "";
    std::string text = R"(
   Each tablespace goes into a new directory of its own. Never use the old place where the old
   server may still have its files. tablespace_map tells the server where they are, so it is
   written before the first start; the server makes the links in pg_tblspc from it.
)";
    bool first_in_map = true;
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        text += place_tablespace(metadata, tablespace, first_in_map);
        if (!is_in_place(tablespace)) first_in_map = false;
    }
    return text;
}

/// The settings of recovery as lines of a command, each between `before` and `after`.
std::string each_setting(std::string_view before, std::string_view after) {
    std::string text;
    for (const std::string_view setting : recovery_settings) {
        text += fmt::format("        {}{}{} \\\n", before, setting, after);
    }
    return text;
}

std::string set_recovery() {
    return R"(
4. Ask for recovery to the end of the backup. All WAL that it needs is in pg_wal, so the command
   that would fetch more is `false`, and the server promotes itself where that WAL ends. The other
   lines undo what the configuration may still say of an earlier recovery.

    touch "$TARGET/recovery.signal"
    printf '%s\n' \
)" + each_setting("\"", "\"") +
           R"(        >> "$TARGET/postgresql.auto.conf"

   Never remove or edit backup_label, and never run pg_resetwal. Only backup_label says where replay
   must begin and that it must reach the end of the backup; without it, or after pg_resetwal, the
   server may start with rows and index entries silently lost.

)";
}

constexpr const char* start_server = R"TEXT(
5. Start. All files must belong to the user that runs the server; if you worked as root, run
   `chown -R postgres:postgres` on $TARGET and on each tablespace directory first. When $TARGET has
   no postgresql.conf (Debian keeps it in /etc/postgresql), add
   -o "-c config_file=/etc/postgresql/..." with one whose data_directory is $TARGET, and
   -o "-p 5433" when another server has the port. A copy that shall live beside its source must not
   archive to the same place: add -o "-c archive_mode=off".

    "$PGBIN/pg_ctl" -D "$TARGET" -l "$TARGET.log" -w -t 86400 start

   Recovery may go on after that. Wait for its end, before the settings are taken out again:

    until [ "$("$PGBIN/psql" -XAt -d postgres -c 'select pg_is_in_recovery()')" = f ]; do
        sleep 1
    done
    grep 'completed backup recovery' "$TARGET.log"

6. Then take these lines out again and remove what the server has put aside.

    sed -i \
)TEXT";

constexpr const char* finish = R"TEXT(        "$TARGET/postgresql.auto.conf"
    rm -f "$TARGET/backup_label.old" "$TARGET/tablespace_map.old"

Not in this backup: the rows of unlogged tables (the tables come back empty), configuration files
outside the data directory, and replication slots.
)TEXT";

std::string needed_extensions(const Metadata& metadata) {
    std::string text;
    for (const DatabaseInfo& database : metadata.databases) {
        if (database.timescaledb_version.empty()) continue;
        if (text.empty()) {
            text =
                "   TimescaleDB must be installed in just these versions, and the configuration\n"
                "   must have shared_preload_libraries = 'timescaledb':\n";
        }
        text +=
            fmt::format("   - {} ({}) in database '{}'\n", printable(database.timescaledb_version),
                        printable(database.timescaledb_license), printable(database.name));
    }
    return text;
}

}  // namespace

std::string restore_notes(const Metadata& metadata) {
    return heading(metadata) + choose_paths(metadata) + check_files(metadata) +
           put_in_place(metadata) + place_tablespaces(metadata) + set_recovery() +
           needed_extensions(metadata) + start_server + each_setting("-e \"/^", "\\$/d\"") + finish;
}

}  // namespace tsb
