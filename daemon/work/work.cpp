#include "daemon/work/work.hpp"

#include <algorithm>
#include <limits>

namespace tsb {

std::string requester(uid_t uid) {
    return "uid " + std::to_string(uid);
}

std::string exclusive_name(const std::string& cluster) {
    return "cluster " + cluster;
}

std::chrono::seconds job_limit(Service& service, const std::string& cluster) {
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig* found = config->find_cluster(cluster);
    return found == nullptr ? std::chrono::seconds(0) : found->job_limit;
}

std::optional<JobRecord> last_backup_record(Repository& repository, const std::string& cluster) {
    // The newest few have it nearly always, and it is asked for often.
    for (const std::size_t most : {std::size_t{200}, std::numeric_limits<std::size_t>::max()}) {
        const std::vector<JobRecord> history = repository.newest_history(cluster, most);
        const auto last = std::find_if(history.rbegin(), history.rend(), [](const JobRecord& each) {
            return each.kind == "backup" && each.outcome != to_string(JobState::cancelled);
        });
        if (last != history.rend()) return *last;
        if (history.size() < most) break;
    }
    return std::nullopt;
}

}  // namespace tsb
