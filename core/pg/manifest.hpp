// PostgreSQL's backup manifest: parsing it from untrusted text, and proving members against it.
// Format: PostgreSQL documentation, "Backup Manifest Format".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/io/byte_source.hpp"
#include "core/pg/file_table.hpp"

namespace tsb {

/// Paths as in the data directory; tablespaces as pg_tblspc/<oid>/...
class Manifest {
public:
    /// Parses to the end of `source`, in bounded memory besides the result. Error{damaged} naming
    /// `name` when it is malformed, has duplicate or unsafe paths, or when its own SHA-256 line
    /// does not match. Thread: worker (blocks).
    static Manifest parse(ByteSource& source, const std::string& name);

    /// Replaces the digests by those of `digests`, a sorted table that came from the stored file
    /// `name` and must have the same paths. Error{damaged} otherwise.
    void use_digests(FileTable digests, const std::string& name);

    /// Sorted by path.
    const FileTable& files() const { return files_; }
    const std::vector<WalRange>& wal_ranges() const { return wal_ranges_; }
    /// Version 2 manifests (17 and newer) name it.
    std::optional<std::uint64_t> system_identifier() const { return system_identifier_; }
    /// Bytes of all files.
    std::uint64_t total_size() const;

private:
    FileTable files_;
    std::vector<WalRange> wal_ranges_;
    std::optional<std::uint64_t> system_identifier_;
};

/// Proves members against a manifest one by one: nothing missing, nothing extra, sizes and
/// digests equal. Thread: one at a time.
class ManifestProof {
public:
    explicit ManifestProof(const Manifest& manifest);
    /// One member as found. The problem in one line that names it; empty when it is right. With
    /// `required` a manifest that has no digest of that kind for it is a problem, too.
    std::string check(std::string_view path, std::uint64_t size, Bytes digest,
                      std::optional<DigestKind> required = {});
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
    void add(const std::string& path, std::uint64_t size, DigestKind kind, Bytes digest) {
        members_.add(path, size, kind, digest);
    }
    /// Error{proof_failed} naming the first members that are missing, extra, double or different,
    /// and those that the manifest gives no digest for. Sorts the members.
    void prove(const Manifest& manifest);
    std::size_t size() const { return members_.size(); }

private:
    FileTable members_;
};

/// Path in the manifest of `member` of `archive` ("base" or an oid).
std::string manifest_path(std::string_view archive, std::string_view member);

}  // namespace tsb
