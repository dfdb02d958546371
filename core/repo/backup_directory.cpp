#include "core/repo/backup_directory.hpp"

#include "core/repo/names.hpp"

namespace tsb {
namespace {

constexpr std::uint64_t largest_metadata = 64ULL << 20;

}  // namespace

bool is_directory(Fs& fs, int parent, const std::string& path) {
    const auto status = fs.status(parent, path);
    return status && status->kind == FileKind::directory;
}

bool has_backup(Fs& fs, int cluster_directory, const std::string& id) {
    return names::parse_backup_id(id) &&
           is_directory(fs, cluster_directory, names::join(names::backups_directory, id));
}

Error no_backup(const std::string& verb, const std::string& cluster, const std::string& id) {
    return {ErrorCode::not_found,
            "cannot " + verb + " backup '" + printable(id) + "' of cluster '" + printable(cluster) +
                "': there is no such backup",
            "see `tsbackupctl list`"};
}

Metadata read_metadata(Fs& fs, int backup, const std::string& cluster, const std::string& id) {
    Metadata metadata =
        decode_metadata(read_whole_file(fs, backup, names::metadata_file, largest_metadata));
    if (metadata.id != id || metadata.cluster != cluster) {
        throw Error(ErrorCode::damaged, "cannot read metadata.json: it is that of backup '" +
                                            metadata.id + "' of cluster '" + metadata.cluster +
                                            "'");
    }
    return metadata;
}

}  // namespace tsb
