#include "tests/bench/contest.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iostream>

namespace tsb::bench {
namespace {

void run_once(const Contest& contest, Side& side, int round, const Run& run) {
    const Sample sample = run();
    side.samples.push_back(sample);
    std::cerr << fmt::format("{:<22} round {}  {:<34} {:8.2f} s\n", contest.name, round + 1,
                             side.name, sample.seconds);
}

}  // namespace

std::optional<bool> Contest::reached() const {
    if (!has_peer() || (!bars.time && !bars.size)) return std::nullopt;
    return (!bars.time || time_ratio() <= *bars.time) && (!bars.size || size_ratio() <= *bars.size);
}

void hold(Contest& contest, Rounds rounds, const Run& subject, const Run& peer) {
    for (int round = 0; round < std::max(rounds.subject, rounds.peer); ++round) {
        if (round < rounds.subject) run_once(contest, contest.subject, round, subject);
        if (peer && round < rounds.peer) run_once(contest, contest.peer, round, peer);
    }
}

}  // namespace tsb::bench
