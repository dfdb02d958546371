#include "core/base/human.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace tsb {
namespace {

struct SizeUnit {
    std::string_view name;
    unsigned shift;  // bytes = count << shift
};

constexpr std::array size_units = {SizeUnit{"B", 0},   SizeUnit{"KB", 10}, SizeUnit{"MB", 20},
                                   SizeUnit{"GB", 30}, SizeUnit{"TB", 40}, SizeUnit{"PB", 50}};
constexpr unsigned first_unit_with_decimal = 30;
constexpr std::size_t parsed_units = 5;  // B to TB

struct DurationUnit {
    char name;
    std::int64_t seconds;
};

constexpr std::array duration_units = {DurationUnit{'s', 1}, DurationUnit{'m', 60},
                                       DurationUnit{'h', 3600}, DurationUnit{'d', 86400},
                                       DurationUnit{'w', 604800}};

/// `bytes` in tenths of the unit, rounded half up.
std::uint64_t tenths_of(std::uint64_t bytes, unsigned shift) {
    const std::uint64_t unit = std::uint64_t{1} << shift;
    return bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
}

std::uint64_t rounded(std::uint64_t bytes, unsigned shift) {
    const std::uint64_t unit = std::uint64_t{1} << shift;
    return bytes / unit + (bytes % unit + unit / 2) / unit;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::toupper(static_cast<unsigned char>(x)) ==
               std::toupper(static_cast<unsigned char>(y));
    });
}

/// Takes decimal digits from the front of `text`; nothing when there is none or they overflow.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    const char* begin = text.data();
    const auto [stop, error] = std::from_chars(begin, begin + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - begin));
    return value;
}

/// Takes ".25" from the front of `text` as bytes of a unit; 0 when no dot is there.
std::optional<std::uint64_t> take_fraction(std::string_view& text, std::uint64_t& scale) {
    scale = 1;
    if (!text.starts_with('.')) return 0;
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const auto digits = take_number(text);
    const std::size_t count = before - text.size();
    if (!digits || count > 6) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) scale *= 10;
    return digits;
}

std::optional<unsigned> shift_of(std::string_view unit) {
    if (unit.empty()) return 0;
    for (std::size_t i = 0; i < parsed_units; ++i) {
        if (equal_ignoring_case(unit, size_units[i].name)) return size_units[i].shift;
    }
    return std::nullopt;
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
    for (const SizeUnit& unit : size_units) {
        const bool last = unit.shift == size_units.back().shift;
        if (unit.shift < first_unit_with_decimal) {
            const std::uint64_t count = rounded(bytes, unit.shift);
            if (count < 1024) return fmt::format("{}{}", count, unit.name);
        } else {
            const std::uint64_t tenths = tenths_of(bytes, unit.shift);
            if (tenths < 10240 || last) {
                return fmt::format("{}.{}{}", tenths / 10, tenths % 10, unit.name);
            }
        }
    }
    return {};
}

std::string human_clock(std::chrono::seconds duration) {
    const std::int64_t total = std::max<std::int64_t>(duration.count(), 0);
    const std::int64_t hours = total / 3600;
    const std::int64_t minutes = total / 60 % 60;
    if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60);
    return fmt::format("{}:{:02}", minutes, total % 60);
}

std::string human_duration(std::chrono::seconds duration) {
    const std::int64_t total = std::max<std::int64_t>(duration.count(), 0);
    const auto two_units = [total](std::int64_t unit, const char* name, std::int64_t part,
                                   const char* part_name) {
        const std::int64_t parts = total % unit / part;
        const std::string whole = fmt::format("{} {}", total / unit, name);
        return parts == 0 ? whole : fmt::format("{} {} {}", whole, parts, part_name);
    };
    if (total < 60) return fmt::format("{} s", total);
    if (total < 3600) return two_units(60, "min", 1, "s");
    if (total < 2 * 86400) return two_units(3600, "h", 60, "min");
    return two_units(86400, "d", 3600, "h");
}

std::string human_age(std::chrono::seconds age) {
    const std::int64_t seconds = age.count();
    if (seconds < 60) return "just now";
    if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
    if (seconds < 2 * 86400) return fmt::format("{} h ago", seconds / 3600);
    return fmt::format("{} d ago", seconds / 86400);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto whole = take_number(text);
    if (!whole) return std::nullopt;
    std::uint64_t scale = 1;
    const auto fraction = take_fraction(text, scale);
    if (!fraction) return std::nullopt;
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto shift = shift_of(text);
    if (!shift || (*shift == 0 && scale != 1)) return std::nullopt;

    const std::uint64_t part = (*fraction << *shift) / scale;
    if (*whole > (std::numeric_limits<std::uint64_t>::max() - part) >> *shift) return std::nullopt;
    return (*whole << *shift) + part;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    const auto count = take_number(text);
    if (!count || text.size() != 1) return std::nullopt;
    // Durations are turned into nanoseconds in 64 bits elsewhere.
    constexpr std::int64_t longest = std::int64_t{100} * 366 * 86400;
    for (const DurationUnit& unit : duration_units) {
        if (unit.name != text[0]) continue;
        if (*count > static_cast<std::uint64_t>(longest / unit.seconds)) return std::nullopt;
        return std::chrono::seconds(static_cast<std::int64_t>(*count) * unit.seconds);
    }
    return std::nullopt;
}

}  // namespace tsb
