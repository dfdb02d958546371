#include "tests/unit/ops/prune_scene.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/io/digest.hpp"

namespace tsb::test {

std::string add_backup(Repository& repository, const std::string& day,
                       std::uint64_t system_identifier) {
    const SystemTime stopped = from_iso8601(day + "T03:00:00Z");
    BackupDraft draft(repository, "main", stopped);
    const std::string manifest = "{\"day\": \"" + day + "\"}";
    write_new_file(repository.fs(), draft.directory(), "backup_manifest", as_bytes(manifest));
    Metadata metadata = sample_metadata(BackupFormat::tar);
    metadata.system_identifier = system_identifier;
    metadata.started_at = stopped - std::chrono::minutes(5);
    metadata.stopped_at = stopped;
    metadata.files.push_back({"backup_manifest", manifest.size(), sha256_hex(as_bytes(manifest))});
    return draft.commit(metadata).id;
}

std::vector<std::string> add_days(Repository& repository, unsigned count) {
    std::vector<std::string> ids;
    for (unsigned day = 1; day <= count; ++day) {
        ids.push_back(add_backup(repository, fmt::format("2026-11-{:02}", day)));
    }
    return ids;
}

RetentionPolicy keep_last(unsigned count) {
    RetentionPolicy policy;
    policy.keep_last = count;
    return policy;
}

PruneReport prune(Repository& repository, const RetentionPolicy& policy,
                  const std::stop_token& stop) {
    const ManualClock clock("2026-12-01T12:00:00Z");
    ProgressMeter meter;
    JobContext job("p-1", stop, meter);
    return prune_backups(repository, "main", policy, clock, job);
}

}  // namespace tsb::test
