#include "daemon/backup_choice.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::string_view before_word = "latest-before";

Error bad_moment(const std::string& text) {
    return {ErrorCode::usage, "cannot read the time '" + printable(text) + "'",
            "write it as '2026-11-23 14:05', or in UTC as 2026-11-23T14:05:00Z"};
}

/// The parts of "YYYY-MM-DD[ HH:MM[:SS]]"; nothing when it has another form.
std::optional<LocalTime> parse_local(const std::string& text) {
    static constexpr std::string_view form = "dddd-dd-dd dd:dd:dd";
    const std::array<std::size_t, 3> lengths = {10, 16, 19};
    if (std::ranges::find(lengths, text.size()) == lengths.end()) return std::nullopt;
    std::array<int, 6> parts{};
    std::size_t part = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        const bool separator = text[i] == form[i] || (form[i] == ' ' && text[i] == 'T');
        if (form[i] == 'd' ? !digit : !separator) return std::nullopt;
        if (form[i] != 'd') {
            ++part;
        } else {
            parts.at(part) = parts.at(part) * 10 + (text[i] - '0');
        }
    }
    const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                          std::chrono::month(static_cast<unsigned>(parts[1])),
                                          std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
    return std::chrono::local_days(day) + std::chrono::hours(parts[3]) +
           std::chrono::minutes(parts[4]) + std::chrono::seconds(parts[5]);
}

}  // namespace

bool is_choice_by_time(const std::string& wanted) {
    return wanted.starts_with(before_word);
}

bool is_relative_choice(const std::string& wanted) {
    return wanted == "latest" || is_choice_by_time(wanted);
}

SystemTime parse_moment(const std::string& text, const TimeZone& zone) {
    if (text.ends_with('Z')) {
        const auto utc = parse_local(text.substr(0, text.size() - 1));
        if (!utc) throw bad_moment(text);
        return TimeZone().first_moment(*utc);
    }
    const auto local = parse_local(text);
    if (!local) throw bad_moment(text);
    return zone.first_moment(*local);
}

std::string choose_backup(const std::string& wanted, const std::vector<BackupEntry>& backups,
                          const TimeZone& zone) {
    if (!is_choice_by_time(wanted)) return wanted;
    const std::string rest = wanted.substr(before_word.size());
    if (rest.size() < 2 || rest.front() != ' ') {
        throw Error(ErrorCode::usage, "cannot tell the backup: 'latest-before' needs a time",
                    "such as: latest-before '2026-11-23 14:05'");
    }
    const SystemTime limit = parse_moment(rest.substr(1), zone);
    const auto found =
        std::find_if(backups.rbegin(), backups.rend(), [&](const BackupEntry& backup) {
            return backup.good() && backup.metadata->stopped_at <= limit;
        });
    if (found != backups.rend()) return found->id;
    throw Error(ErrorCode::not_found, "cannot find a good backup that ended by " + zone.text(limit),
                "'list' shows what there is");
}

}  // namespace tsb
