#include "daemon/schedule_state.hpp"

#include "core/base/error.hpp"
#include "daemon/wire.hpp"

namespace tsb {
namespace {

void put_time(Json& into, const char* name, const std::optional<SystemTime>& time) {
    if (time) into[name] = to_iso8601(*time);
}

std::optional<SystemTime> time_at(const Json& from, const char* name) {
    if (!from.contains(name)) return std::nullopt;
    return from_iso8601(from.at(name).get<std::string>());
}

Json encode(const EntryState& state) {
    Json out = {{"failures", state.failures}};
    put_time(out, "handled_until", state.handled_until);
    put_time(out, "retry_at", state.retry_at);
    put_time(out, "ended_at", state.ended_at);
    return out;
}

EntryState decode(const Json& from) {
    const Json& failures = from.at("failures");
    if (!failures.is_number_unsigned()) {
        throw Error(ErrorCode::damaged, "cannot read the schedule's state: 'failures' is no count");
    }
    EntryState state;
    state.failures = failures.get<unsigned>();
    state.handled_until = time_at(from, "handled_until");
    state.retry_at = time_at(from, "retry_at");
    state.ended_at = time_at(from, "ended_at");
    return state;
}

}  // namespace

std::string encode_schedule_state(const ScheduleState& state) {
    Json out = {{"version", 1}, {"overdue", state.overdue}, {"notes", state.notes}};
    put_time(out, "first_seen", state.first_seen);
    Json entries = Json::object();
    for (const auto& [key, entry] : state.entries) entries[key] = encode(entry);
    out["entries"] = std::move(entries);
    return encode_line(out);
}

ScheduleState decode_schedule_state(const std::string& text) {
    ScheduleState state;
    if (text.empty()) return state;
    try {
        const Json from = Json::parse(text);
        state.first_seen = time_at(from, "first_seen");
        state.overdue = from.at("overdue").get<bool>();
        for (const Json& note : from.at("notes")) state.notes.push_back(note.get<std::string>());
        for (const auto& [key, entry] : from.at("entries").items()) {
            state.entries[key] = decode(entry);
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::damaged,
                    std::string("cannot read the schedule's state: ") + printable(error.what()));
    }
    return state;
}

}  // namespace tsb
