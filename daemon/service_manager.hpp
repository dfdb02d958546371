// The service manager that started this process, systemd as a rule: what sd_notify(3),
// sd_watchdog_enabled(3) and sd_listen_fds(3) do, without libsystemd. Without a manager every call
// does nothing.
//
// Keeps: what the environment said is taken out of it, so no child of this process can speak in its
// name or take a socket that is not meant for it. A message that cannot be sent harms nothing; the
// log has the first failure. When to say what is the caller's business (service_watch.hpp).
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/fs.hpp"

namespace tsb {

class ServiceManager {
public:
    /// Nobody.
    ServiceManager() = default;
    /// The one that $NOTIFY_SOCKET, $WATCHDOG_USEC and $LISTEN_FDS tell of; unsets them. Call once,
    /// before there are other threads. Error{config} for a $NOTIFY_SOCKET that is no address.
    static ServiceManager from_environment();

    /// Whether anybody hears what is told.
    bool listens() const { return notify_ != nullptr; }
    /// WATCHDOG=1 must come at least this often; nothing when nobody waits for it.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }
    /// The listening Unix socket that was handed over, non-blocking; nothing when there was none.
    /// Of several the one that FileDescriptorName= calls "control". Error{config} when what was
    /// handed over cannot be the control socket. Gives it once.
    std::optional<Fd> take_control_socket();

    // Thread: any, all of these.
    void ready() const { tell("READY=1"); }
    /// Until ready() is said again. With the time, as Type=notify-reload wants it.
    void reloading() const;
    void stopping() const { tell("STOPPING=1"); }
    void alive() const { tell("WATCHDOG=1"); }
    /// One line for people; control bytes in it are escaped.
    void status(std::string_view text) const;
    /// The start or the stop under way may take this long from now on.
    void extend(std::chrono::seconds by) const;

private:
    struct Notify;

    void tell(std::string_view message) const;

    std::shared_ptr<Notify> notify_;  // null: nobody listens
    std::optional<std::chrono::microseconds> watchdog_;
    std::vector<std::pair<std::string, Fd>> sockets_;  // by name
};

/// While it lives, the manager is asked again and again for patience: for work that blocks and may
/// take long, such as clearing up at the start. Nothing is asked in the first seconds.
class Patience {
public:
    explicit Patience(const ServiceManager& manager,
                      std::chrono::milliseconds interval = std::chrono::seconds(10));
    ~Patience();
    Patience(const Patience&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable end_;
    bool ended_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tsb
