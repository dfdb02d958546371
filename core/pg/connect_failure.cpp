#include "core/pg/connect_failure.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/pg/server_message.hpp"

namespace tsb {

namespace {

std::string context(const ConnectAttempt& attempt) {
    const auto host = attempt.host.empty() ? "the default socket" : attempt.host;
    const auto port = attempt.port.empty() ? "" : ":" + attempt.port;
    return "cannot connect to '" + printable(host + port) + "': ";
}

/// A name as SQL and pg_hba.conf take it: bare when it is a plain identifier, quoted otherwise.
std::string quoted_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (!name.empty() && std::ranges::all_of(name, plain) && (name[0] < '0' || name[0] > '9')) {
        return name;
    }
    std::string quoted = "\"";
    for (const char c : name) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return printable(quoted + "\"");
}

bool is_local(const std::string& host) {
    return host.empty() || host[0] == '/' || host[0] == '@';
}

/// The client's address as the server quotes it, in pg_hba.conf's form; "samehost" when the
/// message has none.
std::string client_address(std::string_view message) {
    constexpr std::string_view address_characters = "0123456789abcdefABCDEF.:";
    for (std::size_t at = 0; at < message.size();) {
        const auto begin = message.find_first_of(address_characters, at);
        if (begin == std::string_view::npos) {
            break;
        }
        at = std::min(message.find_first_not_of(address_characters, begin), message.size());
        const std::string candidate(message.substr(begin, at - begin));
        std::array<unsigned char, sizeof(in6_addr)> binary{};
        if (::inet_pton(AF_INET, candidate.c_str(), binary.data()) == 1) {
            return candidate + "/32";
        }
        if (::inet_pton(AF_INET6, candidate.c_str(), binary.data()) == 1) {
            return candidate + "/128";
        }
    }
    return "samehost";
}

std::string hba_hint(const ServerMessage& message, const ConnectAttempt& attempt) {
    const auto who = (attempt.replication ? "replication" : quoted_name(attempt.database)) + " " +
                     quoted_name(attempt.user);
    const auto line =
        is_local(attempt.host)
            ? "local " + who + " peer"
            : "host " + who + " " + client_address(message.primary) + " scram-sha-256";
    return "add this line to pg_hba.conf and reload: " + line;
}

std::string full_server_hint(const ConnectAttempt& attempt) {
    return attempt.replication ? "max_wal_senders = 10 in postgresql.conf, then restart"
                               : "raise max_connections in postgresql.conf, then restart";
}

Error classify(const ServerMessage& message, const ConnectAttempt& attempt) {
    const auto text = context(attempt) + one_line(message.primary);
    const auto& state = message.sqlstate;
    if (state == "28P01") {
        return {ErrorCode::authentication, text,
                "check the password in password_file against the role's"};
    }
    // 28000 is both "no pg_hba.conf entry" and "no such role"; only the raising function differs.
    if (state == "28000" && message.function == "ClientAuthentication") {
        return {ErrorCode::hba_rejected, text, hba_hint(message, attempt)};
    }
    if (state.starts_with("28")) {
        return {ErrorCode::authentication, text};
    }
    if (state == "42501" && attempt.replication) {
        return {ErrorCode::no_replication_right, text,
                "ALTER ROLE " + quoted_name(attempt.user) + " REPLICATION"};
    }
    if (state == "53300") {
        return {ErrorCode::server_settings, text, full_server_hint(attempt)};
    }
    if (state.starts_with("57P") || state.starts_with("08")) {
        return {ErrorCode::connection, text};
    }
    return {ErrorCode::server_error, text};
}

/// The message that says most: with sslmode=prefer the library tries without TLS after a refusal,
/// and that second try is often refused only for being without TLS.
const ServerMessage& most_telling(const std::vector<ServerMessage>& messages) {
    const auto about_hba = [](const ServerMessage& m) {
        return m.function == "ClientAuthentication";
    };
    const auto other = std::ranges::find_if_not(messages, about_hba);
    return other == messages.end() ? messages.front() : *other;
}

/// First line of the library's own text, without its "connection to ... failed: ".
std::string library_cause(std::string_view text) {
    constexpr std::string_view mark = " failed: ";
    const auto line = text.substr(0, text.find('\n'));
    const auto at = line.find(mark);
    return one_line(at == std::string_view::npos ? line : line.substr(at + mark.size()));
}

bool about_tls(std::string_view cause) {
    constexpr std::array<std::string_view, 3> words{"SSL", "TLS", "certificate"};
    return std::ranges::any_of(
        words, [&](auto word) { return cause.find(word) != std::string_view::npos; });
}

}  // namespace

Error connect_failure(std::string_view text, const ConnectAttempt& attempt) {
    const auto messages = parse_verbose_messages(text);
    if (!messages.empty()) {
        return classify(most_telling(messages), attempt);
    }
    const auto cause = library_cause(text);
    if (attempt.needs_password) {
        return {ErrorCode::authentication,
                context(attempt) + "the server asks for a password and none is configured",
                "set password_file, or add the role to ~/.pgpass"};
    }
    return {about_tls(cause) ? ErrorCode::authentication : ErrorCode::connection,
            context(attempt) + cause};
}

Error unreachable(const ConnectAttempt& attempt, std::string_view cause) {
    return {ErrorCode::connection, context(attempt) + one_line(cause)};
}

}  // namespace tsb
