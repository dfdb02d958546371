// Small documents beside a cluster's history, whose content is their users' business.
#include "core/base/error.hpp"
#include "core/repo/cluster_directories.hpp"
#include "core/repo/names.hpp"
#include "core/repo/replace_file.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

std::string Repository::read_state(const std::string& cluster, const std::string& name) {
    const std::string path = names::join(names::history_directory, names::state_file(name));
    const Fd directory = open_cluster(cluster);
    if (!directory || !fs_->status(directory.get(), path)) return {};
    return read_whole_file(*fs_, directory.get(), path, largest_state);
}

void Repository::write_state(const std::string& cluster, const std::string& name,
                             const std::string& text) {
    require_lock("write a state document");
    const std::string file = names::state_file(name);
    if (text.size() > largest_state) {
        throw Error(ErrorCode::internal, "cannot write '" + file + "': longer than " +
                                             std::to_string(largest_state) + " bytes");
    }
    const std::lock_guard one_change(*change_mutex_);
    const Fd directory = make_cluster_directories(*fs_, root_.get(), cluster);
    const Fd history = fs_->open_directory(directory.get(), names::history_directory);
    replace_file(*fs_, history.get(), file, as_bytes(text));
}

}  // namespace tsb
