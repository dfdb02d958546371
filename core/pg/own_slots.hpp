// Replication slots with our name that a server has. Ours are temporary: they go with the session
// that made them, so one that stays belongs to a session the server takes for alive, or to nobody
// of us. Either way it keeps WAL on the server, in the end until its disk is full.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/session.hpp"

namespace tsb {

/// What the names of our slots begin with.
inline constexpr std::string_view slot_prefix = "tsbackup_";

struct OwnSlot {
    std::string name;
    std::optional<std::uint32_t> held_by;         // the server's process; nothing: nobody
    std::optional<std::uint64_t> kept_wal_bytes;  // nothing: it reserves none
};

/// Slots with slot_prefix, sorted by name, also those of backups that run now. Asks by SQL; errors
/// of connecting and of the server. Thread: loop.
boost::asio::awaitable<std::vector<OwnSlot>> read_own_slots(const SessionFactory& connect,
                                                            const ConnectOptions& options,
                                                            std::stop_token stop);

/// "'tsbackup_x', held by the server's process 4711, keeps 1.2 GB of WAL". Pure.
std::string describe_slot(const OwnSlot& slot);
/// The statement that removes it. Pure.
std::string slot_remedy(const OwnSlot& slot);

}  // namespace tsb
