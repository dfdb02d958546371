#include "tests/unit/ops/synthetic_cluster.hpp"

#include <algorithm>
#include <set>

#include "core/base/bytes.hpp"
#include "core/io/digest.hpp"
#include "core/io/tar_writer.hpp"
#include "core/pg/manifest.hpp"

namespace tsb::test {

namespace {

constexpr std::uint64_t page_size = 8192;
constexpr std::int64_t modified = 1'700'000'000;

template <typename Integer>
void put_le(std::string& text, std::size_t offset, Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        text[offset + i] = static_cast<char>(value >> (8 * i) & 0xFF);
    }
}

std::string control_file(const SyntheticCluster& cluster) {
    constexpr std::size_t crc_offset = 288;
    std::string text(page_size, '\0');
    put_le<std::uint64_t>(text, 0, cluster.system_identifier);
    put_le<std::uint32_t>(text, 8, cluster.server_version >= 170000 ? 1700 : 1300);
    put_le<std::uint32_t>(text, 12, 202209061);
    put_le<std::uint64_t>(text, 32, cluster.start.value);
    put_le<std::uint32_t>(text, crc_offset, crc32c(as_bytes(text).first(crc_offset)));
    return text;
}

std::uint16_t page_magic(int server_version) {
    static const std::map<int, std::uint16_t> magics{
        {13, 0xD106}, {14, 0xD10D}, {15, 0xD110}, {16, 0xD113}, {17, 0xD116}};
    return magics.at(server_version / 10000);
}

SyntheticArchive base_archive(const SyntheticCluster& cluster, const SyntheticOptions& options) {
    SyntheticArchive base;
    base.name = "base";
    base.directories = {"base",    "base/1",    "global",   "pg_wal", "pg_wal/archive_status",
                        "pg_xact", "pg_notify", "pg_tblspc"};
    base.files = {
        {"backup_label", "START WAL LOCATION: " + to_string(cluster.start) + "\n"},
        {"PG_VERSION", std::to_string(cluster.server_version / 10000) + "\n"},
        {"base/1/1234", std::string(3 * page_size, 'a')},
        {"base/1/1235", ""},
        {"base/1/PG_VERSION", std::to_string(cluster.server_version / 10000) + "\n"},
        {"global/1262", std::string(700, 'g')},
        {"global/pg_control", control_file(cluster)},
        {"pg_xact/0000", std::string(513, 'x')},
        {"postgresql.auto.conf", "work_mem = '7MB'\nrecovery_target_name = 'old'\n"},
        {"postgresql.conf", "port = 5432\n"},
    };
    if (options.standby) {
        base.files["standby.signal"] = "";
    }
    if (!options.tablespace_location.empty()) {
        const std::string oid = std::to_string(synthetic_tablespace);
        base.files["tablespace_map"] = oid + " " + options.tablespace_location + "\n";
        base.links["pg_tblspc/" + oid] = options.tablespace_location;
    }
    return base;
}

SyntheticArchive tablespace_archive(const std::string& location) {
    SyntheticArchive archive;
    archive.name = std::to_string(synthetic_tablespace);
    archive.location = location;
    archive.directories = {"PG_15_202209061", "PG_15_202209061/5"};
    archive.files = {{"PG_15_202209061/5/2600", std::string(page_size + 1, 't')}};
    return archive;
}

// tar_file_header writes regular files; the other kinds differ in a few bytes and the checksum.
void append_special(std::string& tar, const std::string& path, char type,
                    const std::string& link_target) {
    const auto file = tar_file_header(path, 0, modified);
    std::string header(as_text(file));
    header[156] = type;
    header.replace(157, link_target.size(), link_target);
    header.replace(148, 8, "        ");
    unsigned checksum = 0;
    for (const char byte : header) {
        checksum += static_cast<unsigned char>(byte);
    }
    for (std::size_t digit = 6; digit-- > 0; checksum >>= 3) {
        header[148 + digit] = static_cast<char>('0' + (checksum & 7));
    }
    header[154] = '\0';
    tar += header;
}

void append_file(std::string& tar, const std::string& path, const std::string& content) {
    const auto header = tar_file_header(path, content.size(), modified);
    tar += as_text(header);
    tar += content;
    tar += as_text(tar_padding(content.size()));
}

std::string file_line(const std::string& path, const std::string& content, DigestKind kind) {
    Digest digest(kind);
    digest.update(as_bytes(content));
    return "{ \"Path\": \"" + path + "\", \"Size\": " + std::to_string(content.size()) +
           ", \"Last-Modified\": \"2026-11-23 01:00:00 GMT\", \"Checksum-Algorithm\": \"" +
           std::string(to_string(kind)) + "\", \"Checksum\": \"" + to_hex(digest.finish()) + "\" }";
}

}  // namespace

