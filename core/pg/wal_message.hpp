// The messages of streaming replication, as bytes. Pure.
// Source: PostgreSQL documentation, "Streaming Replication Protocol", START_REPLICATION.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/lsn.hpp"

namespace tsb {

/// Parsed WAL stream message ('w' or 'k').
struct WalMessage {
    bool keepalive = false;
    bool reply_requested = false;  // 'k'
    Lsn start;                     // 'w': position of the data
    Lsn server_end;                // end of WAL on the server
    Bytes data;                    // 'w': lies in the message
};
/// Error{protocol} when malformed.
WalMessage parse_wal_message(Bytes message);

/// Standby status update ('r') that reports `position` as written and flushed, and asks the server
/// to answer when `reply`.
std::vector<std::byte> status_update(Lsn position, std::int64_t now_microseconds_since_2000,
                                     bool reply);

}  // namespace tsb
