// A committed backup as verify and restore read it: which of its files are what, and whether the
// stored bytes are those that were committed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/io/worker_pool.hpp"
#include "core/pg/manifest.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

/// Hears how many stored bytes were read just now; what it throws (Error{cancelled}) ends the
/// reading. Thread: the one that called the function it was given to.
using OnStoredBytes = std::function<void(std::uint64_t)>;

/// Thread: worker (blocks), one at a time.
class StoredBackup {
public:
    /// `backup` and `pool` outlive it.
    StoredBackup(Fs& fs, const BackupHandle& backup, WorkerPool& pool)
        : fs_(fs), backup_(backup), pool_(pool) {}

    const Metadata& metadata() const { return backup_.metadata; }
    bool plain() const { return metadata().format == BackupFormat::plain; }
    Fs& fs() const { return fs_; }
    WorkerPool& pool() const { return pool_; }
    int directory() const { return backup_.directory.get(); }

    /// Data archives of format tar: oids in ascending order, then "base".
    std::vector<std::string> data_archives() const;
    /// The stored file `name`; null when the metadata does not list it.
    const StoredFile* find(const std::string& name) const;
    /// The stored file `name`; Error{damaged} when the metadata does not list it.
    const StoredFile& file(const std::string& name) const;
    /// The stored file of `archive` ("base", an oid, "pg_wal").
    const StoredFile& archive_file(const std::string& archive) const;

    /// One line for each entry of the directory that is missing, and for each that should not be
    /// there.
    struct Listing {
        std::vector<std::string> missing;
        std::vector<std::string> extra;
    };
    Listing listing() const;
    /// Reads the stored bytes of `file`: the problem in one line, empty when size and SHA-256 are
    /// as recorded.
    std::string digest_problem(const StoredFile& file, const OnStoredBytes& on_bytes) const;
    /// The problem in one line when `file` is not there in its size. Reads nothing.
    std::string size_problem(const StoredFile& file) const;
    /// True for archives, and for the WAL of a plain tree: what a restore extracts.
    bool holds_data(const StoredFile& file) const;
    /// Name of the stored manifest.
    std::string manifest_name() const;
    /// With the digests of SHA256SUMS where the backup has it. Error{damaged} when either is
    /// malformed, or the manifest not of this backup.
    Manifest manifest() const;

private:
    Fs& fs_;
    const BackupHandle& backup_;
    WorkerPool& pool_;
};

/// The problem of `file` when it was read as `size` bytes with `sha256`; empty when it is right.
std::string stored_file_problem(const StoredFile& file, std::uint64_t size,
                                const std::string& sha256);

}  // namespace tsb
