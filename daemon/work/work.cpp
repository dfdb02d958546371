#include "daemon/work/work.hpp"

#include <algorithm>

namespace tsb {

std::string requester(uid_t uid) {
    return "uid " + std::to_string(uid);
}

std::string exclusive_name(const std::string& cluster) {
    return "cluster " + cluster;
}

std::chrono::seconds job_limit(Service& service, const std::string& cluster) {
    const std::shared_ptr<const Config> config = service.config();
    const auto found =
        std::find_if(config->clusters.begin(), config->clusters.end(),
                     [&](const ClusterConfig& configured) { return configured.name == cluster; });
    return found == config->clusters.end() ? std::chrono::seconds(0) : found->job_limit;
}

}  // namespace tsb
