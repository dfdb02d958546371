#include "daemon/restore_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tsb {
namespace {

using Seconds = std::chrono::duration<double>;

/// Of the time of a restore. By `make bench`: 0.31 (lz4) to 0.65 (none), gzip and zstd 0.4.
constexpr double verify_share = 0.45;

/// Of a restore in place, besides the copy: stopping the server, exchanging the directories,
/// starting it and its recovery. Measured with 1.3 to 2.1 GB: 0.4 s on PostgreSQL 17, on 15 up to
/// 4.5; this is not far from the middle of their ratio.
constexpr Seconds server_time{1.5};
constexpr double server_share = 0.4;  // of a restore in place, at most

struct Measured {
    Seconds took{0};  // the copy
    double bytes = 0;
    Seconds server = server_time;  // what a restore in place takes besides
};

/// A verify of several backups has the time of all and the bytes of the last.
bool tells_speed(const JobRecord& job) {
    return job.outcome == "done" && job.bytes > 0 && job.started_at &&
           (job.kind != "verify" || !job.backup_id.empty());
}

/// The last of that kind.
std::optional<Measured> last_job(const std::vector<JobRecord>& history, std::string_view kind,
                                 RestoreWay way) {
    const bool in_place = way == RestoreWay::in_place;
    const auto last = std::find_if(history.rbegin(), history.rend(), [&](const JobRecord& job) {
        return job.kind == kind && job.in_place == in_place && tells_speed(job);
    });
    if (last == history.rend()) return std::nullopt;
    const Seconds took = last->ended_at - *last->started_at;
    Measured measured{took, static_cast<double>(last->bytes)};
    if (in_place) {
        measured.server = std::min(server_time, server_share * took);
        measured.took -= measured.server;
    }
    return measured;
}

std::optional<Measured> last_restore(const std::vector<JobRecord>& history, RestoreWay way) {
    const bool in_place = way == RestoreWay::in_place;
    const auto same = last_job(history, "restore", way);
    return same ? same
                : last_job(history, "restore",
                           in_place ? RestoreWay::elsewhere : RestoreWay::in_place);
}

std::optional<Measured> last_drill(const std::vector<BackupEntry>& backups) {
    const BackupEntry* last = nullptr;
    for (const BackupEntry& entry : backups) {
        const std::optional<DrillResult>& drill = entry.notes.drill;
        if (!entry.metadata || !drill || drill->recovered_ms == 0) continue;
        if (last == nullptr || drill->at > last->notes.drill->at) last = &entry;
    }
    if (last == nullptr || last->metadata->cluster_bytes == 0) return std::nullopt;
    const DrillResult& drill = *last->notes.drill;
    return Measured{std::chrono::milliseconds(drill.restored_ms),
                    static_cast<double>(last->metadata->cluster_bytes),
                    std::min<Seconds>(server_time, std::chrono::milliseconds(drill.recovered_ms))};
}

std::chrono::seconds scaled(const Measured& measured, std::uint64_t bytes, RestoreWay way) {
    double seconds = measured.took.count() * static_cast<double>(bytes) / measured.bytes;
    if (way == RestoreWay::in_place) seconds += measured.server.count();
    constexpr double hardly_more = 0.05;
    return std::chrono::seconds(std::max(1LL, std::llround(std::ceil(seconds - hardly_more))));
}

}  // namespace

std::optional<std::chrono::seconds> expected_restore_time(const std::vector<JobRecord>& history,
                                                          const std::vector<BackupEntry>& backups,
                                                          const Metadata& backup, RestoreWay way) {
    if (const auto restore = last_restore(history, way)) {
        return scaled(*restore, backup.cluster_bytes, way);
    }
    if (const auto drill = last_drill(backups)) return scaled(*drill, backup.cluster_bytes, way);
    auto verify = last_job(history, "verify", RestoreWay::elsewhere);
    if (!verify) return std::nullopt;
    verify->took /= verify_share;
    return scaled(*verify, backup.stored_bytes, way);
}

}  // namespace tsb
