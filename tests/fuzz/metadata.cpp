// metadata.json from any text, as it is and with a right checksum line. Only Error{damaged} is
// thrown; what is accepted names no file outside its backup and comes back when encoded.
#include "core/repo/metadata.hpp"
#include "core/io/digest.hpp"
#include "core/repo/metadata_form.hpp"
#include "core/repo/names.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

std::string sealed(std::string_view text) {
    const std::string lines(text.substr(0, text.rfind(metadata_form::checksum_begin)));
    return lines + std::string(metadata_form::checksum_begin) + sha256_hex(as_bytes(lines)) +
           std::string(metadata_form::checksum_end);
}

void check_text(std::string_view text) {
    Metadata metadata;
    if (!accepts({ErrorCode::damaged}, [&] { metadata = decode_metadata(text); })) return;
    require(names::parse_backup_id(metadata.id).has_value(), "the id is a backup's");
    require(names::valid_cluster_name(metadata.cluster), "the cluster has a name");
    require(valid_segment_size(metadata.wal_segment_size), "segments have a size");
    for (const StoredFile& file : metadata.files) {
        require(names::safe_relative_path(file.name) && file.name != names::metadata_file,
                "a stored file is one of the backup");
        require(metadata.format == BackupFormat::plain || names::safe_file_name(file.name),
                "archives lie side by side");
    }
    for (const std::string& path : metadata.directories) {
        require(names::safe_relative_path(path), "a directory is one of the backup");
    }
    const std::string encoded = encode_metadata(metadata);
    require(encode_metadata(decode_metadata(encoded)) == encoded, "metadata comes back");
}

Metadata sample(BackupFormat format) {
    Metadata m;
    m.id = "cluster_backup_20261123_014224";
    m.cluster = "main";
    m.label = "a \"label\" with \\";
    m.tsbackup_version = "0.1.0";
    m.job_id = "job-17";
    m.format = format;
    m.server_version = "17.11";
    m.server_version_num = 170011;
    m.system_identifier = 18446744073709551615U;
    m.wal_segment_size = 16 << 20;
    m.timeline = 3;
    m.start_lsn = {0x1600000028};
    m.end_lsn = {0x16B374D848};
    m.wal_ranges = {{2, {0x1600000028}, {0x1601000000}}, {3, {0x1601000000}, {0x16B374D848}}};
    m.tablespaces = {{16385, "/srv/fast\nx", 12345}, {16386, "\xFFlatin", 0}};
    m.databases = {{"app", 1, "C", "2.29.2", "timescale", ""}, {"b\xE9", 7, "", "", "", "no"}};
    m.started_at = from_iso8601("2026-11-23T01:42:24Z");
    m.stopped_at = from_iso8601("2026-11-23T01:52:24Z");
    m.server_stopped_at = "2026-11-23T01:52:20Z";
    m.files = {{"backup_manifest", 7, std::string(64, 'a')}};
    if (format == BackupFormat::plain) {
        m.files.push_back({"data/pg_wal/000000010000000000000001", 9, std::string(64, 'b')});
        m.directories = {"base", "pg_wal"};
    }
    return m;
}

}  // namespace

std::vector<std::string> seeds() {
    return {encode_metadata(sample(BackupFormat::tar)),
            encode_metadata(sample(BackupFormat::plain))};
}

void try_input(std::string_view input) {
    check_text(input);
    check_text(sealed(input));
}

}  // namespace tsb::fuzz