SyntheticCluster make_cluster(const SyntheticOptions& options) {
    SyntheticCluster cluster;
    cluster.digest_kind = options.digest_kind;
    cluster.server_version = options.server_version;
    cluster.system_identifier = options.system_identifier;
    cluster.timeline = options.timeline;
    cluster.start = {0x3000028};
    cluster.end = {cluster.start.value + 3 * page_size};
    if (!options.tablespace_location.empty()) {
        cluster.archives.push_back(tablespace_archive(options.tablespace_location));
    }
    cluster.archives.push_back(base_archive(cluster, options));
    cluster.manifest = manifest_of(cluster);
    cluster.wal = wal_of(cluster, options.standby ? 5 * page_size : synthetic_segment_size);
    return cluster;
}

std::string manifest_of(const SyntheticCluster& cluster) {
    const bool version_2 = cluster.server_version >= 170000;
    std::string text = "{ \"PostgreSQL-Backup-Manifest-Version\": ";
    text +=
        version_2 ? "2,\n\"System-Identifier\": " + std::to_string(cluster.system_identifier) : "1";
    text += ",\n\"Files\": [\n";
    std::string separator;
    for (const SyntheticArchive& archive : cluster.archives) {
        for (const auto& [path, content] : archive.files) {
            text += separator +
                    file_line(manifest_path(archive.name, path), content, cluster.digest_kind);
            separator = ",\n";
        }
    }
    text += "\n],\n\"WAL-Ranges\": [\n{ \"Timeline\": " + std::to_string(cluster.timeline) +
            ", \"Start-LSN\": \"" + to_string(cluster.start) + "\", \"End-LSN\": \"" +
            to_string(cluster.end) + "\" }\n],\n";
    return text + "\"Manifest-Checksum\": \"" + sha256_hex(as_bytes(text)) + "\"}\n";
}

std::string wal_of(const SyntheticCluster& cluster, std::uint64_t size) {
    constexpr std::uint16_t long_header = 2;
    const std::uint64_t first = segment_start(cluster.start, synthetic_segment_size).value;
    std::string wal(size, '\0');
    for (std::uint64_t at = 0; at < size; at += page_size) {
        const bool begins_segment = (first + at) % synthetic_segment_size == 0;
        put_le<std::uint16_t>(wal, at, page_magic(cluster.server_version));
        put_le<std::uint16_t>(wal, at + 2, begins_segment ? long_header : 0);
        put_le<std::uint32_t>(wal, at + 4, cluster.timeline);
        put_le<std::uint64_t>(wal, at + 8, first + at);
        if (begins_segment) {
            put_le<std::uint64_t>(wal, at + 24, cluster.system_identifier);
            put_le<std::uint32_t>(wal, at + 32, synthetic_segment_size);
            put_le<std::uint32_t>(wal, at + 36, page_size);
        }
    }
    return wal;
}

// The order of a server: the label first, the map second, pg_control last.
std::string tar_of(const SyntheticArchive& archive, bool with_end_marker) {
    std::string tar;
    const std::set<std::string> early{"backup_label", "tablespace_map"};
    const std::string last = "global/pg_control";
    for (const auto& [path, content] : archive.files) {
        if (early.contains(path)) {
            append_file(tar, path, content);
        }
    }
    for (const std::string& path : archive.directories) {
        append_special(tar, path + "/", '5', "");
    }
    for (const auto& [path, target] : archive.links) {
        append_special(tar, path, '2', target);
    }
    for (const auto& [path, content] : archive.files) {
        if (!early.contains(path) && path != last) {
            append_file(tar, path, content);
        }
    }
    if (const auto control = archive.files.find(last); control != archive.files.end()) {
        append_file(tar, last, control->second);
    }
    return with_end_marker ? tar + std::string(as_text(tar_end())) : tar;
}

std::map<std::string, std::string> wal_segments(const SyntheticCluster& cluster) {
    std::map<std::string, std::string> segments;
    Lsn at = segment_start(cluster.start, synthetic_segment_size);
    for (std::size_t offset = 0; offset < cluster.wal.size(); offset += synthetic_segment_size) {
        std::string content = cluster.wal.substr(offset, synthetic_segment_size);
        content.resize(synthetic_segment_size);
        segments[wal_segment_name(cluster.timeline, at, synthetic_segment_size)] =
            std::move(content);
        at.value += synthetic_segment_size;
    }
    return segments;
}

std::map<std::string, std::string> source_tree(const SyntheticCluster& cluster) {
    const std::set<std::string> rewritten{"global/pg_control", "postgresql.auto.conf",
                                          "tablespace_map", "standby.signal"};
    std::map<std::string, std::string> tree;
    for (const SyntheticArchive& archive : cluster.archives) {
        if (archive.name != "base") {
            tree["pg_tblspc/" + archive.name + "/"] = "";
        }
        for (const std::string& path : archive.directories) {
            tree[manifest_path(archive.name, path) + "/"] = "";
        }
        for (const auto& [path, content] : archive.files) {
            if (!rewritten.contains(path)) {
                tree[manifest_path(archive.name, path)] = content;
            }
        }
    }
    std::size_t complete = cluster.wal.size() / synthetic_segment_size;
    for (const auto& [name, content] : wal_segments(cluster)) {
        tree["pg_wal/" + name] = content;
        if (complete > 0) {
            --complete;
            tree["pg_wal/archive_status/" + name + ".done"] = "";
        }
    }
    return tree;
}

}  // namespace tsb::test
