// Streams WAL of one backup over its own session into a sink, and answers keepalives.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "core/base/lsn.hpp"
#include "core/pg/session.hpp"
#include "core/pg/wal_message.hpp"

namespace tsb {

/// Where WAL goes. Thread: loop. Each call may suspend for back-pressure.
class WalSink {
public:
    virtual ~WalSink() = default;
    /// The content of a timeline's history file, before any WAL of that timeline.
    virtual boost::asio::awaitable<void> history(std::string file_name, std::string content) = 0;
    /// Bytes of one segment, in order and without gaps; the first call of a segment starts at its
    /// first byte.
    virtual boost::asio::awaitable<void> wal(Timeline timeline, Lsn position, Bytes bytes) = 0;
    /// No more bytes of the current segment will come on this timeline (switch or end of the
    /// backup): what is missing of it is zero.
    virtual boost::asio::awaitable<void> end_segment() = 0;
};

struct WalStreamOptions {
    WalStreamOptions() = default;
    std::string slot;
    Lsn start;  // any position; streaming begins at its segment's first byte
    Timeline timeline = 0;
    std::uint64_t segment_size = 0;
    std::chrono::seconds stall_limit{120};
    std::chrono::seconds status_interval{10};
};

/// The end of the backup, set by the other session when it knows. Thread: loop.
struct WalStop {
    std::optional<Lsn> end;
};

using WalHeard = std::function<void(Lsn received, Lsn server_end)>;

/// Runs until WAL up to `stop.end` has been handed to the sink, then ends the COPY politely and
/// drains it. Follows timeline switches, history files included. A removed segment is
/// Error{wal_missing}. While `stop.end` is unknown it runs on; whoever sets it later calls
/// session.wake(), because all WAL may have come already and an idle server sends nothing.
/// `heard` is told after each message how far it came and the furthest end of its WAL that the
/// server has told of, which may be anything. Directly awaited: what is passed by reference must
/// outlive the await. Thread: loop.
boost::asio::awaitable<void> stream_wal(ReplicationSession& session,
                                        const WalStreamOptions& options, const WalStop& stop,
                                        WalSink& sink, WalHeard heard);

}  // namespace tsb
