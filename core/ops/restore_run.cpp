#include "core/ops/restore_run.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/auto_conf.hpp"
#include "core/ops/in_place_exchange.hpp"
#include "core/ops/restore_places.hpp"
#include "core/ops/tablespace_map.hpp"
#include "core/pg/pg_control.hpp"
#include "core/repo/names.hpp"

namespace tsb {

RestoreRun::RestoreRun(StoredBackup& backup, const RestoreOptions& options, JobContext& job)
    : backup_(backup),
      options_(options),
      job_(job),
      wal_check_(backup.metadata().server_major(), backup.metadata().system_identifier,
                 backup.metadata().wal_segment_size) {}

// Targets that are given up remove the directories that they made. A later one may lie in a
// directory that an earlier one made, so the order is that of their making, backwards.
RestoreRun::~RestoreRun() {
    for (auto plan = tablespaces_.rbegin(); plan != tablespaces_.rend(); ++plan) {
        tablespace_targets_.erase(plan->oid);
    }
}

void RestoreRun::preflight(const std::filesystem::path& repository) {
    job_.progress.phase = Phase::checking;
    if (!options_.target.is_absolute() || !options_.target.has_filename()) {
        throw Error(ErrorCode::usage,
                    "cannot restore to '" + options_.target.string() +
                        "': not an absolute path of a directory",
                    "write it without a slash at the end: --target /var/lib/postgresql/restored");
    }
    const std::string version_note = check_installed_major(backup_.metadata(), options_);
    if (!version_note.empty()) {
        notes_.push_back(version_note);
    }
    tablespaces_ = plan_tablespaces(backup_.metadata(), options_);
    owner_ = restore_owner(backup_.fs(), options_);
    require_restore_space(backup_.fs(), backup_.metadata(), options_.target, tablespaces_);
    // What is staged may lie in the data directory that it will replace; that one was looked at.
    if (!options_.staging) require_safe_places(repository, options_.target, tablespaces_);
}

std::vector<std::string> RestoreRun::problems_of_files() {
    std::vector<std::string> problems;
    try {
        for (const StoredFile& file : backup_.metadata().files) {
            problems.push_back(backup_.holds_data(file)
                                   ? backup_.size_problem(file)
                                   : backup_.digest_problem(
                                         file, [this](std::uint64_t) { job_.throw_if_stopped(); }));
        }
        if (backup_.plain()) {
            const Fd data =
                backup_.fs().open_directory(backup_.directory(), names::plain_data_directory);
            tree_ = list_tree(backup_.fs(), data.get());
            std::ranges::move(tree_problems(tree_, backup_.metadata().directories),
                              std::back_inserter(problems));
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled) {
            throw;
        }
        problems.emplace_back(error.what());
    }
    std::erase(problems, std::string());
    return problems;
}

// What lies beside the backup's own files is told, and no more: a note that somebody left there
// must not cost anybody the only backup there is.
void RestoreRun::check_backup() {
    const StoredBackup::Listing listing = backup_.listing();
    const std::vector<std::string> problems =
        listing.missing.empty() ? problems_of_files() : listing.missing;
    if (!problems.empty()) {
        throw Error(ErrorCode::damaged,
                    "cannot restore '" + backup_.metadata().id + "': " + problems.front(),
                    "restore an older backup: tsbackupctl list; the target was not touched");
    }
    for (const std::string& line : listing.extra) {
        notes_.push_back("in the backup's directory " + line);
    }
    manifest_ = backup_.manifest();
    proof_ = std::make_unique<ManifestProof>(manifest_);
}

void RestoreRun::claim_targets() {
    const auto open = [this](const std::filesystem::path& path) {
        return std::make_unique<RestoreTarget>(backup_.fs(), path, options_.target, owner_);
    };
    target_ = open(options_.target);
    for (const TablespacePlan& plan : tablespaces_) {
        if (!plan.location.empty()) {
            tablespace_targets_[plan.oid] = open(plan.files);
        }
    }
    target_->claim();
    for (const auto& [oid, target] : tablespace_targets_) {
        target->claim();
    }
}

void RestoreRun::extract() {
    job_.progress.phase = Phase::extracting;
    job_.progress.bytes_done = 0;
    job_.progress.bytes_total = backup_.metadata().cluster_bytes;
    job_.progress.files_done = 0;
    job_.progress.files_total = manifest_.files().size();
    try {
        extract_proven();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) {
            throw;
        }
        throw Error(ErrorCode::damaged, error.what(),
                    "restore an older backup: tsbackupctl list; what was extracted is removed");
    }
}

