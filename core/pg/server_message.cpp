#include "core/pg/server_message.hpp"

#include <algorithm>
#include <array>

namespace tsb {

namespace {

constexpr std::size_t sqlstate_length = 5;

bool is_sqlstate(std::string_view text) {
    return text.size() == sqlstate_length && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

/// "FATAL:  28P01: text" somewhere in a line: the place of the state, or npos.
std::size_t find_sqlstate(std::string_view line) {
    constexpr std::string_view mark = ":  ";
    for (auto at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + 1)) {
        const auto state = at + mark.size();
        if (is_sqlstate(line.substr(state, sqlstate_length)) &&
            line.substr(state + sqlstate_length, 2) == ": ") {
            return state;
        }
    }
    return std::string_view::npos;
}

/// The function of a line like "LOCATION:  auth_failed, auth.c:334"; empty for any other line.
std::string_view location_function(std::string_view line) {
    const auto label = line.find(":  ");
    const auto comma = line.rfind(", ");
    const auto colon = line.rfind(':');
    if (label == std::string_view::npos || comma == std::string_view::npos || comma < label + 3 ||
        colon < comma || !line.substr(0, colon).ends_with(".c")) {
        return {};
    }
    return line.substr(label + 3, comma - label - 3);
}

struct Rule {
    std::string_view sqlstate;  // all of it, or its class (two characters)
    std::string_view function;  // empty: any
    std::string_view part;      // of the primary message; empty: any
    ErrorCode code;
    std::string_view hint;  // empty: the server's own
};

// The first row that fits decides.
constexpr std::array rules{
    Rule{"XX001", "", "", ErrorCode::page_checksum,
         "the server's log names the damaged files; earlier backups are untouched"},
    Rule{"58P01", "WalSndSegmentOpen", "", ErrorCode::wal_missing, ""},
    Rule{"58P01", "CheckXLogRemoved", "", ErrorCode::wal_missing, ""},
    Rule{"58P01", "", "WAL segment", ErrorCode::wal_missing, ""},
    Rule{"55000", "sendDir", "", ErrorCode::standby_promoted, "take the backup again"},
    Rule{"55000", "", "promoted", ErrorCode::standby_promoted, "take the backup again"},
    Rule{"55000", "ReplicationSlotAcquire", "", ErrorCode::wal_missing, ""},
    Rule{"55000", "CheckSlotRequirements", "", ErrorCode::server_settings,
         "set wal_level = replica and max_replication_slots = 10 in postgresql.conf, then restart"},
    Rule{"57P01", "", "", ErrorCode::connection, ""},
    Rule{"57P02", "", "", ErrorCode::connection, ""},
    Rule{"57P03", "", "", ErrorCode::connection, ""},
    Rule{"08", "", "", ErrorCode::connection, ""},
    Rule{"42501", "", "could not ", ErrorCode::server_error,
         "the server may not read this file in its own data directory: give it to the server's "
         "user, or move it away"},
    Rule{"42501", "", "", ErrorCode::no_replication_right, ""},
    Rule{"53300", "", "", ErrorCode::server_settings,
         "raise max_wal_senders in postgresql.conf, then restart"},
    Rule{"53400", "", "", ErrorCode::server_settings,
         "raise max_replication_slots in postgresql.conf, then restart"},
};

bool fits(const Rule& rule, const ServerMessage& message) {
    return message.sqlstate.starts_with(rule.sqlstate) &&
           (rule.function.empty() || message.function == rule.function) &&
           message.primary.find(rule.part) != std::string::npos;
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

std::vector<ServerMessage> parse_verbose_messages(std::string_view text) {
    std::vector<ServerMessage> messages;
    while (!text.empty()) {
        const auto line = take_line(text);
        const auto state = find_sqlstate(line);
        if (state != std::string_view::npos) {
            auto& message = messages.emplace_back();
            message.sqlstate = line.substr(state, sqlstate_length);
            message.primary = line.substr(state + sqlstate_length + 2);
        } else if (!messages.empty() && messages.back().function.empty()) {
            messages.back().function = location_function(line);
        }
    }
    return messages;
}

Error command_error(const ServerMessage& message) {
    auto text = one_line(message.primary);
    if (!message.detail.empty()) {
        text += " (" + one_line(message.detail) + ")";
    }
    text += " (SQLSTATE " + one_line(message.sqlstate, sqlstate_length) + ")";
    const auto* const rule =
        std::ranges::find_if(rules, [&](const Rule& r) { return fits(r, message); });
    const auto code = rule == rules.end() ? ErrorCode::server_error : rule->code;
    if (code == ErrorCode::connection) {
        text.insert(0, "the connection to the server was lost: ");
    }
    const auto own_hint = rule == rules.end() ? std::string_view() : rule->hint;
    return {code, text, own_hint.empty() ? one_line(message.hint) : std::string(own_hint)};
}

std::string one_line(std::string_view text, std::size_t limit) {
    std::string line;
    for (const char c : text) {
        if (!is_space(c)) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line.ends_with(' ')) {
        line.pop_back();
    }
    if (line.size() > limit) {
        line.resize(limit);
        line += "...";
    }
    return printable(line);
}

}  // namespace tsb
