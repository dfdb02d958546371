// One field of a cron expression: the set of numbers that its text stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tsb {

/// A set of numbers from 0 to 63.
class NumberSet {
public:
    void add(unsigned number) { bits_ |= std::uint64_t{1} << number; }
    bool has(unsigned number) const { return (bits_ >> number & 1) != 0; }
    bool empty() const { return bits_ == 0; }
    /// The least that is `from` or greater; `from` may be 64.
    std::optional<unsigned> at_or_after(unsigned from) const;
    /// The greatest that is `until` or less.
    std::optional<unsigned> at_or_before(unsigned until) const;
    bool operator==(const NumberSet&) const = default;

private:
    std::uint64_t bits_ = 0;
};

struct CronField {
    std::string_view name;  // "day of week"
    unsigned low;
    unsigned high;
    std::string_view expected;                // "0 to 7 or sun to sat"
    std::span<const std::string_view> names;  // of low and those that follow; lower case
};

namespace cron_fields {
extern const CronField minute;
extern const CronField hour;
extern const CronField day;
extern const CronField month;
extern const CronField weekday;
}  // namespace cron_fields

/// Reads lists, ranges, steps and names: "*", "1,15", "mon-fri", "*/15", "8-18/2". In a range's
/// end "sun" is 7; 7 is kept as 0. Throws Error{config}, which names the field, the item and what
/// was expected. Thread: any.
NumberSet parse_cron_field(const CronField& field, std::string_view text);

}  // namespace tsb
