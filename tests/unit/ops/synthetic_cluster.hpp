// A small cluster made in memory, consistent in itself as a server would send it: archives, a
// manifest with right digests, a pg_control with a right checksum, WAL with right page headers.
// Plain data, so that a test may make one part lie about another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/lsn.hpp"
#include "core/io/digest.hpp"

namespace tsb::test {

inline constexpr std::uint64_t synthetic_segment_size = 1 << 20;
inline constexpr std::uint32_t synthetic_tablespace = 16385;

struct SyntheticArchive {
    std::string name;      // "base" or an oid
    std::string location;  // of a tablespace
    std::vector<std::string> directories;
    std::map<std::string, std::string> files;  // path -> content
    std::map<std::string, std::string> links;  // path -> target
};

struct SyntheticOptions {
    SyntheticOptions() = default;
    int server_version = 150018;
    bool standby = false;             // standby.signal; the last WAL segment ends early
    std::string tablespace_location;  // empty: no tablespace; relative: in place
    Timeline timeline = 1;
    std::uint64_t system_identifier = 7300000000000000001;
    DigestKind digest_kind = DigestKind::sha256;
};

struct SyntheticCluster {
    int server_version = 0;
    std::uint64_t system_identifier = 0;
    Timeline timeline = 0;
    DigestKind digest_kind = DigestKind::sha256;  // in the manifest
    Lsn start;
    Lsn end;
    std::vector<SyntheticArchive> archives;  // as sent: tablespaces, then base
    std::string manifest;
    std::string wal;  // from the first byte of the segment that holds `start`

    SyntheticArchive& base() { return archives.back(); }
    const SyntheticArchive& base() const { return archives.back(); }
};

SyntheticCluster make_cluster(const SyntheticOptions& options = {});
/// The manifest of the archives as they are now.
std::string manifest_of(const SyntheticCluster& cluster);
/// WAL from the segment of `start` on, `size` bytes, every page with its header.
std::string wal_of(const SyntheticCluster& cluster, std::uint64_t size);
/// The archive as a server sends it; servers before 15 leave the end marker out.
std::string tar_of(const SyntheticArchive& archive, bool with_end_marker);
/// Segment names and their content as stored: the last one padded.
std::map<std::string, std::string> wal_segments(const SyntheticCluster& cluster);
/// Every file and directory of the restored data directory and, as pg_tblspc/<oid>/..., of its
/// tablespaces, but for what a restore writes itself: path -> content, directories with a slash
/// at the end.
std::map<std::string, std::string> source_tree(const SyntheticCluster& cluster);

}  // namespace tsb::test
