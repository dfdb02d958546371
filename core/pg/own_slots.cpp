#include "core/pg/own_slots.hpp"

#include <utility>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_slots = 1000;

// pg_replication_slots may be read by every role.
constexpr const char* slots_query =
    "SELECT slot_name, active_pid, CASE WHEN restart_lsn IS NOT NULL THEN"
    " greatest(0, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
    " ELSE pg_current_wal_lsn() END, restart_lsn))::bigint END"
    " FROM pg_replication_slots WHERE left(slot_name, 9) = 'tsbackup_' ORDER BY slot_name";

OwnSlot slot_of(const ResultSet& result, std::size_t row) {
    OwnSlot slot;
    slot.name = text_field(result, row, 0);
    // Names of slots have no other letters; it becomes part of a statement that a user types.
    if (slot.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos) {
        malformed_field(slot.name);
    }
    const auto& fields = result.rows[row];
    if (fields[1]) slot.held_by = number_field<std::uint32_t>(result, row, 1);
    if (fields[2]) slot.kept_wal_bytes = number_field<std::uint64_t>(result, row, 2);
    return slot;
}

}  // namespace

asio::awaitable<std::vector<OwnSlot>> read_own_slots(const SessionFactory& connect,
                                                     const ConnectOptions& options,
                                                     std::stop_token stop) {
    const auto session =
        co_await open_sql_session(connect, options, options.database, std::move(stop));
    const ResultSet result = co_await session->execute(slots_query, sql_answer_limit);
    if (result.rows.size() > max_slots) throw Error(ErrorCode::protocol, "too many slots");
    require_shape(result, result.rows.size(), 3);
    std::vector<OwnSlot> slots;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        slots.push_back(slot_of(result, row));
    }
    co_return slots;
}

std::string describe_slot(const OwnSlot& slot) {
    std::string text = "'" + slot.name + "', ";
    text += slot.held_by ? "held by the server's process " + std::to_string(*slot.held_by)
                         : std::string("held by nobody");
    if (slot.kept_wal_bytes) text += ", keeps " + human_size(*slot.kept_wal_bytes) + " of WAL";
    return text;
}

std::string slot_remedy(const OwnSlot& slot) {
    // By the slot's name: the process may have another's number by the time this is typed.
    return slot.held_by ? "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                          " WHERE slot_name = '" +
                              slot.name + "'"
                        : "SELECT pg_drop_replication_slot('" + slot.name + "')";
}

}  // namespace tsb
