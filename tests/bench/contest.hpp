// One case: a subject, mostly ours, against a peer, in alternating rounds, so that a machine that
// becomes slower or faster meanwhile does so for both.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/measure.hpp"

namespace tsb::bench {

struct Side {
    std::string name;  // empty: there is none
    std::vector<Sample> samples;
    bool is_daemon = false;  // its peak is one of tsbackupd

    double median_seconds() const { return quantile(column(samples, &Sample::seconds), 0.5); }
    double median_stored() const { return quantile(column(samples, &Sample::stored_bytes), 0.5); }
};

/// At most these multiples of the peer's.
struct Bars {
    std::optional<double> time;
    std::optional<double> size;
};

struct Contest {
    std::string name;
    Side subject;
    Side peer;
    Bars bars;
    std::uint64_t cluster_bytes = 0;  // that go through in one run
    bool is_backup = false;           // of the main cluster: comparable with the streaming limit

    bool has_peer() const { return !peer.samples.empty(); }
    double time_ratio() const { return subject.median_seconds() / peer.median_seconds(); }
    double size_ratio() const { return subject.median_stored() / peer.median_stored(); }
    /// Whether all its bars are reached; nothing without a peer or a bar.
    std::optional<bool> reached() const;
};

using Run = std::function<Sample()>;

struct Rounds {
    int subject = 1;
    int peer = 1;
};

/// Runs subject and peer in turn, and tells each result on stderr.
void hold(Contest& contest, Rounds rounds, const Run& subject, const Run& peer);

}  // namespace tsb::bench
