// What a running job says about itself: counters that workers add to and the loop reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace tsb {

enum class Phase {
    queued,
    connecting,
    checking,
    waiting_for_checkpoint,
    copying,
    receiving_wal,
    proving,
    syncing,
    committing,
    verifying,
    extracting,
    stopping,
    exchanging,
    starting,
    recovering,
    finishing,
    done,
};

/// "waiting for checkpoint" and so on: for people and for the wire.
const char* to_string(Phase phase);

/// Thread: any; each counter is atomic, together they are a snapshot good enough to show.
struct ProgressMeter {
    static constexpr std::uint64_t no_wal = std::numeric_limits<std::uint64_t>::max();

    std::atomic<Phase> phase{Phase::queued};
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> bytes_total{0};  // 0 while unknown; may grow
    std::atomic<std::uint64_t> files_done{0};
    std::atomic<std::uint64_t> files_total{0};  // 0 while unknown
    // While a server recovers: its WAL. The counters above stay what they were.
    std::atomic<std::uint64_t> replayed_bytes{0};
    std::atomic<std::uint64_t> replay_bytes{0};  // 0 while unknown
    // WAL that the server has and we have not received: what its slot keeps for us; no_wal while
    // none is streamed.
    std::atomic<std::uint64_t> wal_lag_bytes{no_wal};
};

}  // namespace tsb
