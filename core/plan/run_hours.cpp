#include "core/plan/run_hours.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr minutes one_day = days(1);

Error malformed(std::string_view text, std::string_view expected) {
    return {ErrorCode::config,
            "cannot read hours '" + printable(text) + "': expected " + std::string(expected)};
}

std::optional<unsigned> two_digits(std::string_view text) {
    return text.size() == 2 ? parse_whole<unsigned>(text) : std::nullopt;
}

std::optional<minutes> time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = two_digits(text.substr(0, 2));
    const auto minute = two_digits(text.substr(3));
    if (!hour || !minute || *minute > 59) return std::nullopt;
    const minutes time = std::chrono::hours(*hour) + minutes(*minute);
    if (time > one_day) return std::nullopt;
    return time;
}

NumberSet weekdays_of(std::string_view text) {
    try {
        return parse_cron_field(cron_fields::weekday, text);
    } catch (const Error& error) {
        throw error.with_context("cannot read hours");
    }
}

bool any_contains(const std::vector<DailySpan>& spans, LocalTime local) {
    return std::any_of(spans.begin(), spans.end(),
                       [local](const DailySpan& span) { return span.contains(local); });
}

}  // namespace

DailySpan DailySpan::parse(std::string_view text) {
    constexpr std::string_view expected =
        "HH:MM-HH:MM, with days before it or not: mon-fri 08:00-18:00";
    const std::size_t blank = text.find(' ');
    const std::string_view times = blank == text.npos ? text : text.substr(blank + 1);
    const std::size_t dash = times.find('-');
    if (dash == times.npos) throw malformed(text, expected);
    const auto begin = time_of_day(times.substr(0, dash));
    const auto end = time_of_day(times.substr(dash + 1));
    if (!begin || !end || *begin == one_day) throw malformed(text, expected);

    DailySpan span;
    span.weekdays = weekdays_of(blank == text.npos ? "*" : text.substr(0, blank));
    span.from = *begin;
    span.to = *end > *begin ? *end : *end + one_day;
    return span;
}

bool DailySpan::contains(LocalTime local) const {
    const auto today = std::chrono::floor<days>(local);
    for (const auto day : {today, today - days(1)}) {
        if (!weekdays.has(std::chrono::weekday(day).c_encoding())) continue;
        if (local >= day + from && local < day + to) return true;
    }
    return false;
}

RunHours RunHours::parse(const std::vector<std::string>& windows,
                         const std::vector<std::string>& blackouts) {
    RunHours hours;
    for (const std::string& text : windows) hours.windows_.push_back(DailySpan::parse(text));
    for (const std::string& text : blackouts) hours.blackouts_.push_back(DailySpan::parse(text));
    hours.refuse_never_open();
    return hours;
}

void RunHours::refuse_never_open() const {
    // Nothing changes between two edges, and all is the same a week later.
    const LocalTime begin{};
    for (LocalTime at = begin; at <= begin + days(8);) {
        if (open_at(at)) return;
        const auto edge = next_edge(at);
        if (!edge) return;
        at = *edge;
    }
    throw Error(ErrorCode::config,
                "cannot use these hours: the blackouts leave no time of the week");
}

bool RunHours::open_at(LocalTime local) const {
    return (windows_.empty() || any_contains(windows_, local)) && !any_contains(blackouts_, local);
}

std::optional<LocalTime> RunHours::next_edge(LocalTime after) const {
    const auto today = std::chrono::floor<days>(after);
    std::optional<LocalTime> next;
    for (const auto* spans : {&windows_, &blackouts_}) {
        for (const DailySpan& span : *spans) {
            for (const minutes time : {span.from, span.to % one_day}) {
                LocalTime edge = today + time;
                if (edge <= after) edge += days(1);
                if (!next || edge < *next) next = edge;
            }
        }
    }
    return next;
}

SystemTime RunHours::opening(const TimeZone& zone, SystemTime from) const {
    SystemTime at = from;
    for (;;) {
        const LocalTime local = zone.to_local(at);
        if (open_at(local)) return at;
        const auto edge = next_edge(local);
        if (!edge) return at;
        // By the offset of now: first_moment() of a time that occurs twice might lie in the past.
        const SystemTime whole = std::chrono::floor<std::chrono::seconds>(at);
        at = std::min(whole + (*edge - local), zone.next_change(at));
    }
}

}  // namespace tsb