void RestoreRun::extract_proven() {
    if (backup_.plain()) {
        extract_tree();
    } else {
        extract_archives();
    }
    prove_held_files();
    std::vector<std::string> problems = proof_->missing();
    std::ranges::move(wal_check_.problems(manifest_.wal_ranges()), std::back_inserter(problems));
    if (!problems.empty()) {
        throw Error(ErrorCode::damaged,
                    "cannot restore '" + backup_.metadata().id + "': " + problems.front());
    }
}

const std::vector<std::byte>* RestoreRun::held(const std::string& path) const {
    const auto found = held_.find(path);
    return found == held_.end() ? nullptr : &found->second;
}

void RestoreRun::write_settings() {
    job_.progress.phase = Phase::finishing;
    std::map<std::uint32_t, std::string> locations;
    for (const TablespacePlan& plan : tablespaces_) {
        if (!plan.location.empty()) {
            locations[plan.oid] = plan.location.string();
            backup_.fs().make_symlink(plan.location.string(), target_->fd(),
                                      "pg_tblspc/" + std::to_string(plan.oid));
        }
    }
    target_->sync("pg_tblspc");
    if (const std::vector<std::byte>* map = held("tablespace_map")) {
        const std::string text = relocated_tablespace_map(as_text(*map), locations);
        target_->write_file("tablespace_map", as_bytes(text));
    }
    const std::vector<std::byte>* auto_conf = held("postgresql.auto.conf");
    const std::string settings = with_recovery_settings(
        auto_conf != nullptr ? as_text(*auto_conf) : std::string_view(), backup_.metadata().id);
    target_->write_file("postgresql.auto.conf", as_bytes(settings));
    target_->write_file("recovery.signal", {});
    if (held("standby.signal") != nullptr) {
        notes_.emplace_back(
            "the backup was taken from a standby; the restored cluster is a primary of its own");
    }
}

void RestoreRun::make_startable() {
    std::vector<std::byte> control = *held(pg_control_path);
    invalidate_checkpoint(control);
    target_->write_file(held_new_control, control);
    target_->sync(".");
    if (!options_.staging) {
        backup_.fs().rename(target_->fd(), held_new_control, target_->fd(), pg_control_path,
                            RenameMode::no_replace);
    }
    target_->sync("global");
    // The cluster can be started now, so nothing of it may be taken away any more. The data
    // directory's marker goes last: while a tablespace has one, so has its data directory.
    target_->keep();
    for (const auto& [oid, target] : tablespace_targets_) {
        target->keep();
    }
    for (const auto& [oid, target] : tablespace_targets_) {
        target->release();
    }
    target_->release();
    job_.progress.phase = Phase::done;
}

RestoreReport RestoreRun::report() const {
    RestoreReport report;
    report.backup_id = backup_.metadata().id;
    report.target = options_.target;
    report.restored_bytes = backup_.metadata().cluster_bytes;
    report.restored_files = manifest_.files().size();
    report.notes = notes_;
    report.notes.push_back("start it with PostgreSQL " +
                           std::to_string(backup_.metadata().server_major()) +
                           "; it replays to the end of the backup, begins a new timeline and "
                           "accepts writes by itself, often within half a minute");
    report.notes.emplace_back(
        "backup_label stays: PostgreSQL retires it by itself, and without it the cluster refuses "
        "to start rather than come up with wrong data");
    report.notes.emplace_back(
        "where the source archives its WAL, a copy beside it must not: start it with "
        "archive_mode=off");
    report.notes.emplace_back(
        "unlogged tables are empty; replication slots and configuration files outside the data "
        "directory are not in a backup");
    return report;
}

}  // namespace tsb
