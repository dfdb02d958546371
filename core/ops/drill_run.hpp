// The state of one drill and its steps; drill_backup (drill.cpp) gives their order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/command.hpp"
#include "core/ops/drill.hpp"
#include "core/ops/drill_scratch.hpp"
#include "core/ops/scratch_login.hpp"

namespace tsb {

/// Thread: loop. Each step is awaited before the next is begun.
class DrillRun {
public:
    DrillRun(const DrillOptions& options, Repository& repository, const SessionFactory& connect,
             const Clock& clock, JobContext& job);
    DrillRun(const DrillRun&) = delete;

    /// Decides what can be decided before anything is written, and takes the directory.
    boost::asio::awaitable<void> prepare();
    /// False when the backup is damaged, which is a problem then.
    boost::asio::awaitable<bool> restore();
    boost::asio::awaitable<void> start();
    /// Waits until the server accepts writes. False when the backup cannot be recovered.
    boost::asio::awaitable<bool> recover();
    boost::asio::awaitable<void> look_at_databases();
    /// pg_amcheck, where it is installed.
    boost::asio::awaitable<void> check_relations();
    /// Awaits `steps`, which are of this run, and clears up however they end; throws what they
    /// threw.
    boost::asio::awaitable<void> complete(boost::asio::awaitable<void> steps);
    DrillReport report() const { return report_; }

    /// Of the backup; once prepared, as what follows.
    const Metadata& metadata() const { return backup_->metadata; }
    /// The path of one of PostgreSQL's programs of the backup's version; it need not be there.
    std::filesystem::path program(const std::string& name) const { return binaries_ / name; }
    /// A call of a client program that speaks to the server; once it accepts writes. Without a
    /// database.
    Command client_command(const std::string& name) const;

    /// The restored copy; once it is restored.
    std::filesystem::path data() const { return scratch_->data(); }
    /// How to speak to its server; once it accepts writes.
    ConnectOptions connection() const { return scratch_connection(*server_, login_); }

private:
    /// Ends the server and removes everything, also after a request to stop. Never throws.
    boost::asio::awaitable<void> clear_up();
    void prepare_blocking();
    void restore_blocking();
    void start_blocking();
    void check_relations_blocking();
    void clear_up_blocking() noexcept;
    ScratchProfile profile() const;
    bool has_ended();
    void note(const std::string& text);
    void add_problem(const std::string& text);

    const DrillOptions& options_;
    Repository& repository_;
    const SessionFactory& connect_;
    const Clock& clock_;
    JobContext& job_;
    DrillReport report_;
    std::optional<BackupHandle> backup_;  // held open: it is not removed meanwhile
    std::filesystem::path binaries_;
    std::optional<FileOwner> owner_;
    std::optional<Account> account_;
    std::optional<DrillScratch> scratch_;
    std::unique_ptr<ScratchServer> server_;
    std::chrono::steady_clock::time_point started_;
    ScratchLogin login_;
};

/// Error{damaged} "cannot <verb> '<backup>'" with the first problem of `report`. Pure.
void require_no_problem(const DrillReport& report, const std::string& verb);

}  // namespace tsb
