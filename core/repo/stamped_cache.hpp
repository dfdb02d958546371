// What was read last of each backup's files, so that listing thousands of them again costs one look
// at each file and no reading. A cache and nothing more: what is kept is used only while the files
// are the same ones, unchanged.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace tsb {

/// `Stamp` changes when that changes of which `Value` was made. Thread: any.
template <typename Stamp, typename Value>
class StampedCache {
public:
    using Shared = std::shared_ptr<const Value>;

    /// What was kept of backup `id` when it had the same stamp; nothing otherwise.
    Shared find(const std::string& cluster, const std::string& id, const Stamp& stamp) const {
        const std::lock_guard lock(mutex_);
        const auto backups = clusters_.find(cluster);
        if (backups == clusters_.end()) return {};
        const auto kept = backups->second.find(id);
        if (kept == backups->second.end() || kept->second.stamp != stamp) return {};
        return kept->second.value;
    }

    /// Remembers it in place of what was known.
    void keep(const std::string& cluster, const std::string& id, const Stamp& stamp, Shared value) {
        const std::lock_guard lock(mutex_);
        clusters_[cluster][id] = {stamp, std::move(value)};
    }

    /// Forgets every backup of `cluster` that `is_there` does not know.
    void forget_others(const std::string& cluster,
                       const std::function<bool(const std::string&)>& is_there) {
        const std::lock_guard lock(mutex_);
        std::erase_if(clusters_[cluster], [&](const auto& kept) { return !is_there(kept.first); });
    }

private:
    struct Kept {
        Stamp stamp;
        Shared value;
    };
    mutable std::mutex mutex_;
    std::map<std::string, std::map<std::string, Kept>> clusters_;  // guarded by mutex_
};

}  // namespace tsb
