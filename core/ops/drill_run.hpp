// The state of one drill and its steps; drill_backup (drill.cpp) gives their order.
#pragma once

#include <memory>
#include <optional>
#include <string>

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
    /// Ends the server and removes everything, also after a request to stop. Never throws.
    boost::asio::awaitable<void> clear_up();
    DrillReport report() const { return report_; }

    /// The restored copy; once it is restored.
    std::filesystem::path data() const { return scratch_->data(); }
    /// How to speak to its server; once it accepts writes.
    ConnectOptions connection() const { return scratch_connection(*server_, login_); }

private:
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

}  // namespace tsb
