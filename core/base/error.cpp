#include "core/base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/base/utf8.hpp"

namespace tsb {
namespace {

constexpr std::array kinds = {
    ErrorKind{ErrorCode::usage, "usage", 2, false},
    ErrorKind{ErrorCode::config, "config", 78, false},
    ErrorKind{ErrorCode::not_found, "not_found", 1, false},
    ErrorKind{ErrorCode::refused, "refused", 4, false},
    ErrorKind{ErrorCode::busy, "busy", 1, true},
    ErrorKind{ErrorCode::cancelled, "cancelled", 1, false},
    ErrorKind{ErrorCode::daemon_unreachable, "daemon_unreachable", 3, true},
    ErrorKind{ErrorCode::connection, "connection", 1, true},
    ErrorKind{ErrorCode::authentication, "authentication", 1, false},
    ErrorKind{ErrorCode::hba_rejected, "hba_rejected", 1, false},
    ErrorKind{ErrorCode::no_replication_right, "no_replication_right", 1, false},
    ErrorKind{ErrorCode::server_settings, "server_settings", 1, false},
    ErrorKind{ErrorCode::wrong_cluster, "wrong_cluster", 1, false},
    ErrorKind{ErrorCode::server_error, "server_error", 1, true},
    ErrorKind{ErrorCode::protocol, "protocol", 1, false},
    ErrorKind{ErrorCode::stalled, "stalled", 1, true},
    ErrorKind{ErrorCode::wal_missing, "wal_missing", 1, true},
    ErrorKind{ErrorCode::standby_promoted, "standby_promoted", 1, true},
    ErrorKind{ErrorCode::page_checksum, "page_checksum", 1, false},
    ErrorKind{ErrorCode::proof_failed, "proof_failed", 1, true},
    ErrorKind{ErrorCode::damaged, "damaged", 1, false},
    ErrorKind{ErrorCode::io, "io", 1, true},
    ErrorKind{ErrorCode::disk_full, "disk_full", 1, false},
    ErrorKind{ErrorCode::repository_missing, "repository_missing", 1, false},
    ErrorKind{ErrorCode::repository_locked, "repository_locked", 1, false},
    ErrorKind{ErrorCode::version_mismatch, "version_mismatch", 4, false},
    ErrorKind{ErrorCode::target_not_empty, "target_not_empty", 4, false},
    ErrorKind{ErrorCode::tablespace_unmapped, "tablespace_unmapped", 4, false},
    ErrorKind{ErrorCode::command_failed, "command_failed", 1, false},
    ErrorKind{ErrorCode::unhealthy, "unhealthy", 5, false},
    ErrorKind{ErrorCode::internal, "internal", 1, false},
};

constexpr bool in_enum_order() {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (static_cast<std::size_t>(kinds[i].code) != i) return false;
    }
    return true;
}
static_assert(in_enum_order(), "kind_of() indexes the table by code");
static_assert(kinds.size() == static_cast<std::size_t>(ErrorCode::internal) + 1);

/// C0 controls, DEL, and the C1 controls that terminals obey in their UTF-8 form too.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    return character.size() == 2 && first == 0xC2 &&
           static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

std::span<const ErrorKind> error_kinds() {
    return kinds;
}

const ErrorKind& kind_of(ErrorCode code) {
    return kinds.at(static_cast<std::size_t>(code));
}

ErrorCode error_code_named(std::string_view name) {
    const auto* row = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const ErrorKind& kind) { return kind.name == name; });
    return row == kinds.end() ? ErrorCode::internal : row->code;
}

Error Error::with_context(std::string_view context) const {
    return {code_, std::string(context) + ": " + what(), hint_};
}

Error errno_error(int number, std::string_view action, std::string_view object) {
    const bool full = number == ENOSPC || number == EDQUOT;
    return {full ? ErrorCode::disk_full : ErrorCode::io,
            "cannot " + std::string(action) + " '" + printable(object) +
                "': " + std::system_category().message(number)};
}

std::string printable(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_front(text);
        const std::string_view front = text.substr(0, length == 0 ? 1 : length);
        if (length != 0 && !is_control(front)) {
            out += front;
        } else {
            for (char c : front) {
                const auto byte = static_cast<unsigned char>(c);
                out += {'\\', 'x', digits[byte >> 4], digits[byte & 0xF]};
            }
        }
        text.remove_prefix(front.size());
    }
    return out;
}

}  // namespace tsb
