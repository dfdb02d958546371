#include "daemon/work/work.hpp"

#include <algorithm>
#include <limits>

namespace tsb {

namespace {

/// The newest record of which `wanted` holds.
template <class Wanted>
std::optional<JobRecord> last_record(Repository& repository, const std::string& cluster,
                                     const Wanted& wanted) {
    // The newest few have it nearly always, and it is asked for often.
    for (const std::size_t most : {std::size_t{200}, std::numeric_limits<std::size_t>::max()}) {
        const std::vector<JobRecord> history = repository.newest_history(cluster, most);
        const auto last = std::find_if(history.rbegin(), history.rend(), wanted);
        if (last != history.rend()) return *last;
        if (history.size() < most) break;
    }
    return std::nullopt;
}

}  // namespace

std::string requester(uid_t uid) {
    return "uid " + std::to_string(uid);
}

std::string exclusive_name(const std::string& cluster) {
    return "cluster " + cluster;
}

std::string first_of(const std::vector<std::string>& problems) {
    if (problems.size() == 1) return problems.front();
    return problems.front() + " (and " + std::to_string(problems.size() - 1) + " more)";
}

std::chrono::seconds job_limit(Service& service, const std::string& cluster) {
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig* found = config->find_cluster(cluster);
    return found == nullptr ? std::chrono::seconds(0) : found->job_limit;
}

std::optional<JobRecord> last_backup_record(Repository& repository, const std::string& cluster) {
    return last_record(repository, cluster, [](const JobRecord& record) {
        return record.kind == "backup" && record.outcome != to_string(JobState::cancelled);
    });
}

std::optional<JobRecord> last_good_drill_record(Repository& repository,
                                                const std::string& cluster) {
    return last_record(repository, cluster, [](const JobRecord& record) {
        return record.kind == "drill" && record.outcome == to_string(JobState::done);
    });
}

}  // namespace tsb
