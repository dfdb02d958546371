#include "core/repo/json_fields.hpp"
#include "core/repo/metadata.hpp"
#include "core/repo/metadata_form.hpp"
#include "core/repo/self_checksum.hpp"

namespace tsb {
namespace {

using json::from_text;
using json::Value;

Value server_of(const Metadata& metadata) {
    Value server = Value::object();
    server["version"] = from_text(metadata.server_version);
    server["version_num"] = metadata.server_version_num;
    // A string: readers in other languages keep only 53 bits of a number.
    server["system_identifier"] = std::to_string(metadata.system_identifier);
    server["from_standby"] = metadata.from_standby;
    server["wal_segment_size"] = metadata.wal_segment_size;
    return server;
}

Value wal_ranges_of(const Metadata& metadata) {
    Value ranges = Value::array();
    for (const WalRange& range : metadata.wal_ranges) {
        ranges.push_back({{"timeline", range.timeline},
                          {"start_lsn", to_string(range.start)},
                          {"end_lsn", to_string(range.end)}});
    }
    return ranges;
}

Value tablespaces_of(const Metadata& metadata) {
    Value tablespaces = Value::array();
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        tablespaces.push_back({{"oid", tablespace.oid},
                               {"location", from_text(tablespace.location)},
                               {"size_bytes", tablespace.size_bytes}});
    }
    return tablespaces;
}

Value to_json(const DatabaseContents& contents) {
    Value extensions = Value::array();
    for (const ExtensionInfo& extension : contents.extensions) {
        extensions.push_back({{"name", from_text(extension.name)},
                              {"version", from_text(extension.version)},
                              {"xid", extension.xid}});
    }
    Value value = Value::object();
    value["tables"] = contents.tables;
    value["estimated_rows"] = contents.estimated_rows;
    value["hypertables"] = contents.hypertables;
    value["chunks"] = contents.chunks;
    value["continuous_aggregates"] = contents.continuous_aggregates;
    value["jobs"] = contents.jobs;
    value["policies"] = contents.policies;
    value["extensions"] = std::move(extensions);
    return value;
}

Value to_json(const DatabaseInfo& database) {
    Value value = {{"name", from_text(database.name)},
                   {"size_bytes", database.size_bytes},
                   {"collation", from_text(database.collation)},
                   {"timescaledb_version", from_text(database.timescaledb_version)},
                   {"timescaledb_license", from_text(database.timescaledb_license)},
                   {"problem", from_text(database.problem)}};
    if (database.xid != 0) value["xid"] = database.xid;
    if (database.contents) value["contents"] = to_json(*database.contents);
    return value;
}

Value databases_of(const Metadata& metadata) {
    Value databases = Value::array();
    for (const DatabaseInfo& database : metadata.databases) databases.push_back(to_json(database));
    return databases;
}

Value files_of(const Metadata& metadata) {
    Value files = Value::array();
    for (const StoredFile& file : metadata.files) {
        files.push_back(
            {{"name", from_text(file.name)}, {"size", file.size}, {"sha256", file.sha256}});
    }
    return files;
}

Value directories_of(const Metadata& metadata) {
    Value directories = Value::array();
    for (const std::string& path : metadata.directories) directories.push_back(from_text(path));
    return directories;
}

Value to_json(const Metadata& metadata) {
    Value root = Value::object();
    root["format"] = metadata_form::format;
    root["version"] = metadata_form::version;
    root["id"] = metadata.id;
    root["cluster"] = metadata.cluster;
    root["label"] = from_text(metadata.label);
    root["tsbackup_version"] = from_text(metadata.tsbackup_version);
    root["job_id"] = from_text(metadata.job_id);
    root["backup_format"] = to_string(metadata.format);
    root["compression"] = to_string(metadata.compression);
    root["server"] = server_of(metadata);
    root["timeline"] = metadata.timeline;
    root["start_lsn"] = to_string(metadata.start_lsn);
    root["end_lsn"] = to_string(metadata.end_lsn);
    root["wal_ranges"] = wal_ranges_of(metadata);
    root["tablespaces"] = tablespaces_of(metadata);
    root["databases"] = databases_of(metadata);
    root["started_at"] = to_iso8601(metadata.started_at);
    root["stopped_at"] = to_iso8601(metadata.stopped_at);
    root["server_stopped_at"] = from_text(metadata.server_stopped_at);
    root["checkpoint_ms"] = metadata.checkpoint_ms;
    root["copy_ms"] = metadata.copy_ms;
    root["total_ms"] = metadata.total_ms;
    root["cluster_bytes"] = metadata.cluster_bytes;
    root["stored_bytes"] = metadata.stored_bytes;
    root["member_count"] = metadata.member_count;
    root["files"] = files_of(metadata);
    root["directories"] = directories_of(metadata);
    return root;
}

}  // namespace

std::string_view to_string(BackupFormat format) {
    return format == BackupFormat::tar ? "tar" : "plain";
}

std::optional<BackupFormat> parse_backup_format(std::string_view text) {
    for (BackupFormat format : {BackupFormat::tar, BackupFormat::plain}) {
        if (text == to_string(format)) return format;
    }
    return std::nullopt;
}

std::string encode_metadata(const Metadata& metadata) {
    return text_with_checksum(to_json(metadata), metadata_form::checksum_key);
}

}  // namespace tsb
