// Runs the hooks and posts to the webhooks of the configuration.
//
// Keeps: deliver() neither throws nor waits, and no notice fails or delays a job unless a hook is
// `required`. The notices that wait are bounded. What a hook or webhook did is logged, with the
// job: at level debug when it went well, as a warning with what it printed when not. Does not
// decide what is worth a notice.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "config/notices.hpp"
#include "core/base/error.hpp"
#include "daemon/notify/notice.hpp"
#include "daemon/notify/webhook.hpp"

namespace tsb {

class Notifier {
public:
    static constexpr std::size_t most_waiting = 64;

    explicit Notifier(NoticeConfig config, RetryPolicy retries = {});
    Notifier(const Notifier&) = delete;
    /// As stop().
    ~Notifier() { stop(); }

    /// Lets the worker run the hooks of this kind one after the other, but for required ones of a
    /// success, and then post to the webhooks. When too many wait, the oldest of the same kind is
    /// dropped, or else the oldest; that is logged. After stop() or retire() nothing is
    /// done. Thread: any.
    void deliver(Notice notice) noexcept;
    /// Runs the required hooks of a success: the error of the first that failed. Call it before a
    /// job is done, and deliver() the notice of how the job ended after it. Thread: worker
    /// (blocks).
    std::optional<Error> run_required(const Notice& notice, const std::stop_token& stop) const;
    /// Takes no more: ends when what it has taken is delivered. Does not wait for that. Thread:
    /// any.
    void retire();
    /// True when it was retired and all is delivered. Thread: any.
    bool has_ended() const;
    /// Ends what runs within seconds; what waits is dropped, and that is logged. Thread: any but
    /// the worker.
    void stop();

private:
    void work(const std::stop_token& stop);
    void handle(const Notice& notice, const std::stop_token& stop) const;
    void enqueue(Notice notice);

    const NoticeConfig config_;
    const RetryPolicy retries_;
    mutable std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<Notice> waiting_;  // guarded by mutex_
    bool stopped_ = false;        // guarded by mutex_
    bool retired_ = false;        // guarded by mutex_
    bool ended_ = false;          // guarded by mutex_
    std::jthread worker_;         // last: it uses the others
};

}  // namespace tsb
