// Metadata of backups as it was read last, so that listing thousands of them again costs one look
// at each file and no reading. A cache and nothing more: what is kept is used only while the file
// is the same one, unchanged.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/fs.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

/// Thread: any.
class MetadataCache {
public:
    using Shared = std::shared_ptr<const Metadata>;
    /// Changes when the backup does: one of its entries, or its metadata.json.
    struct Stamp {
        FileStatus directory;
        FileStatus metadata_file;
        bool operator==(const Stamp&) const = default;
    };

    /// What was kept of `id` when it had the same stamp; nothing otherwise.
    Shared find(const std::string& cluster, const std::string& id, const Stamp& stamp) const;
    /// Remembers it in place of what was known.
    void keep(const std::string& cluster, const std::string& id, const Stamp& stamp,
              Shared metadata);
    /// Forgets every backup of `cluster` that `is_there` does not know.
    void forget_others(const std::string& cluster,
                       const std::function<bool(const std::string&)>& is_there);

private:
    struct Kept {
        Stamp stamp;
        Shared metadata;
    };
    mutable std::mutex mutex_;
    std::map<std::string, std::map<std::string, Kept>> clusters_;  // guarded by mutex_
};

}  // namespace tsb
