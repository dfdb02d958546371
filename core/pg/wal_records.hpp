// Walks the records of WAL page by page and notes the few that a backup must know of: tablespaces
// that were created. Replaying such a record links the tablespace to its original place, where
// the server that was backed up has it.
// Source: xlogrecord.h, xlog_internal.h and tablespace.h (xl_tblspc_create_rec) of PostgreSQL 13
// to 18.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/pg/wal_page.hpp"

namespace tsb {

struct TablespaceCreation {
    Lsn at;
    std::uint32_t oid = 0;
    std::string location;  // empty or relative: inside the data directory
};

/// Records are not proven, only followed: where one makes no sense the walk goes on at the next
/// page that tells where its first record begins. Memory is bounded. Thread: one at a time.
class WalRecordWalk {
public:
    /// The next page is not the one after the last.
    void begin_segment() { follow_page_ = true; }
    /// A page with a sound header.
    void page(const WalPageHeader& header, Bytes page);
    /// At most a thousand.
    const std::vector<TablespaceCreation>& tablespaces() const { return tablespaces_; }

private:
    std::size_t begin_record(Lsn at, Bytes rest);
    std::size_t collect(Bytes rest);
    void finish_record();

    bool follow_page_ = true;   // what comes first on a page is told by its header
    std::uint64_t skip_ = 0;    // bytes that are not looked at
    std::uint64_t want_ = 0;    // size that collected_ shall have; 0: between two records
    std::uint64_t length_ = 0;  // of the record
    Lsn record_at_;
    std::vector<std::byte> collected_;
    std::vector<TablespaceCreation> tablespaces_;
};

}  // namespace tsb
