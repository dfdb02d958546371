// Turns the streams of a running backup into stored files: archives for format tar, a tree for
// format plain, digesting every member on the way; and proves at the end that what was received
// is what the server's manifest says.
//
// The *_work functions run on pipeline threads, several at a time; the rest is called when they
// have all ended.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/thread_priority.hpp"
#include "core/io/archive_writer.hpp"
#include "core/io/worker_pool.hpp"
#include "core/ops/control_file_check.hpp"
#include "core/ops/member_visitors.hpp"
#include "core/ops/sha256_sums.hpp"
#include "core/pg/manifest.hpp"
#include "core/pg/wal_check.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

struct BackupStoreOptions {
    BackupStoreOptions() = default;
    BackupFormat format = BackupFormat::tar;
    Compression compression;
    unsigned workers = 1;
    ThreadPriority priority;
    DigestKind member_digest = DigestKind::sha256;  // what the manifest was asked to have
    int server_major = 0;
    std::uint64_t system_identifier = 0;
    std::uint64_t wal_segment_size = 0;
};

class BackupStore {
public:
    /// `directory` is the draft's and outlives the store.
    BackupStore(Fs& fs, int directory, const BackupStoreOptions& options);

    using Work = std::function<void(ByteSource&)>;
    /// Stores one data archive ("base" or an oid).
    Work archive_work(const std::string& archive);
    /// Stores the WAL archive.
    Work wal_work();
    /// Stores the manifest.
    Work manifest_work();

    /// Lets go of files that are still open, so that the draft can be removed.
    void give_up() { sums_.reset(); }

    /// Parses the stored manifest and proves: the system identifier, also that of pg_control, every
    /// member's size and digest, nothing missing or extra, the tablespaces that `metadata` tells
    /// and no others, WAL from its start to its end, all of it sound. Error{proof_failed} or
    /// Error{wal_missing}. Fills wal_ranges, member_count, cluster_bytes, files, directories and
    /// stored_bytes of `metadata`. Thread: worker (blocks).
    void prove_into(Metadata& metadata);

private:
    void lower_priority() const;
    Work lowered(Work work) const;
    void walk_data(const std::string& archive, ByteSource& source, MemberVisitor& visitor);
    void store_archive(const std::string& archive, ByteSource& source);
    void extract_archive(const std::string& archive, ByteSource& source);
    void archive_wal(ByteSource& source);
    void extract_wal(ByteSource& source);
    void make_plain_directories(const std::string& path);
    MemberDigester::KindOf kind_of_members() const;
    void add_member(const std::string& path, std::uint64_t size, Bytes digest);
    void add_file(StoredFile file);
    Manifest read_manifest();
    void prove_identity(const Manifest& manifest) const;
    void prove_tablespaces(const Manifest& manifest, const Metadata& metadata) const;
    void prove_wal(const Manifest& manifest, const Metadata& metadata) const;
    std::string manifest_name() const;
    std::uint64_t plain_bytes(const Manifest& manifest) const;

    Fs& fs_;
    const int directory_;
    const BackupStoreOptions options_;
    WorkerPool pool_;
    WalCheck wal_check_;              // of the WAL pipeline alone, until it has ended
    ControlFileCheck control_check_;  // of the base archive's pipeline alone, until it has ended
    LinkCollector tablespace_links_;  // the same
    std::unique_ptr<Sha256SumsWriter> sums_;  // format plain

    std::mutex mutex_;
    // State below is guarded by mutex_ while pipelines run.
    MemberTable members_;
    std::vector<StoredFile> files_;
    std::uint64_t wal_bytes_ = 0;
};

}  // namespace tsb
