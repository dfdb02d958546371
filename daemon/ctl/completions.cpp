#include "daemon/ctl/completions.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ostream>

#include "daemon/ctl/connection.hpp"

namespace tsb {
namespace {

constexpr unsigned deadline_s = 2;

struct Source {
    const char* what;  // also the list in the result
    const char* verb;
    const char* name;  // of an item of the list
};
constexpr std::array sources = {
    Source{"backups", "list", "backup_id"},
    Source{"clusters", "schedule", "cluster"},
    Source{"jobs", "jobs", "job"},
};

const Source* source_of(const std::string& what) {
    const auto* source = std::find_if(sources.begin(), sources.end(),
                                      [&](const Source& each) { return each.what == what; });
    return source == sources.end() ? nullptr : source;
}

bool is_plain(const std::string& name) {
    constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.front() != '-' &&
           name.find_first_not_of(plain) == std::string::npos;
}

std::string text_in(const Json& item, const char* name) {
    const auto found = item.is_object() ? item.find(name) : item.end();
    return found != item.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json answer_to(const std::string& socket_path, const char* verb) {
    Connection connection(socket_path, Request(verb, Json::object()));
    PartialResult parts;
    while (true) {
        auto reply = connection.next(-1, std::chrono::seconds(deadline_s)).value();
        if (!reply.event) return parts.complete(std::move(reply.outcome.result));
        parts.take(*reply.event);
    }
}

}  // namespace

std::string names_in(const Json& result, const std::string& what) {
    const Source* source = source_of(what);
    const auto items = result.is_object() ? result.find(what) : result.end();
    if (source == nullptr || items == result.end() || !items->is_array()) return {};
    std::string names;
    for (auto item = items->rbegin(); item != items->rend(); ++item) {
        const std::string name = text_in(*item, source->name);
        if (is_plain(name)) names += name + "\n";
    }
    return names;
}

void print_completions(const std::string& socket_path, const std::string& what, std::ostream& out) {
    const Source* source = source_of(what);
    if (source == nullptr) return;
    // Also where connect() itself waits, and where events come without end.
    static_cast<void>(std::signal(SIGALRM, [](int) { ::_exit(0); }));
    ::alarm(deadline_s);
    try {
        out << names_in(answer_to(socket_path, source->verb), what) << std::flush;
    } catch (const std::exception&) {
        // Whoever only pressed a key is told nothing.
    }
    ::alarm(0);
}

}  // namespace tsb
