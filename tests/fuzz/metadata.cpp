// metadata.json from any text, as it is and with a right checksum line. Only Error{damaged} is
// thrown; what is accepted names no file outside its backup and comes back when encoded.
#include "core/repo/metadata.hpp"
#include "core/repo/metadata_form.hpp"
#include "core/repo/names.hpp"
#include "core/repo/self_checksum.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/repo/sample.hpp"

namespace tsb::fuzz {
namespace {

std::string sealed(std::string_view text) {
    const std::string last = "  \"" + std::string(metadata_form::checksum_key) + "\"";
    const std::string lines(text.substr(0, text.rfind(last)));
    return lines + checksum_line(lines, metadata_form::checksum_key);
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
    Metadata m = test::sample_metadata(format);
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
