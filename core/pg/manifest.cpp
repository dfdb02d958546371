#include "core/pg/manifest.hpp"

#include <algorithm>

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

void Manifest::use_digests(FileTable digests, const std::string& name) {
    const auto damaged = [&](std::string_view path, const char* cause) {
        return Error(ErrorCode::damaged, name + ": '" + printable(path) + "' " + cause);
    };
    for (std::size_t i = 0; i < std::max(files_.size(), digests.size()); ++i) {
        const bool both = i < files_.size() && i < digests.size();
        if (both && files_[i].path == digests[i].path) {
            digests.set_size(i, files_[i].size);
        } else if (i == digests.size() || (both && files_[i].path < digests[i].path)) {
            throw damaged(files_[i].path, "is missing there");
        } else {
            throw damaged(digests[i].path, "is not in the manifest");
        }
    }
    files_ = std::move(digests);
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
