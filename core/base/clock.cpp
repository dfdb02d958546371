#include "core/base/clock.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/base/error.hpp"

namespace tsb {
namespace {

class SystemClock final : public Clock {
public:
    SystemTime now() const override { return std::chrono::system_clock::now(); }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::now();
    }
};

constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";

bool has_shape(const std::string& text) {
    if (text.size() != shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return false;
    }
    return true;
}

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string to_iso8601(SystemTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

SystemTime from_iso8601(const std::string& text) {
    const auto malformed = [&] {
        return Error(ErrorCode::damaged,
                     "cannot read time '" + printable(text) + "': not like 2026-11-23T01:42:24Z");
    };
    if (!has_shape(text)) throw malformed();
    const auto number = [&](std::size_t at, std::size_t length) {
        return std::stoi(text.substr(at, length));
    };
    const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    // The clock counts nanoseconds in 64 bits, from 1678 to 2262.
    const bool countable =
        date.year() >= std::chrono::year(1700) && date.year() <= std::chrono::year(2200);
    if (!date.ok() || !countable || hour > 23 || minute > 59 || second > 59) throw malformed();
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

}  // namespace tsb
