#include "daemon/work_watch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/base/human.hpp"

namespace tsb {
namespace {

bool waits_for_a_server(Phase phase) {
    return phase == Phase::stopping || phase == Phase::starting || phase == Phase::recovering;
}

/// Counters move as long as threads do. Of a dump nobody counts anything.
bool only_moves_bytes(const Job& job, Phase phase) {
    return phase == Phase::verifying || phase == Phase::extracting ||
           (phase == Phase::copying && job.spec.kind == "backup");
}

/// How long nothing may change; nothing where something else limits it.
std::optional<std::chrono::seconds> longest_quiet(const Job& job, Phase phase, bool asked_to_stop,
                                                  const Config& config) {
    if (waits_for_a_server(phase)) return std::nullopt;
    if (asked_to_stop) return WorkWatch::patience;
    if (!only_moves_bytes(job, phase)) return std::nullopt;
    const ClusterConfig* cluster = config.find_cluster(job.spec.cluster);
    const std::chrono::seconds stall =
        cluster == nullptr ? std::chrono::seconds(0) : cluster->stall_timeout;
    return std::max<std::chrono::seconds>(WorkWatch::patience, 2 * stall);
}

}  // namespace

bool WorkWatch::Seen::same_as(const Seen& other) const {
    return phase == other.phase && bytes == other.bytes && files == other.files &&
           asked_to_stop == other.asked_to_stop;
}

std::string WorkWatch::look(const std::vector<JobPointer>& present, const Config& config,
                            Time now) {
    std::map<std::string, Seen> seen;
    std::string stuck;
    for (const JobPointer& job : present) {
        if (job->state != JobState::running) continue;
        Seen state{job->meter.phase, job->meter.bytes_done, job->meter.files_done,
                   job->stop.stop_requested(), now};
        const auto before = seen_.find(job->id);
        if (before != seen_.end() && before->second.same_as(state)) {
            state.since = before->second.since;
        }
        const auto quiet = std::chrono::floor<std::chrono::seconds>(now - state.since);
        const auto limit = longest_quiet(*job, state.phase, state.asked_to_stop, config);
        if (stuck.empty() && limit && quiet >= *limit) {
            stuck = fmt::format("{} {} of {}: {} without progress for {}", job->spec.kind, job->id,
                                job->spec.cluster,
                                state.asked_to_stop ? "asked to stop," : to_string(state.phase),
                                human_duration(std::chrono::floor<std::chrono::minutes>(quiet)));
        }
        seen.emplace(job->id, state);
    }
    seen_ = std::move(seen);
    return stuck;
}

}  // namespace tsb
