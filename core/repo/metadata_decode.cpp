#include <set>

#include "core/base/error.hpp"
#include "core/base/whole_number.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/metadata.hpp"
#include "core/repo/metadata_form.hpp"
#include "core/repo/names.hpp"
#include "core/repo/self_checksum.hpp"

namespace tsb {
namespace {

using json::Object;

constexpr std::uint64_t largest_oid = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t largest_timeline = std::numeric_limits<Timeline>::max();
constexpr std::uint64_t largest_version_num = 9'999'999;
constexpr std::uint64_t largest_xid = std::numeric_limits<std::uint32_t>::max();

void read_identity(const Object& root, Metadata& metadata) {
    if (root.text("format") != metadata_form::format) root.refuse("format", "not a backup's");
    const std::uint64_t version = root.number("version");
    if (version != metadata_form::version) {
        root.refuse("version", std::to_string(version) + " is not known to this tsbackup");
    }
    metadata.id = root.text("id");
    if (!names::parse_backup_id(metadata.id)) root.refuse("id", "not a backup id");
    metadata.cluster = root.text("cluster");
    if (!names::valid_cluster_name(metadata.cluster)) root.refuse("cluster", "not a cluster name");
    metadata.label = root.text("label");
    metadata.tsbackup_version = root.text("tsbackup_version");
    metadata.job_id = root.text("job_id");
    const auto format = parse_backup_format(root.text("backup_format"));
    if (!format) root.refuse("backup_format", "neither tar nor plain");
    metadata.format = *format;
    const auto compression = parse_compression(root.text("compression"));
    if (!compression) root.refuse("compression", "not a compression");
    metadata.compression = *compression;
}

std::uint64_t read_system_identifier(const Object& server) {
    const auto number = parse_whole<std::uint64_t>(server.text("system_identifier"));
    if (!number) server.refuse("system_identifier", "not a number");
    return *number;
}

void read_server(const Object& root, Metadata& metadata) {
    const Object server = root.object("server");
    metadata.server_version = server.text("version");
    metadata.server_version_num =
        static_cast<int>(server.number("version_num", largest_version_num));
    metadata.system_identifier = read_system_identifier(server);
    metadata.from_standby = server.flag("from_standby");
    metadata.wal_segment_size = server.number("wal_segment_size");
    if (!valid_segment_size(metadata.wal_segment_size)) {
        server.refuse("wal_segment_size", "not a size that PostgreSQL allows");
    }
}

Timeline read_timeline(const Object& object) {
    return static_cast<Timeline>(object.number("timeline", largest_timeline));
}

void read_wal(const Object& root, Metadata& metadata) {
    metadata.timeline = read_timeline(root);
    metadata.start_lsn = root.lsn("start_lsn");
    metadata.end_lsn = root.lsn("end_lsn");
    root.for_each("wal_ranges", [&](const Object& range) {
        metadata.wal_ranges.push_back(
            {read_timeline(range), range.lsn("start_lsn"), range.lsn("end_lsn")});
    });
}

std::uint32_t read_xid(const Object& object) {
    return static_cast<std::uint32_t>(object.number("xid", largest_xid));
}

DatabaseContents read_counts(const Object& object) {
    DatabaseContents contents;
    contents.tables = object.number("tables");
    contents.estimated_rows = object.number("estimated_rows");
    contents.hypertables = object.number("hypertables");
    contents.chunks = object.number("chunks");
    contents.continuous_aggregates = object.number("continuous_aggregates");
    contents.jobs = object.number("jobs");
    contents.policies = object.number("policies");
    object.for_each("extensions", [&](const Object& extension) {
        contents.extensions.push_back(
            {extension.text("name"), extension.text("version"), read_xid(extension)});
    });
    return contents;
}

DatabaseInfo read_database(const Object& object) {
    DatabaseInfo database{object.text("name"),
                          object.number("size_bytes"),
                          object.text("collation"),
                          object.text("timescaledb_version"),
                          object.text("timescaledb_license"),
                          object.text("problem")};
    // Earlier versions did not write these.
    if (object.has("xid")) database.xid = read_xid(object);
    if (object.has("contents")) database.contents = read_counts(object.object("contents"));
    return database;
}

void read_contents(const Object& root, Metadata& metadata) {
    root.for_each("tablespaces", [&](const Object& tablespace) {
        metadata.tablespaces.push_back(
            {static_cast<std::uint32_t>(tablespace.number("oid", largest_oid)),
             tablespace.text("location"), tablespace.number("size_bytes")});
    });
    root.for_each("databases", [&](const Object& database) {
        metadata.databases.push_back(read_database(database));
    });
}

void read_measures(const Object& root, Metadata& metadata) {
    metadata.started_at = root.time("started_at");
    metadata.stopped_at = root.time("stopped_at");
    metadata.server_stopped_at = root.text("server_stopped_at");
    metadata.checkpoint_ms = root.number("checkpoint_ms");
    metadata.copy_ms = root.number("copy_ms");
    metadata.total_ms = root.number("total_ms");
    metadata.cluster_bytes = root.number("cluster_bytes");
    metadata.stored_bytes = root.number("stored_bytes");
    metadata.member_count = root.number("member_count");
}

/// Readers open these names, so what stands here decides what they may reach.
bool allowed_stored_name(const std::string& name, BackupFormat format) {
    if (name == names::metadata_file) return false;
    if (names::safe_file_name(name)) return true;
    const std::string data = names::join(names::plain_data_directory, "");
    return format == BackupFormat::plain && name.starts_with(data) &&
           names::safe_relative_path(name);
}

bool is_sha256(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void read_files(const Object& root, Metadata& metadata) {
    std::set<std::string> seen;
    root.for_each("files", [&](const Object& object) {
        StoredFile file{object.text("name"), object.number("size"), object.text("sha256")};
        if (!allowed_stored_name(file.name, metadata.format)) {
            object.refuse("name", "'" + printable(file.name) + "' is not a name of a stored file");
        }
        if (!seen.insert(file.name).second) object.refuse("name", "occurs twice");
        if (!is_sha256(file.sha256)) object.refuse("sha256", "not a SHA-256");
        metadata.files.push_back(std::move(file));
    });
    for (const json::Value& path : root.array("directories")) {
        metadata.directories.push_back(json::to_text(path, "metadata.directories"));
        if (metadata.format != BackupFormat::plain ||
            !names::safe_relative_path(metadata.directories.back())) {
            root.refuse("directories", "'" + printable(metadata.directories.back()) +
                                           "' is not a directory of a stored tree");
        }
    }
}

}  // namespace

Metadata decode_metadata(std::string_view text) {
    require_checksum(text, metadata_form::checksum_key, "metadata.json");
    const json::Value value = json::parse(text, "metadata");
    const Object root(value, "metadata");
    Metadata metadata;
    read_identity(root, metadata);
    read_server(root, metadata);
    read_wal(root, metadata);
    read_contents(root, metadata);
    read_measures(root, metadata);
    read_files(root, metadata);
    return metadata;
}

}  // namespace tsb
