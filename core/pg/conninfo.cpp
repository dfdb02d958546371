#include "core/pg/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>

#include "core/base/error.hpp"
#include "core/pg/server_message.hpp"

namespace tsb {

namespace {

/// What libpq complains of, when it cannot quote a piece of a secret.
Error malformed(const std::string& conninfo, const char* complaint) {
    std::string message = "the connection string is malformed";
    const bool may_hold_secret =
        conninfo.find("pass") != std::string::npos || conninfo.find("://") != std::string::npos;
    if (!may_hold_secret && complaint != nullptr) {
        message += ": " + one_line(complaint);
    }
    return {ErrorCode::config, message};
}

}  // namespace

Keywords parse_conninfo(const std::string& conninfo) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), &complaint), PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> complaint_owner(complaint, PQfreemem);
    if (!options) {
        throw malformed(conninfo, complaint);
    }
    Keywords keywords;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string keyword = option->keyword;
        if (option->val == nullptr) {
            continue;
        }
        if (keyword == "password" || keyword == "sslpassword") {
            throw Error(ErrorCode::config, "the connection string holds a " + keyword,
                        "put the password into a file of its own and name it in password_file");
        }
        keywords[keyword] = option->val;
    }
    return keywords;
}

Keywords session_keywords(const ConnectOptions& options) {
    auto keywords = parse_conninfo(options.conninfo);
    keywords.insert({
        {"fallback_application_name", options.application_name},
        {"keepalives", "1"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "30000"},
    });
    keywords["client_encoding"] = "UTF8";
    keywords.erase("replication");
    if (options.replication) {
        keywords["replication"] = "true";
    } else if (!options.database.empty()) {
        keywords["dbname"] = options.database;
    } else {
        keywords.insert({"dbname", "postgres"});
    }
    return keywords;
}

std::string conninfo_value(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return out + "'";
}

}  // namespace tsb
