// The extracting half of RestoreRun.
#include "core/base/error.hpp"
#include "core/io/archive_reader.hpp"
#include "core/ops/control_file_check.hpp"
#include "core/ops/member_visitors.hpp"
#include "core/ops/restore_run.hpp"
#include "core/pg/pg_control.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace {

std::string tablespace_directory(std::uint32_t oid) {
    return "pg_tblspc/" + std::to_string(oid) + "/";
}

Error damaged(const std::string& problem) {
    return {ErrorCode::damaged, "cannot restore: " + problem};
}

}  // namespace

DigestKind RestoreRun::digest_kind_of(const std::string& path) const {
    const auto file = manifest_.files().find(path);
    if (file) {
        return file->digest_kind;
    }
    return path.starts_with(wal_directory) ? DigestKind::sha256 : DigestKind::none;
}

// WAL is not in the manifest. Of format tar its archive's digest proves it, of format plain the
// digest recorded for each file.
void RestoreRun::prove(const std::string& path, std::uint64_t size,
                       const std::vector<std::byte>& digest) {
    std::string problem;
    if (!path.starts_with(wal_directory)) {
        const std::lock_guard lock(mutex_);
        problem = proof_->check(path, size, digest);
        ++job_.progress.files_done;
    } else if (backup_.plain()) {
        const std::string name = std::string(names::plain_data_directory) + "/" + path;
        problem = stored_file_problem(backup_.file(name), size, to_hex(digest));
    }
    if (!problem.empty()) {
        throw damaged(problem);
    }
}

ExtractOptions RestoreRun::extract_options(const std::string& manifest_prefix) {
    ExtractOptions options;
    options.workers = default_workers();
    options.owner = owner_;
    options.digest_for = [this, manifest_prefix](const std::string& path) {
        return digest_kind_of(manifest_prefix + path);
    };
    options.on_file = [this, manifest_prefix](const ExtractedFile& file) {
        prove(manifest_prefix + file.path, file.size, file.digest);
    };
    return options;
}

void RestoreRun::extract_archives() {
    for (const TablespacePlan& plan : tablespaces_) {
        const std::string archive = std::to_string(plan.oid);
        if (plan.location.empty()) {
            extract_archive(archive, target_->fd(), tablespace_directory(plan.oid), "");
        } else {
            extract_archive(archive, tablespace_targets_.at(plan.oid)->fd(), "",
                            tablespace_directory(plan.oid));
        }
    }
    extract_archive("base", target_->fd(), "", "");
    extract_archive("pg_wal", target_->fd(), std::string(wal_directory), "");
}

void RestoreRun::extract_archive(const std::string& archive, int root,
                                 const std::string& path_prefix,
                                 const std::string& manifest_prefix) {
    const StoredFile& file = backup_.archive_file(archive);
    ArchiveReader reader(backup_.fs(), backup_.directory(), file.name,
                         backup_.metadata().compression.method, backup_.pool());
    MeteredSource metered(reader, [this](std::size_t bytes) {
        job_.progress.bytes_done += bytes;
        job_.throw_if_stopped();
    });
    ExtractOptions options = extract_options(manifest_prefix);
    options.hold = [&reader](Bytes bytes) { return reader.hold(bytes); };
    Extractor extractor(backup_.fs(), root, std::move(options));
    PrefixVisitor prefixed(path_prefix, extractor);
    HoldingVisitor holding(prefixed);
    if (archive == "pg_wal") {
        VisitorPair both(holding, wal_check_);
        walk_tar(metered, file.name, both);
    } else {
        walk_tar(metered, file.name, holding);
    }
    extractor.finish();
    held_.insert(holding.held().begin(), holding.held().end());
    const std::string problem =
        stored_file_problem(file, reader.stored_size(), reader.stored_sha256());
    if (!problem.empty()) {
        throw damaged(problem);
    }
}

void RestoreRun::extract_tree() {
    Fs& fs = backup_.fs();
    const Fd data = fs.open_directory(backup_.directory(), names::plain_data_directory);
    std::map<std::string, std::unique_ptr<Extractor>> extractors;  // by path prefix, "" is base
    for (const auto& [oid, target] : tablespace_targets_) {
        const std::string prefix = tablespace_directory(oid);
        extractors[prefix] = std::make_unique<Extractor>(fs, target->fd(), extract_options(prefix));
    }
    extractors[""] = std::make_unique<Extractor>(fs, target_->fd(), extract_options(""));
    HoldingVisitor holding(*extractors[""]);
    BeneathVisitor wal(std::string(wal_directory), wal_check_);
    VisitorPair base(holding, wal);

    const auto place_of = [&](const std::string& path) {
        for (const auto& [oid, target] : tablespace_targets_) {
            if ((path + "/").starts_with(tablespace_directory(oid))) {
                return tablespace_directory(oid);
            }
        }
        return std::string();
    };
    const auto visit = [&](TarMember member, const auto& show) {
        const std::string prefix = place_of(member.path);
        if (prefix.empty()) {
            show(data.get(), member, base);
        } else if (member.path.size() > prefix.size()) {
            const Fd directory = fs.open_directory(data.get(), prefix.substr(0, prefix.size() - 1));
            member.path.erase(0, prefix.size());
            show(directory.get(), member, *extractors[prefix]);
        }
    };
    for (const std::string& path : tree_.directories) {
        TarMember member;
        member.path = path;
        member.kind = FileKind::directory;
        visit(std::move(member), [](int, const TarMember& shown, MemberVisitor& visitor) {
            visitor.begin(shown);
            visitor.end();
        });
    }
    for (const TarMember& file : tree_.files) {
        job_.throw_if_stopped();
        if (file.path != names::manifest_file) {
            visit(file, [&](int directory, const TarMember& shown, MemberVisitor& visitor) {
                visit_file(fs, directory, shown, visitor);
            });
            job_.progress.bytes_done += file.size;
        }
    }
    for (const auto& [prefix, extractor] : extractors) {
        extractor->finish();
    }
    held_.insert(holding.held().begin(), holding.held().end());
}

void RestoreRun::prove_held_files() {
    for (const auto& [path, content] : held_) {
        Digest digest(digest_kind_of(path));
        digest.update(content);
        prove(path, content.size(), digest.finish());
    }
    const std::vector<std::byte>* control = held(pg_control_path);
    const std::string problem = control_file_problem(control != nullptr ? Bytes(*control) : Bytes(),
                                                     backup_.metadata().system_identifier);
    if (!problem.empty()) {
        throw damaged(problem);
    }
}

}  // namespace tsb
