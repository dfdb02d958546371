#include "core/repo/cluster_directories.hpp"

#include "core/base/error.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

void make_missing_directory(Fs& fs, int parent, const char* name) {
    if (!fs.status(parent, name)) fs.make_directory(parent, name, 0700);
}

}  // namespace

Fd make_cluster_directories(Fs& fs, int root, const std::string& cluster) {
    if (!names::valid_cluster_name(cluster)) {
        throw Error(ErrorCode::usage, "cannot make a directory for cluster '" + printable(cluster) +
                                          "': not a name for a cluster");
    }
    // Parents are synced each time: an earlier process may have died between making and syncing.
    make_missing_directory(fs, root, cluster.c_str());
    fs.sync(root);
    Fd directory = fs.open_directory(root, cluster);
    for (const char* name :
         {names::backups_directory, names::in_progress_directory, names::trash_directory,
          names::history_directory, names::notes_directory}) {
        make_missing_directory(fs, directory.get(), name);
    }
    fs.sync(directory.get());
    return directory;
}

}  // namespace tsb
