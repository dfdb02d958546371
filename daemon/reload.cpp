#include "daemon/reload.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/base/error.hpp"

namespace tsb {
namespace {

void require_same(const char* key, const std::filesystem::path& before,
                  const std::filesystem::path& after) {
    if (before == after) return;
    throw Error(ErrorCode::refused,
                fmt::format("cannot reload: '{}' changed from '{}' to '{}', which needs a restart",
                            key, before.string(), after.string()),
                "nothing was changed; restart tsbackupd, or take the change back");
}

}  // namespace

std::vector<std::string> differences(const Config& before, const Config& after) {
    std::vector<std::string> out;
    for (const ClusterConfig& cluster : before.clusters) {
        const ClusterConfig* now = after.find_cluster(cluster.name);
        if (now == nullptr) {
            out.push_back("cluster " + cluster.name + " removed; its backups stay");
        } else if (!(*now == cluster)) {
            out.push_back("cluster " + cluster.name + " changed");
        }
    }
    for (const ClusterConfig& cluster : after.clusters) {
        if (before.find_cluster(cluster.name) == nullptr) {
            out.push_back("cluster " + cluster.name + " added");
        }
    }
    if (before.log_level != after.log_level || before.log_format != after.log_format) {
        out.emplace_back("log changed");
    }
    if (!(before.control == after.control)) out.emplace_back("control.rights changed");
    if (before.max_concurrent_jobs != after.max_concurrent_jobs ||
        before.shutdown_grace != after.shutdown_grace) {
        out.emplace_back("jobs changed");
    }
    if (before.metrics_listen != after.metrics_listen) out.emplace_back("metrics.listen changed");
    if (tells_others(before, after)) {
        out.emplace_back("hooks or webhooks changed");
    }
    return out;
}

bool tells_others(const Config& before, const Config& after) {
    return before.hooks != after.hooks || before.notices.webhooks != after.notices.webhooks;
}

void require_reloadable(const Config& before, const Config& after) {
    require_same("repository", before.repository, after.repository);
    require_same("control.socket", before.control.socket, after.control.socket);
}

}  // namespace tsb
