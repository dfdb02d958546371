#include "daemon/service_manager.hpp"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace tsb {
namespace {

constexpr int first_socket = 3;  // SD_LISTEN_FDS_START
constexpr int most_sockets = 16;
constexpr timeval longest_send{1, 0};  // a manager that does not read must not hold the loop

/// The variable's value; it is gone from the environment afterwards.
std::string taken(const char* name) {
    const char* value = std::getenv(name);
    std::string out = value == nullptr ? "" : value;
    ::unsetenv(name);
    return out;
}

/// Nothing unless all of `text` is a number.
std::optional<long long> number_in(const std::string& text) {
    long long number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = failed == std::errc() && end == text.data() + text.size();
    return whole && !text.empty() ? std::optional(number) : std::nullopt;
}

bool is_ours(const std::string& pid) {
    return number_in(pid) == std::optional<long long>(::getpid());
}

std::optional<std::chrono::microseconds> taken_watchdog() {
    const std::optional<long long> period = number_in(taken("WATCHDOG_USEC"));
    const std::string pid = taken("WATCHDOG_PID");
    if (!period || *period <= 0 || (!pid.empty() && !is_ours(pid))) return std::nullopt;
    return std::chrono::microseconds(*period);
}

std::vector<std::string> names_in(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(':', at), text.size());
        names.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

std::vector<std::pair<std::string, Fd>> taken_sockets() {
    const std::optional<long long> count = number_in(taken("LISTEN_FDS"));
    const std::string pid = taken("LISTEN_PID");
    std::vector<std::string> names = names_in(taken("LISTEN_FDNAMES"));
    std::vector<std::pair<std::string, Fd>> out;
    if (!count || *count < 1 || *count > most_sockets || !is_ours(pid)) return out;
    names.resize(static_cast<std::size_t>(*count));
    for (std::size_t i = 0; i < names.size(); ++i) {
        Fd fd(first_socket + static_cast<int>(i));
        ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
        out.emplace_back(std::move(names[i]), std::move(fd));
    }
    return out;
}

int option_of(int fd, int name) {
    int value = 0;
    socklen_t length = sizeof(value);
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

bool is_listening_stream(int fd) {
    return option_of(fd, SO_DOMAIN) == AF_UNIX && option_of(fd, SO_TYPE) == SOCK_STREAM &&
           option_of(fd, SO_ACCEPTCONN) == 1;
}

}  // namespace

/// Where messages go.
struct ServiceManager::Notify {
    explicit Notify(const std::string& name);

    Fd socket;
    sockaddr_un address{};
    socklen_t length = 0;
    std::atomic<bool> failed = false;  // the last message could not be sent
};

ServiceManager::Notify::Notify(const std::string& name)
    : socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    // "@" stands for the zero byte that an abstract address begins with.
    if ((name[0] != '/' && name[0] != '@') || name.size() < 2 ||
        name.size() >= sizeof(address.sun_path)) {
        throw Error(ErrorCode::config,
                    "cannot use $NOTIFY_SOCKET '" + printable(name) + "': it is no address");
    }
    if (!socket) throw errno_error(errno, "make socket", name);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof(longest_send));
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (name[0] == '/') ++length;  // and the zero byte at its end
}

ServiceManager ServiceManager::from_environment() {
    ServiceManager manager;
    const std::string name = taken("NOTIFY_SOCKET");
    manager.watchdog_ = taken_watchdog();
    manager.sockets_ = taken_sockets();
    if (!name.empty()) manager.notify_ = std::make_shared<Notify>(name);
    if (!manager.notify_) manager.watchdog_.reset();
    return manager;
}

std::optional<Fd> ServiceManager::take_control_socket() {
    if (sockets_.empty()) return std::nullopt;
    auto chosen = sockets_.begin();
    if (sockets_.size() > 1) {
        chosen = std::find_if(sockets_.begin(), sockets_.end(),
                              [](const auto& each) { return each.first == "control"; });
    }
    const bool usable = chosen != sockets_.end() && is_listening_stream(chosen->second.get());
    if (!usable) {
        throw Error(ErrorCode::config,
                    fmt::format("cannot use the {} sockets of the service manager: none is the "
                                "control socket",
                                sockets_.size()),
                    "ListenStream= in tsbackupd.socket takes a path; with several sockets the one "
                    "for tsbackupctl has FileDescriptorName=control");
    }
    Fd fd = std::move(chosen->second);
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    sockets_.clear();
    return fd;
}

void ServiceManager::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr long long micro = 1000000;
    tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * micro + now.tv_nsec / 1000));
}

void ServiceManager::status(std::string_view text) const {
    tell("STATUS=" + printable(text));
}

void ServiceManager::extend(std::chrono::seconds by) const {
    tell(fmt::format("EXTEND_TIMEOUT_USEC={}", std::chrono::microseconds(by).count()));
}

void ServiceManager::tell(std::string_view message) const {
    if (!notify_) return;
    const auto* to = reinterpret_cast<const sockaddr*>(&notify_->address);
    ssize_t sent = 0;
    do {
        sent = ::sendto(notify_->socket.get(), message.data(), message.size(), MSG_NOSIGNAL, to,
                        notify_->length);
    } while (sent < 0 && errno == EINTR);
    const int cause = sent < 0 ? errno : 0;
    if (notify_->failed.exchange(cause != 0) || cause == 0) return;
    log(LogLevel::warning, "",
        "cannot tell the service manager: " + std::generic_category().message(cause));
}

Patience::Patience(const ServiceManager& manager, std::chrono::milliseconds interval) {
    if (!manager.listens()) return;
    thread_ = std::thread([this, &manager, interval] {
        std::unique_lock lock(mutex_);
        // Three intervals: one message may be late.
        const auto by = std::chrono::ceil<std::chrono::seconds>(3 * interval);
        while (!end_.wait_for(lock, interval, [this] { return ended_; })) manager.extend(by);
    });
}

Patience::~Patience() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    end_.notify_all();
    if (thread_.joinable()) thread_.join();
}

}  // namespace tsb
