// Times as tests write them.
#pragma once

#include <string>

#include "core/plan/time_zone.hpp"

namespace tsb::test {

/// "2026-11-23 02:00" in UTC.
inline SystemTime utc(const std::string& text) {
    return from_iso8601(text.substr(0, 10) + "T" + text.substr(11) + ":00Z");
}

/// "2026-11-23 02:00" on the clocks of some zone.
inline LocalTime local(const std::string& text) {
    return LocalTime(std::chrono::floor<std::chrono::seconds>(utc(text)).time_since_epoch());
}

}  // namespace tsb::test
