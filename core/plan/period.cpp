#include "core/plan/period.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdlib>

namespace tsb {
namespace {

std::string date_name(std::chrono::year_month_day date) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string week_name(std::chrono::local_days day) {
    const std::chrono::local_days thursday = day + (std::chrono::Thursday - std::chrono::Monday) -
                                             (std::chrono::weekday(day) - std::chrono::Monday);
    const std::chrono::year year = std::chrono::year_month_day(thursday).year();
    const std::chrono::local_days new_year(year / std::chrono::January / 1);
    return fmt::format("{:04}-W{:02}", static_cast<int>(year),
                       (thursday - new_year).count() / 7 + 1);
}

std::string hour_name(std::chrono::year_month_day date, std::chrono::hours hour,
                      std::chrono::seconds utc_offset) {
    const auto minutes = std::abs(utc_offset.count()) / 60;
    return fmt::format("{} {:02}:00{}{:02}:{:02}", date_name(date), hour.count(),
                       utc_offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace

std::string_view to_string(Period period) {
    switch (period) {
        case Period::hour:
            return "hour";
        case Period::day:
            return "day";
        case Period::week:
            return "week";
        case Period::month:
            return "month";
        case Period::year:
            return "year";
    }
    return "";
}

std::string period_name(Period period, std::chrono::local_seconds local,
                        std::chrono::seconds utc_offset) {
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    switch (period) {
        case Period::hour:
            return hour_name(date, std::chrono::floor<std::chrono::hours>(local - day), utc_offset);
        case Period::day:
            return date_name(date);
        case Period::week:
            return week_name(day);
        case Period::month:
            return fmt::format("{:04}-{:02}", static_cast<int>(date.year()),
                               static_cast<unsigned>(date.month()));
        case Period::year:
            return fmt::format("{:04}", static_cast<int>(date.year()));
    }
    return {};
}

}  // namespace tsb
