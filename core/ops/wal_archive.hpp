// Assembles the WAL stream into the members of pg_wal.tar: each segment padded to its full size,
// an archive_status/<segment>.done for each complete one (so that the restored server does not
// archive it again), and the timeline history files. Layout: PostgreSQL's pg_basebackup -X stream.
#pragma once

#include "core/ops/pipeline.hpp"
#include "core/pg/wal_stream.hpp"

namespace tsb {

/// Thread: loop.
class WalArchive : public WalSink {
public:
    /// `now`: the modification time of the members, seconds since 1970.
    WalArchive(Pipeline& pipeline, std::uint64_t segment_size, std::int64_t now)
        : pipeline_(pipeline), segment_size_(segment_size), now_(now) {}

    boost::asio::awaitable<void> history(std::string file_name, std::string content) override;
    boost::asio::awaitable<void> wal(Timeline timeline, Lsn position, Bytes bytes) override;
    boost::asio::awaitable<void> end_segment() override;
    /// Ends the archive. Call once, after the last of the above.
    void finish();

private:
    void push_whole_file(const std::string& path, Bytes content);
    void push(Bytes bytes);
    boost::asio::awaitable<void> wait_for_space();

    Pipeline& pipeline_;
    const std::uint64_t segment_size_;
    const std::int64_t now_;
    std::string segment_;        // name of the one being written; empty between two
    std::uint64_t written_ = 0;  // bytes of it
};

}  // namespace tsb
