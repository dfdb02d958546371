// Checks stored WAL: that the segments of a range are all there, and that every page in the range
// has the magic of its PostgreSQL version, the right address and timeline, and in each segment's
// first page the right system identifier and segment size.
// Source: xlog_internal.h (XLogPageHeaderData, XLOG_PAGE_MAGIC) of PostgreSQL 13 to 18.
//
// Records are not checked: a changed one is for the stored digests to find. Looked for are the
// record that closes a segment early, where pages of zeros follow it, and those that create a
// tablespace.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/io/tar_reader.hpp"
#include "core/pg/wal_page.hpp"
#include "core/pg/wal_records.hpp"

namespace tsb {

/// A MemberVisitor over pg_wal.tar (or the files of a pg_wal directory). A segment is a file whose
/// path is 24 hexadecimal digits; others (archive_status/*, *.history) are passed over. Problems
/// are collected, not thrown. Memory: about 150 bytes per segment. Thread: one at a time.
class WalCheck : public MemberVisitor {
public:
    /// Error{version_mismatch} for a major version outside 13 to 18, Error{damaged} for a segment
    /// size that PostgreSQL does not allow.
    WalCheck(int server_major, std::uint64_t system_identifier, std::uint64_t segment_size);

    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;

    /// After the walk: one line per problem, each naming the segment; empty when every range is
    /// covered by sound pages. Pages outside the ranges may be anything, except the first of each
    /// segment, without which recovery cannot open it. At most a hundred lines.
    std::vector<std::string> problems(const std::vector<WalRange>& ranges) const;
    std::size_t segments() const { return segments_.size(); }
    /// Tablespaces outside the data directory that replaying `ranges` creates. At most a thousand.
    std::vector<TablespaceCreation> tablespaces_created(const std::vector<WalRange>& ranges) const;

private:
    /// What is wrong with a page's header.
    enum class Fault { none, empty, magic, address, timeline, long_header, system, sizes };
    /// Neighbouring pages with the same fault.
    struct FaultRun {
        std::uint64_t first_page;
        std::uint64_t last_page;
        Fault fault;
    };
    struct Segment {
        Timeline timeline = 0;
        Lsn start;
        std::uint64_t size = 0;
        bool twice = false;
        std::vector<FaultRun> faults;
    };

    void finish_page(Segment& segment);
    Fault judge_page(const Segment& segment, std::uint64_t page, const WalPageHeader& header);
    Fault judge_header(const Segment& segment, std::uint64_t page,
                       const WalPageHeader& header) const;
    void record(Segment& segment, std::uint64_t page, Fault fault);
    void add_range_problems(const WalRange& range, std::vector<std::string>& lines) const;
    std::string segment_problem(const std::string& name, const WalRange& range) const;
    std::string describe(Fault fault) const;

    int server_major_;
    std::uint16_t page_magic_;
    std::uint64_t system_identifier_;
    std::uint64_t segment_size_;
    std::map<std::string, Segment> segments_;
    Segment* current_ = nullptr;                   // null: the current member is not looked into
    std::array<std::byte, wal_page_size> page_{};  // being filled
    std::array<std::byte, wal_page_size> last_page_{};  // the one before it
    std::array<std::byte, wal_record_rest> before_last_page_{};
    bool switched_ = false;  // the rest of the current segment is zero, rightly
    std::size_t fault_runs_ = 0;
    WalRecordWalk records_;
};

}  // namespace tsb
