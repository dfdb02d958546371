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

/// Of "YYYY-MM-DD[ HH:MM[:SS]]", with what is left out as zeros; nothing when it has another form.
std::optional<LocalTime> parse_local(std::string text) {
    static constexpr std::string_view zeros = "0000-00-00T00:00:00";
    const std::array<std::size_t, 3> lengths = {10, 16, 19};
    if (std::ranges::find(lengths, text.size()) == lengths.end()) return std::nullopt;
    if (text.size() > lengths[0] && text[lengths[0]] == ' ') text[lengths[0]] = 'T';
    text += std::string(zeros.substr(text.size())) + "Z";
    try {
        return TimeZone().to_local(from_iso8601(text));
    } catch (const Error&) {
        return std::nullopt;
    }
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
