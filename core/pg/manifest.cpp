#include "core/pg/manifest.hpp"

#include <algorithm>
#include <numeric>

#include "core/base/error.hpp"
#include "core/pg/manifest_parser.hpp"

namespace tsb {

Manifest Manifest::parse(ByteSource& source, const std::string& name) {
    ParsedManifest parsed = parse_manifest(source, name);
    auto& files = parsed.files;
    std::ranges::sort(files, {}, &ManifestFile::path);
    const auto twin = std::ranges::adjacent_find(files, {}, &ManifestFile::path);
    if (twin != files.end()) {
        throw Error(ErrorCode::damaged, "cannot read '" + name + "': file '" +
                                            printable(twin->path) + "' occurs twice");
    }
    Manifest manifest;
    manifest.files_ = std::move(files);
    manifest.wal_ranges_ = std::move(parsed.wal_ranges);
    manifest.system_identifier_ = parsed.system_identifier;
    return manifest;
}

const ManifestFile* Manifest::find(std::string_view path) const {
    const auto at = std::ranges::lower_bound(
        files_, path, {}, [](const ManifestFile& file) { return std::string_view(file.path); });
    return at != files_.end() && at->path == path ? &*at : nullptr;
}

std::uint64_t Manifest::total_size() const {
    return std::accumulate(
        files_.begin(), files_.end(), std::uint64_t{0},
        [](std::uint64_t sum, const ManifestFile& file) { return sum + file.size; });
}

std::string manifest_path(std::string_view archive, std::string_view member) {
    if (archive == "base") return std::string(member);
    return "pg_tblspc/" + std::string(archive) + "/" + std::string(member);
}

}  // namespace tsb
