#include "core/ops/verification.hpp"

#include "core/base/error.hpp"
#include "core/io/archive_reader.hpp"
#include "core/ops/control_file_check.hpp"
#include "core/ops/member_visitors.hpp"
#include "core/ops/plain_tree.hpp"
#include "core/pg/wal_check.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace {

// Name in the backup of a file of the tree, fit to be shown.
std::string named_plain_path(const std::string& path) {
    return std::string(names::plain_data_directory) + "/" + printable(path);
}

// Findings are kept, not thrown, so that one run names every damaged file.
class VerifyRun {
public:
    VerifyRun(StoredBackup& backup, Manifest manifest, JobContext& job)
        : backup_(backup),
          manifest_(std::move(manifest)),
          proof_(manifest_),
          wal_check_(backup.metadata().server_major(), backup.metadata().system_identifier,
                     backup.metadata().wal_segment_size),
          job_(job) {}

    void verify_archives() {
        for (const std::string& archive : backup_.data_archives()) {
            MemberDigester digester = proving_digester(archive);
            VisitorPair pair(digester, control_check_);
            verify_archive(archive,
                           archive == "base" ? static_cast<MemberVisitor&>(pair) : digester);
        }
        verify_archive("pg_wal", wal_check_);
    }

    void verify_tree();

    /// Files beside the archives and the tree: the manifest, RESTORE.txt.
    void verify_other_files() {
        for (const StoredFile& file : backup_.metadata().files) {
            const bool read_already = !backup_.plain() && backup_.holds_data(file);
            if (!read_already) {
                add(backup_.digest_problem(file, count_bytes()));
            }
        }
    }

    VerifyReport finish() {
        for (std::string& line : proof_.missing()) {
            add(std::move(line));
        }
        for (std::string& line : wal_check_.problems(manifest_.wal_ranges())) {
            add(std::move(line));
        }
        add(control_check_.problem(backup_.metadata().system_identifier));
        report_.members = proof_.checked();
        report_.wal_segments = wal_check_.segments();
        return std::move(report_);
    }

private:
    void add(std::string problem) {
        if (!problem.empty()) {
            report_.problems.push_back(std::move(problem));
        }
    }

    OnStoredBytes count_bytes() {
        return [this](std::uint64_t bytes) {
            report_.stored_bytes += bytes;
            job_.progress.bytes_done += bytes;
            job_.throw_if_stopped();
        };
    }

    DigestKind kind_of(const std::string& path) const {
        const auto file = manifest_.files().find(path);
        return file ? file->digest_kind : DigestKind::none;
    }

    MemberDigester proving_digester(const std::string& archive) {
        return {[this, archive](const std::string& path) {
                    return kind_of(manifest_path(archive, path));
                },
                [this, archive](const std::string& path, std::uint64_t size,
                                const std::vector<std::byte>& digest) {
                    const std::string problem =
                        proof_.check(manifest_path(archive, path), size, digest);
                    add(problem.empty() ? problem
                                        : backup_.archive_file(archive).name + ": " + problem);
                    ++job_.progress.files_done;
                }};
    }

    void verify_archive(const std::string& archive, MemberVisitor& visitor);
    void verify_tree_file(int data, const TarMember& file);
    void verify_tree_wal(int data, const TarMember& file);

    StoredBackup& backup_;
    const Manifest manifest_;
    ManifestProof proof_;
    WalCheck wal_check_;
    ControlFileCheck control_check_;
    JobContext& job_;
    VerifyReport report_;
};

void VerifyRun::verify_archive(const std::string& archive, MemberVisitor& visitor) {
    const StoredFile& file = backup_.archive_file(archive);
    try {
        ArchiveReader reader(backup_.fs(), backup_.directory(), file.name,
                             backup_.metadata().compression.method, backup_.pool());
        const OnStoredBytes count = count_bytes();
        std::uint64_t seen = 0;
        MeteredSource metered(reader, [&](std::size_t) {
            const std::uint64_t read = reader.stored_bytes_read();
            count(read - seen);
            seen = read;
        });
        walk_tar(metered, file.name, visitor);
        add(stored_file_problem(file, reader.stored_size(), reader.stored_sha256()));
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled) {
            throw;
        }
        add(file.name + ": " + error.what());
    }
}

void VerifyRun::verify_tree() {
    const Fd data = backup_.fs().open_directory(backup_.directory(), names::plain_data_directory);
    const TreeListing tree = list_tree(backup_.fs(), data.get());
    for (std::string& line : tree_problems(tree, backup_.metadata().directories)) {
        add(std::move(line));
    }
    for (const TarMember& file : tree.files) {
        if (file.path == names::manifest_file) {
            continue;
        }
        try {
            if (file.path.starts_with(wal_directory)) {
                verify_tree_wal(data.get(), file);
            } else {
                verify_tree_file(data.get(), file);
            }
        } catch (const Error& error) {
            if (error.code() == ErrorCode::cancelled) {
                throw;
            }
            add(named_plain_path(file.path) + ": " + error.what());
        }
    }
}

void VerifyRun::verify_tree_file(int data, const TarMember& file) {
    MemberDigester digester(
        [this](const std::string& path) { return kind_of(path); },
        [this](const std::string& path, std::uint64_t size, const std::vector<std::byte>& digest) {
            const std::string problem = proof_.check(path, size, digest);
            add(problem.empty() ? problem : named_plain_path(path) + ": " + problem);
        });
    VisitorPair pair(digester, control_check_);
    visit_file(backup_.fs(), data, file, pair);
    count_bytes()(file.size);
    ++job_.progress.files_done;
}

void VerifyRun::verify_tree_wal(int data, const TarMember& file) {
    const std::string name = named_plain_path(file.path);
    if (backup_.find(name) == nullptr) {
        add(name + ": does not belong to the backup");
        return;
    }
    TarMember member = file;
    member.path = file.path.substr(wal_directory.size());
    const Fd wal = backup_.fs().open_directory(data, "pg_wal");
    visit_file(backup_.fs(), wal.get(), member, wal_check_);
}

}  // namespace

VerifyReport verify_stored(StoredBackup& backup, JobContext& job) {
    job.progress.phase = Phase::verifying;
    job.progress.bytes_done = 0;
    job.progress.bytes_total = backup.metadata().stored_bytes;
    job.progress.files_done = 0;
    job.progress.files_total = backup.metadata().member_count;

    VerifyReport report;
    const StoredBackup::Listing listing = backup.listing();
    try {
        VerifyRun verification(backup, backup.manifest(), job);
        if (backup.plain()) {
            verification.verify_tree();
        } else {
            verification.verify_archives();
        }
        verification.verify_other_files();
        report = verification.finish();
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled) {
            throw;
        }
        report.problems.emplace_back(error.what());
    }
    report.backup_id = backup.metadata().id;
    for (const auto* lines : {&listing.extra, &listing.missing}) {
        report.problems.insert(report.problems.begin(), lines->begin(), lines->end());
    }
    return report;
}

}  // namespace tsb
