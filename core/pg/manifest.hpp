// PostgreSQL's backup manifest: parsing it from untrusted text, and proving members against it.
// Format: PostgreSQL documentation, "Backup Manifest Format".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/io/byte_source.hpp"
#include "core/io/digest.hpp"

namespace tsb {

struct ManifestFile {
    std::string path;  // as in the data directory; tablespaces as pg_tblspc/<oid>/...
    std::uint64_t size = 0;
    DigestKind digest_kind = DigestKind::none;
    std::vector<std::byte> digest;
};

/// Sorted by path. Memory per file is its path, digest and about 130 bytes more.
class Manifest {
public:
    /// Parses to the end of `source`, in bounded memory besides the result. Error{damaged} naming
    /// `name` when it is malformed, has duplicate or unsafe paths, or when its own SHA-256 line
    /// does not match. Thread: worker (blocks).
    static Manifest parse(ByteSource& source, const std::string& name);

    const std::vector<ManifestFile>& files() const { return files_; }
    const std::vector<WalRange>& wal_ranges() const { return wal_ranges_; }
    /// Version 2 manifests (17 and newer) name it.
    std::optional<std::uint64_t> system_identifier() const { return system_identifier_; }
    const ManifestFile* find(std::string_view path) const;
    std::uint64_t total_size() const;

private:
    std::vector<ManifestFile> files_;
    std::vector<WalRange> wal_ranges_;
    std::optional<std::uint64_t> system_identifier_;
};

/// Proves members against a manifest one by one: nothing missing, nothing extra, sizes and
/// digests equal. Thread: one at a time.
class ManifestProof {
public:
    explicit ManifestProof(const Manifest& manifest);
    /// One member as found. The problem in one line that names it; empty when it is right.
    std::string check(const std::string& path, std::uint64_t size,
                      const std::vector<std::byte>& digest);
    /// One line for each file of the manifest that was not checked, at most `limit` of them.
    std::vector<std::string> missing(std::size_t limit = 20) const;
    std::size_t checked() const { return checked_; }

private:
    const Manifest& manifest_;
    std::vector<bool> seen_;
    std::size_t checked_ = 0;
};

/// Digests of members as they stream by, kept until the manifest is there.
/// Thread: one at a time.
class MemberTable {
public:
    /// Error{proof_failed} when the path was added before.
    void add(const std::string& path, std::uint64_t size, std::vector<std::byte> digest);
    /// Error{proof_failed} naming the first members that are missing, extra or different.
    void prove(const Manifest& manifest) const;
    std::size_t size() const { return members_.size(); }

private:
    struct Member {
        std::uint64_t size;
        std::vector<std::byte> digest;
    };
    std::map<std::string, Member> members_;
};

/// Path in the manifest of `member` of `archive` ("base" or an oid).
std::string manifest_path(std::string_view archive, std::string_view member);

}  // namespace tsb
