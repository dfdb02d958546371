#include "core/repo/metadata_cache.hpp"

namespace tsb {

MetadataCache::Shared MetadataCache::find(const std::string& cluster, const std::string& id,
                                          const Stamp& stamp) const {
    const std::lock_guard lock(mutex_);
    const auto backups = clusters_.find(cluster);
    if (backups == clusters_.end()) return {};
    const auto kept = backups->second.find(id);
    if (kept == backups->second.end() || kept->second.stamp != stamp) return {};
    return kept->second.metadata;
}

void MetadataCache::keep(const std::string& cluster, const std::string& id, const Stamp& stamp,
                         Shared metadata) {
    const std::lock_guard lock(mutex_);
    clusters_[cluster][id] = {stamp, std::move(metadata)};
}

void MetadataCache::forget_others(const std::string& cluster,
                                  const std::function<bool(const std::string&)>& is_there) {
    const std::lock_guard lock(mutex_);
    std::erase_if(clusters_[cluster], [&](const auto& kept) { return !is_there(kept.first); });
}

}  // namespace tsb
