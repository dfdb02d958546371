// All that was measured, as a table for people and as JSON.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/contest.hpp"

namespace tsb::bench {

/// A single number with a bar of its own.
struct Figure {
    std::string name;
    double value = 0;
    std::string unit;
    std::optional<double> bar;
    std::string how;  // what it is the figure of

    bool reached() const { return !bar || value <= *bar; }
};

struct Report {
    std::vector<std::pair<std::string, std::string>> facts;  // about machine, server, data, peers
    std::list<Contest> contests;                             // a list: references stay good
    std::vector<Figure> figures;
    std::vector<std::string> notes;     // what was left out, and why
    std::vector<std::string> failures;  // cases that did not come to their end

    /// Seconds in which the server streams the cluster to nobody; nothing when not measured.
    std::optional<double> stream_seconds() const;
    /// Adds what follows from the contests: best method against the stream, the daemon's peak.
    void conclude();
};

inline constexpr const char* stream_limit = "stream limit";

std::string as_table(const Report& report);
std::string as_json(const Report& report);

}  // namespace tsb::bench
