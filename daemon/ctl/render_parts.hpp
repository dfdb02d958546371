// Pieces that the renderers of single verbs share.
#pragma once

#include <chrono>
#include <string>

#include "core/base/human.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// Text of `key`, escaped for a terminal; "" when missing or null.
inline std::string text_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? "" : printable(found->get<std::string>());
}
inline std::uint64_t count_at(const Json& object, const char* key) {
    return object.value(key, std::uint64_t{0});
}
inline std::string size_at(const Json& object, const char* key) {
    return human_size(count_at(object, key));
}
inline std::string age_at(const Json& object, const char* key) {
    return human_age(std::chrono::seconds(object.value(key, std::int64_t{0})));
}
/// Empty when missing; part of `object` otherwise.
inline const Json& list_at(const Json& object, const char* key) {
    static const Json empty = Json::array();
    const auto found = object.find(key);
    return found == object.end() ? empty : *found;
}
/// The texts of list `key`, each a line behind `before`.
inline std::string lines_of(const Json& object, const char* key, const std::string& before) {
    std::string out;
    for (const Json& line : list_at(object, key)) {
        out += before + printable(line.get<std::string>()) + "\n";
    }
    return out;
}
/// "copying", "copying, 42 %, 0:05 left": what a job that has not ended is at.
std::string phase_text(const Json& job);
/// "passed in 0:42" or "failed: ...", of a backup's last drill.
std::string drill_text(const Json& drill);
/// "17.11" of "17.11 (Debian 17.11-1.pgdg13+1)".
inline std::string short_version(const std::string& version) {
    return version.substr(0, version.find(' '));
}

// Renderers of reports with a file of their own.
std::string render_plan(const Json& plan);
std::string render_restore(const Json& result);
std::string render_dump(const Json& result);
std::string render_drill(const Json& result);
std::string render_explore(const Json& result);
std::string render_repository(const Json& result);
std::string render_status(const Json& result);
std::string render_check(const Json& result);
std::string render_list(const Json& result);
std::string render_schedule(const Json& result);
std::string render_prune(const Json& result);
std::string render_show(const Json& result);

}  // namespace tsb
