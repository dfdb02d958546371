#include "tests/bench/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tsb::bench {
namespace {

using Json = nlohmann::json;

constexpr double stream_bar = 1.6;
constexpr double peak_bar_mb = 100;

Json json_of(const Side& side) {
    Json samples = Json::array();
    for (const auto& sample : side.samples) {
        samples.push_back({{"seconds", sample.seconds},
                           {"cpu_seconds", sample.cpu_seconds},
                           {"peak_bytes", sample.peak_bytes},
                           {"stored_bytes", sample.stored_bytes}});
    }
    return {{"name", side.name}, {"samples", samples}};
}

template <typename T>
Json json_of(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

Json json_of(const Contest& contest) {
    Json out = {
        {"case", contest.name},
        {"cluster_bytes", contest.cluster_bytes},
        {"subject", json_of(contest.subject)},
        {"bars", {{"time", json_of(contest.bars.time)}, {"size", json_of(contest.bars.size)}}},
        {"reached", json_of(contest.reached())}};
    if (contest.has_peer()) {
        out["peer"] = json_of(contest.peer);
        out["time_ratio"] = contest.time_ratio();
    }
    return out;
}

}  // namespace

std::optional<double> Report::stream_seconds() const {
    const auto found = std::ranges::find(contests, stream_limit, &Contest::name);
    if (found == contests.end() || found->subject.samples.empty()) return std::nullopt;
    return found->subject.median_seconds();
}

void Report::conclude() {
    const Contest* best = nullptr;
    double peak = 0;
    for (const auto& contest : contests) {
        if (contest.subject.samples.empty()) continue;
        for (const Side* side : {&contest.subject, &contest.peer}) {
            if (!side->is_daemon || side->samples.empty()) continue;
            peak = std::max(peak, quantile(column(side->samples, &Sample::peak_bytes), 1));
        }
        if (!contest.is_backup) continue;
        const double seconds = contest.subject.median_seconds();
        if (best == nullptr || seconds < best->subject.median_seconds()) best = &contest;
    }
    if (best != nullptr && stream_seconds()) {
        figures.push_back({"best method / stream",
                           best->subject.median_seconds() / *stream_seconds(), "x", stream_bar,
                           best->name});
    }
    if (peak > 0) {
        figures.push_back({"daemon's peak memory", peak / (1 << 20), "MB", peak_bar_mb,
                           "greatest of all runs above"});
    }
}

std::string as_json(const Report& report) {
    Json out = {{"facts", Json::object()}, {"contests", Json::array()}, {"figures", Json::array()}};
    for (const auto& [name, value] : report.facts) out["facts"][name] = value;
    for (const auto& contest : report.contests) {
        if (!contest.subject.samples.empty()) out["contests"].push_back(json_of(contest));
    }
    for (const auto& figure : report.figures) {
        out["figures"].push_back({{"name", figure.name},
                                  {"value", figure.value},
                                  {"unit", figure.unit},
                                  {"bar", json_of(figure.bar)},
                                  {"how", figure.how}});
    }
    out["notes"] = report.notes;
    out["failures"] = report.failures;
    return out.dump(2) + "\n";
}

}  // namespace tsb::bench
