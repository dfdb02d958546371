#include "core/plan/cron_field.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>

#include "core/base/error.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {
namespace {

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat"};
constexpr unsigned sunday_after_saturday = 7;

struct Range {
    unsigned from;
    unsigned to;
};

Error field_error(const CronField& field, std::string_view item, const std::string& expected) {
    return {ErrorCode::config, std::string(field.name) + " '" + printable(item) + "': " + expected};
}

Error range_error(const CronField& field, std::string_view item) {
    return field_error(field, item, "expected " + std::string(field.expected));
}

std::optional<unsigned> named_value(const CronField& field, std::string_view text) {
    const auto same = [text](std::string_view name) {
        return std::equal(text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == b;
        });
    };
    const auto found = std::find_if(field.names.begin(), field.names.end(), same);
    if (found == field.names.end()) return std::nullopt;
    return field.low + static_cast<unsigned>(found - field.names.begin());
}

unsigned value_of(const CronField& field, std::string_view text, std::string_view item) {
    if (const auto named = named_value(field, text)) return *named;
    const auto number = parse_whole<unsigned>(text);
    if (!number || *number < field.low || *number > field.high) throw range_error(field, item);
    return *number;
}

Range range_of(const CronField& field, std::string_view text, std::string_view item) {
    if (text == "*") return {field.low, field.high};
    const std::size_t dash = text.find('-');
    const unsigned from = value_of(field, text.substr(0, dash), item);
    if (dash == text.npos) return {from, from};
    const std::string_view end = text.substr(dash + 1);
    unsigned to = value_of(field, end, item);
    // As the last day of a range sunday follows saturday.
    const bool end_is_sunday = field.high == sunday_after_saturday && to == 0;
    if (end_is_sunday && from > 0 && named_value(field, end)) to = sunday_after_saturday;
    if (to < from) {
        throw field_error(field, item, "a range must not go backwards; write two with a comma");
    }
    return {from, to};
}

unsigned step_of(const CronField& field, std::string_view text, std::string_view item) {
    const auto step = parse_whole<unsigned>(text);
    if (!step || *step == 0 || *step > field.high) {
        throw field_error(field, item,
                          "expected a step of 1 to " + std::to_string(field.high) + " behind '/'");
    }
    return *step;
}

void add_item(const CronField& field, std::string_view item, NumberSet& set) {
    const std::size_t slash = item.find('/');
    const std::string_view numbers = item.substr(0, slash);
    const Range range = range_of(field, numbers, item);
    unsigned step = 1;
    if (slash != item.npos) {
        if (numbers != "*" && numbers.find('-') == numbers.npos) {
            throw field_error(field, item, "a step follows '*' or a range");
        }
        step = step_of(field, item.substr(slash + 1), item);
    }
    const bool weekdays = field.high == sunday_after_saturday;
    for (unsigned number = range.from; number <= range.to; number += step) {
        set.add(weekdays && number == sunday_after_saturday ? 0 : number);
    }
}

}  // namespace

namespace cron_fields {
const CronField minute = {"minute", 0, 59, "0 to 59", {}};
const CronField hour = {"hour", 0, 23, "0 to 23", {}};
const CronField day = {"day of month", 1, 31, "1 to 31", {}};
const CronField month = {"month", 1, 12, "1 to 12 or jan to dec", month_names};
const CronField weekday = {"day of week", 0, sunday_after_saturday, "0 to 7 or sun to sat",
                           weekday_names};
}  // namespace cron_fields

std::optional<unsigned> NumberSet::at_or_after(unsigned from) const {
    if (from >= 64) return std::nullopt;
    const std::uint64_t left = bits_ >> from << from;
    if (left == 0) return std::nullopt;
    return static_cast<unsigned>(std::countr_zero(left));
}

std::optional<unsigned> NumberSet::at_or_before(unsigned until) const {
    const unsigned above = until >= 63 ? 0 : 63 - until;
    const std::uint64_t left = bits_ << above >> above;
    if (left == 0) return std::nullopt;
    return 63 - static_cast<unsigned>(std::countl_zero(left));
}

NumberSet parse_cron_field(const CronField& field, std::string_view text) {
    NumberSet set;
    for (std::size_t begin = 0;;) {
        const std::size_t comma = text.find(',', begin);
        add_item(field, text.substr(begin, comma - begin), set);
        if (comma == text.npos) return set;
        begin = comma + 1;
    }
}

}  // namespace tsb
