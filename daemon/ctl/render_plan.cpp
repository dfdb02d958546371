// The plan of a restore, for a person who decides by it.
#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

std::string owner_text(const Json& plan) {
    const Json owner = plan.value("owner", Json::object());
    const std::string user = text_at(owner, "user");
    const std::string ids =
        fmt::format("uid {}, gid {}", count_at(owner, "uid"), count_at(owner, "gid"));
    return user.empty() ? ids : user + " (" + ids + ")";
}

std::string estimate_text(const Json& plan) {
    const auto seconds = plan.find("eta_s");
    if (seconds == plan.end() || seconds->is_null())
        return "not known: no restore, drill or verify has been done before; the backup itself "
               "took " +
               human_duration(std::chrono::ceil<std::chrono::seconds>(
                   std::chrono::milliseconds(count_at(plan, "backup_took_ms"))));
    return "about " + human_duration(std::chrono::seconds(seconds->get<std::uint64_t>())) +
           ", by what was measured here before";
}

std::string target_server_text(const Json& plan) {
    const std::string binaries = text_at(plan, "target_server");
    if (!binaries.empty()) return "the same major version, in " + binaries;
    std::string majors;
    for (const Json& major : list_at(plan, "target_majors")) {
        majors += (majors.empty() ? "" : ", ") + std::to_string(major.get<int>());
    }
    return majors.empty() ? "no PostgreSQL was found" : "only PostgreSQL " + majors;
}

/// What happens to the server and to the data that is there.
void add_in_place(const Json& in_place, std::vector<std::pair<std::string, std::string>>& fields) {
    const std::string kept = text_at(in_place, "kept_at");
    fields.emplace_back("old data",
                        kept.empty() ? std::string("there is none") : "kept at " + kept);
    const std::string stopped_by = text_at(in_place, "stopped_by");
    fields.emplace_back("stopped by",
                        stopped_by.empty() ? "nothing: no server is seen there" : stopped_by);
    fields.emplace_back("started by", text_at(in_place, "started_by"));
}

std::string planned_tablespace(const Json& tablespace) {
    const std::string location = text_at(tablespace, "location");
    return fmt::format("{}, {} to {}", count_at(tablespace, "oid"), size_at(tablespace, "bytes"),
                       location.empty() ? "its place in the data directory" : location);
}

}  // namespace

std::string render_plan(const Json& plan) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"backup", text_at(plan, "backup_id") + " of " + text_at(plan, "cluster")},
        {"its end", fmt::format("{}, {}: changes after that are not in it",
                                text_at(plan, "stopped_at"), age_at(plan, "age_s"))},
        {"its server", "PostgreSQL " + text_at(plan, "server_version")},
        {"server here", target_server_text(plan)},
        {"to", text_at(plan, "target")},
        {"owner", owner_text(plan)},
        {"to be written", fmt::format("{} in {} files", size_at(plan, "restored_bytes"),
                                      count_at(plan, "restored_files"))},
        {"time", estimate_text(plan)},
    };
    if (const auto in_place = plan.find("in_place"); in_place != plan.end()) {
        add_in_place(*in_place, fields);
    }
    for (const Json& tablespace : list_at(plan, "tablespaces")) {
        fields.emplace_back("tablespace", planned_tablespace(tablespace));
    }
    for (const Json& need : list_at(plan, "space")) {
        fields.emplace_back(
            "space", fmt::format("{}: {} needed, {} free", text_at(need, "directory"),
                                 size_at(need, "needed_bytes"), size_at(need, "free_bytes")));
    }
    for (const Json& note : list_at(plan, "notes")) {
        fields.emplace_back("note", printable(note.get<std::string>()));
    }
    for (const Json& refusal : list_at(plan, "refusals")) {
        fields.emplace_back("refused", text_at(refusal, "message"));
        const std::string hint = text_at(refusal, "hint");
        if (!hint.empty()) fields.emplace_back("hint", hint);
    }
    return text_fields(fields);
}

}  // namespace tsb
