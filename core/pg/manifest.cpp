#include "core/pg/manifest.hpp"

#include "core/base/error.hpp"
#include "core/pg/manifest_parser.hpp"

namespace tsb {

Manifest Manifest::parse(ByteSource& source, const std::string& name) {
    ParsedManifest parsed = parse_manifest(source, name);
    parsed.files.sort();
    if (const auto twin = parsed.files.twin()) {
        throw Error(ErrorCode::damaged,
                    "cannot read '" + name + "': file '" + printable(*twin) + "' occurs twice");
    }
    Manifest manifest;
    manifest.files_ = std::move(parsed.files);
    manifest.wal_ranges_ = std::move(parsed.wal_ranges);
    manifest.system_identifier_ = parsed.system_identifier;
    return manifest;
}

std::uint64_t Manifest::total_size() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) sum += files_[i].size;
    return sum;
}

std::string manifest_path(std::string_view archive, std::string_view member) {
    if (archive == "base") return std::string(member);
    return "pg_tblspc/" + std::string(archive) + "/" + std::string(member);
}

}  // namespace tsb
