#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/text_table.hpp"
#include "tests/bench/report.hpp"

namespace tsb::bench {
namespace {

constexpr double mebibyte = 1 << 20;

const TextRow header = {"CASE",  "BY",      "RUNS", "MEDIAN s", "MIN-MAX s", "MB/s", "STORED MB",
                        "CPU s", "PEAK MB", "TIME", "SIZE",     "x STREAM",  "BAR",  "REACHED"};

std::string word(const std::optional<bool>& reached) {
    if (!reached) return "";
    return *reached ? "yes" : "NO";
}

std::string bars_text(const Bars& bars) {
    std::string text;
    if (bars.time) text = fmt::format("time {:.2f}", *bars.time);
    if (bars.size) text += fmt::format("{}size {:.2f}", text.empty() ? "" : ", ", *bars.size);
    return text;
}

/// What both sides of a contest have: name to peak memory.
TextRow side_row(const Contest& contest, const Side& side) {
    const auto seconds = column(side.samples, &Sample::seconds);
    const double median = quantile(seconds, 0.5);
    const double stored = side.median_stored();
    return {
        &side == &contest.subject ? contest.name : "",
        side.name,
        std::to_string(side.samples.size()),
        fmt::format("{:.2f}", median),
        fmt::format("{:.2f}-{:.2f}", quantile(seconds, 0), quantile(seconds, 1)),
        fmt::format("{:.0f}", static_cast<double>(contest.cluster_bytes) / mebibyte / median),
        stored > 0 ? fmt::format("{:.0f}", stored / mebibyte) : "",
        fmt::format("{:.2f}", quantile(column(side.samples, &Sample::cpu_seconds), 0.5)),
        fmt::format("{:.0f}", quantile(column(side.samples, &Sample::peak_bytes), 1) / mebibyte)};
}

void append_rows(std::vector<TextRow>& rows, const Contest& contest,
                 const std::optional<double>& stream) {
    const auto times_stream = [&](const Side& side) {
        return contest.is_backup && stream ? fmt::format("{:.2f}", side.median_seconds() / *stream)
                                           : std::string();
    };
    auto row = side_row(contest, contest.subject);
    const bool sized = contest.has_peer() && contest.is_backup && contest.peer.median_stored() > 0;
    row.push_back(contest.has_peer() ? fmt::format("{:.3f}", contest.time_ratio()) : "");
    row.push_back(sized ? fmt::format("{:.3f}", contest.size_ratio()) : "");
    row.push_back(times_stream(contest.subject));
    row.push_back(bars_text(contest.bars));
    row.push_back(word(contest.reached()));
    rows.push_back(std::move(row));
    if (!contest.has_peer()) return;
    row = side_row(contest, contest.peer);
    row.insert(row.end(), {"", "", times_stream(contest.peer), "", ""});
    rows.push_back(std::move(row));
}

std::string figures_table(const std::vector<Figure>& figures) {
    std::vector<TextRow> rows;
    for (const auto& figure : figures) {
        rows.push_back({figure.name, fmt::format("{:.2f} {}", figure.value, figure.unit),
                        figure.bar ? fmt::format("{:.2f}", *figure.bar) : "",
                        figure.bar ? word(figure.reached()) : "", figure.how});
    }
    return text_table({"FIGURE", "VALUE", "BAR", "REACHED", "OF"}, rows);
}

}  // namespace

std::string as_table(const Report& report) {
    std::vector<TextRow> rows;
    for (const auto& contest : report.contests) {
        if (!contest.subject.samples.empty()) append_rows(rows, contest, report.stream_seconds());
    }
    std::string out = "\n" + text_fields(report.facts);
    if (!rows.empty()) {
        out +=
            "\nTIME and SIZE are ratios to the peer beneath, of medians; PEAK is the greatest;"
            " MB are 1024*1024 bytes\n\n" +
            text_table(header, rows);
    }
    if (!report.figures.empty()) out += "\n" + figures_table(report.figures);
    for (const auto& note : report.notes) out += "\nnote: " + note;
    for (const auto& failure : report.failures) out += "\nFAILED: " + failure;
    return out + "\n";
}

}  // namespace tsb::bench
