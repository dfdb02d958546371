#include "core/plan/cron.hpp"

#include <array>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/spelling.hpp"

namespace tsb {
namespace {

using std::chrono::days;
using std::chrono::local_days;

struct Shorthand {
    std::string_view name;
    std::string_view fields;
};

constexpr std::array shorthands = {
    Shorthand{"@hourly", "0 * * * *"},   Shorthand{"@daily", "0 0 * * *"},
    Shorthand{"@midnight", "0 0 * * *"}, Shorthand{"@weekly", "0 0 * * 0"},
    Shorthand{"@monthly", "0 0 1 * *"},  Shorthand{"@yearly", "0 0 1 1 *"},
    Shorthand{"@annually", "0 0 1 1 *"}};

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> words;
    for (std::size_t begin = text.find_first_not_of(blanks); begin != text.npos;) {
        const std::size_t end = text.find_first_of(blanks, begin);
        words.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(blanks, end);
    }
    return words;
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

std::string_view fields_named(std::string_view name) {
    std::vector<std::string> known;
    for (const Shorthand& shorthand : shorthands) {
        if (shorthand.name == name) return shorthand.fields;
        known.emplace_back(shorthand.name);
    }
    const std::string near = nearest(name, known);
    throw Error(ErrorCode::config, "'" + printable(name) + "' is no such name",
                near.empty() ? "there are " + joined({known.begin(), known.end()})
                             : "did you mean '" + near + "'?");
}

std::chrono::minutes time_of(unsigned hour, unsigned minute) {
    return std::chrono::hours(hour) + std::chrono::minutes(minute);
}

}  // namespace

CronExpression CronExpression::parse(std::string_view text) {
    try {
        std::vector<std::string_view> words = words_of(text);
        CronExpression made;
        made.text_ = joined(words);
        if (words.size() == 1 && words[0].starts_with('@'))
            words = words_of(fields_named(words[0]));
        if (words.size() != 5) {
            throw Error(ErrorCode::config,
                        "expected 5 fields, found " + std::to_string(words.size()),
                        "minute, hour, day of month, month, day of week, as in '0 2 * * *'");
        }
        made.minutes_ = parse_cron_field(cron_fields::minute, words[0]);
        made.hours_ = parse_cron_field(cron_fields::hour, words[1]);
        made.days_ = parse_cron_field(cron_fields::day, words[2]);
        made.months_ = parse_cron_field(cron_fields::month, words[3]);
        made.weekdays_ = parse_cron_field(cron_fields::weekday, words[4]);
        made.either_day_ = !words[2].starts_with('*') && !words[4].starts_with('*');
        made.refuse_never();
        return made;
    } catch (const Error& error) {
        throw error.with_context("cannot read cron expression '" + printable(text) + "'");
    }
}

void CronExpression::refuse_never() const {
    if (either_day_) return;  // each month has every day of the week
    constexpr std::chrono::year leap_year(2024);
    for (unsigned month = 1; month <= 12; ++month) {
        const auto last = Date(leap_year / std::chrono::month(month) / std::chrono::last).day();
        if (months_.has(month) && days_.at_or_before(static_cast<unsigned>(last))) return;
    }
    throw Error(ErrorCode::config, "no month of these has such a day, so it never occurs");
}

bool CronExpression::has_day(Date date) const {
    const bool day = days_.has(static_cast<unsigned>(date.day()));
    const std::chrono::weekday on{local_days(date)};
    const bool weekday = weekdays_.has(on.c_encoding());
    return either_day_ ? day || weekday : day && weekday;
}

bool CronExpression::matches(LocalTime local) const {
    return at_or_before(local) == local;
}

LocalTime CronExpression::after(LocalTime local) const {
    const LocalTime least =
        std::chrono::floor<std::chrono::minutes>(local) + std::chrono::minutes(1);
    local_days day = std::chrono::floor<days>(least);
    const std::chrono::hh_mm_ss clock(least - day);
    auto hour = static_cast<unsigned>(clock.hours().count());
    auto minute = static_cast<unsigned>(clock.minutes().count());
    for (;;) {
        const Date date(day);
        const bool month = months_.has(static_cast<unsigned>(date.month()));
        if (month && has_day(date)) {
            const auto in_hour = hours_.has(hour) ? minutes_.at_or_after(minute) : std::nullopt;
            if (in_hour) return day + time_of(hour, *in_hour);
            const auto later = hours_.at_or_after(hour + 1);
            if (later) return day + time_of(*later, *minutes_.at_or_after(0));
        }
        day = month ? day + days(1)
                    : local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
        hour = 0;
        minute = 0;
    }
}

LocalTime CronExpression::at_or_before(LocalTime local) const {
    local_days day = std::chrono::floor<days>(local);
    const std::chrono::hh_mm_ss clock(local - day);
    auto hour = static_cast<unsigned>(clock.hours().count());
    auto minute = static_cast<unsigned>(clock.minutes().count());
    for (;;) {
        const Date date(day);
        const bool month = months_.has(static_cast<unsigned>(date.month()));
        if (month && has_day(date)) {
            const auto in_hour = hours_.has(hour) ? minutes_.at_or_before(minute) : std::nullopt;
            if (in_hour) return day + time_of(hour, *in_hour);
            const auto earlier = hour == 0 ? std::nullopt : hours_.at_or_before(hour - 1);
            if (earlier) return day + time_of(*earlier, *minutes_.at_or_before(59));
        }
        day = (month ? day : local_days(date.year() / date.month() / 1)) - days(1);
        hour = 23;
        minute = 59;
    }
}

}  // namespace tsb
