// The state of one restore in place, or of its undoing, and the steps; restore_in_place.cpp gives
// their order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/ops/in_place_exchange.hpp"
#include "core/ops/recovery_watch.hpp"
#include "core/ops/restore_in_place.hpp"

namespace tsb {

/// Thread: loop. Each step is awaited before the next is begun.
class InPlaceRun {
public:
    InPlaceRun(const InPlaceOptions& options, Fs& fs, const SessionFactory& connect,
               JobContext& job, InPlaceReport& report);
    InPlaceRun(const InPlaceRun&) = delete;

    /// Takes the lock, settles what an earlier one left, decides, and writes down what is planned.
    boost::asio::awaitable<void> prepare(Repository& repository, const Clock& clock);
    /// The same for an undo. False when settling has put the old data back already.
    boost::asio::awaitable<bool> prepare_undo();
    boost::asio::awaitable<void> extract(Repository& repository);
    boost::asio::awaitable<void> stop_server();
    boost::asio::awaitable<void> exchange();
    boost::asio::awaitable<void> exchange_back();
    /// After a failure before the old data was back: the restored data stays, and may be started.
    boost::asio::awaitable<void> stay();
    /// How much is kept aside, for the report and for status.
    boost::asio::awaitable<void> measure_kept();
    /// Starts the server, unless that is not wanted, and waits until it accepts writes.
    boost::asio::awaitable<void> start_server();
    boost::asio::awaitable<void> check(const Metadata& metadata);
    /// Removes what recovery needed and left.
    boost::asio::awaitable<void> tidy();
    /// After a failure before the restored data was in its place: the old data is what it was, and
    /// its server runs when it ran.
    boost::asio::awaitable<void> give_up();

    const Metadata& metadata() const { return backup_->metadata; }
    bool starts() const { return options_.start == StartAfter::yes; }
    /// Adds what to look at and what undoes it to what went wrong after the exchange.
    Error with_way_out(const Error& error);

private:
    /// True when what was settled ended with the old data in its place again.
    bool lock_and_settle();
    void prepare_blocking(Repository& repository, const Clock& clock);
    bool prepare_undo_blocking();
    boost::asio::awaitable<void> require_no_hidden_server();
    void stop_blocking();
    void exchange_blocking();
    void start_blocking();
    void tidy_blocking();
    void give_up_blocking() noexcept;
    void require_stopped() const;
    boost::asio::awaitable<bool> accepts_writes();
    void require_present();
    void seen_first();
    void tell_wait(const Error& error);
    ConnectOptions connection() const;

    const InPlaceOptions& options_;
    Fs& fs_;
    const SessionFactory& connect_;
    JobContext& job_;
    std::filesystem::path data_;
    Fd lock_;
    std::optional<BackupHandle> backup_;  // held open: it is not removed meanwhile
    std::optional<RestoreOptions> staging_;
    std::optional<InPlaceExchange> exchange_;
    bool stopped_ = false;
    std::filesystem::path log_;
    std::optional<RecoveryWatch> watch_;  // of a restored backup's recovery
    std::chrono::steady_clock::time_point stopped_at_;
    std::chrono::steady_clock::time_point last_seen_;
    bool seen_ = false;
    std::chrono::steady_clock::time_point told_;  // last, why it is waited for
    InPlaceReport& report_;
};

}  // namespace tsb
