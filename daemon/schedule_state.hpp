// What is kept of a cluster's schedule between runs of the daemon, as the text of a document in the
// repository.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/plan/schedule.hpp"

namespace tsb {

struct ScheduleState {
    static constexpr std::size_t most_notes = 20;

    std::map<std::string, EntryState> entries;  // by ScheduleEntry::key()
    std::deque<std::string> notes;              // why something did not run, newest last
    std::optional<SystemTime> first_seen;       // of the cluster: backups are expected since then
    bool overdue = false;                       // somebody was told that the cluster is overdue
    bool operator==(const ScheduleState&) const = default;
};

/// The document's name in Repository::read_state().
inline constexpr const char* schedule_document = "schedule";

std::string encode_schedule_state(const ScheduleState& state);
/// The inverse; of an empty text the state of a cluster never scheduled. Error{damaged}.
/// Thread: any.
ScheduleState decode_schedule_state(const std::string& text);

}  // namespace tsb
