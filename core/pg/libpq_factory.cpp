#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/error.hpp"
#include "core/pg/libpq_connect.hpp"
#include "core/pg/libpq_session.hpp"
#include "core/pg/libpq_session_impl.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// One connect under way on a thread of its own. The coroutine may leave at any time: a resolver
/// that does not answer cannot be interrupted, so the thread is not waited for and holds nothing
/// of the loop once it was abandoned.
class PendingConnect {
public:
    /// `notify` runs on the connecting thread when there is a result.
    PendingConnect(ConnectOptions options, std::function<void()> notify)
        : options_(std::move(options)), notify_(std::move(notify)) {}

    static void start(const std::shared_ptr<PendingConnect>& pending) {
        std::thread([pending] { pending->run(); }).detach();
    }

    /// Takes the connection, empty while it is under way; throws the thread's error. Thread: loop.
    PgConnPtr result() {
        const std::lock_guard lock(mutex_);
        if (failure_) {
            std::rethrow_exception(std::exchange(failure_, nullptr));
        }
        return std::move(connection_);
    }

    /// Tells the thread to give up, and that nobody listens any more. Thread: loop.
    void abandon() noexcept {
        wake_up_.signal();
        const std::lock_guard lock(mutex_);
        notify_ = nullptr;
        connection_.reset();
    }

private:
    void run() noexcept {
        PgConnPtr connection;
        std::exception_ptr failure;
        try {
            connection = connect_blocking(options_, wake_up_);
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        if (notify_) {
            connection_ = std::move(connection);
            failure_ = std::move(failure);
            notify_();
        }
    }

    const ConnectOptions options_;
    const WakeUp wake_up_;
    std::mutex mutex_;
    // State below is guarded by mutex_.
    std::function<void()> notify_;  // empty once abandoned
    PgConnPtr connection_;
    std::exception_ptr failure_;
};

/// Leaves the connect when the coroutine ends, whichever way.
class AbandonAtEnd {
public:
    explicit AbandonAtEnd(PendingConnect& pending) : pending_(pending) {}
    ~AbandonAtEnd() { pending_.abandon(); }
    AbandonAtEnd(const AbandonAtEnd&) = delete;
    AbandonAtEnd& operator=(const AbandonAtEnd&) = delete;

private:
    PendingConnect& pending_;
};

struct CancelTimer {
    asio::steady_timer* timer;
    void operator()() const noexcept { timer->cancel(); }
};

asio::awaitable<std::unique_ptr<ReplicationSession>> connect(ConnectOptions options,
                                                             std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    // The event "the thread is done, or a stop was requested": a timer that is only ever cancelled.
    const auto done =
        std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    const std::function<void()> notify = [executor, done] {
        asio::post(executor, [done] { done->cancel(); });
    };
    const auto pending = std::make_shared<PendingConnect>(std::move(options), notify);
    const AbandonAtEnd abandon(*pending);
    const std::stop_callback<CancelTimer> on_stop(stop, CancelTimer{done.get()});
    if (!stop.stop_requested()) {
        PendingConnect::start(pending);
        co_await done->async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (stop.stop_requested()) {
        throw Error(ErrorCode::cancelled, "connecting was stopped on request");
    }
    co_return std::make_unique<LibpqSession>(executor, pending->result(), std::move(stop));
}

}  // namespace

SessionFactory libpq_sessions() {
    return connect;
}

}  // namespace tsb
