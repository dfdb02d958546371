#include "core/pg/libpq_connect.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/pg/connect_failure.hpp"
#include "core/pg/connect_target.hpp"
#include "core/pg/conninfo.hpp"
#include "core/pg/password_file.hpp"
#include "core/pg/server_message.hpp"

namespace tsb {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = std::optional<SteadyClock::time_point>;  // nothing: wait as long as it takes

Deadline deadline_of(const Keywords& keywords, std::chrono::seconds standard) {
    auto seconds = standard.count();
    if (const auto own = keywords.find("connect_timeout"); own != keywords.end()) {
        std::from_chars(own->second.data(), own->second.data() + own->second.size(), seconds);
        if (seconds <= 0) {
            return std::nullopt;
        }
    }
    return SteadyClock::now() + std::chrono::seconds(seconds);
}

/// Milliseconds for poll(2), rounded up so that the deadline is over when it returns.
int poll_limit(const Deadline& deadline) {
    if (!deadline) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - SteadyClock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

/// Waits until libpq may go on. False when the deadline is over.
bool wait_socket(int socket, short events, const Deadline& deadline, const WakeUp& wake_up) {
    std::array<pollfd, 2> watched{pollfd{socket, events, 0}, pollfd{wake_up.fd(), POLLIN, 0}};
    for (;;) {
        const auto ready = ::poll(watched.data(), watched.size(), poll_limit(deadline));
        if (ready < 0 && errno != EINTR) {
            throw errno_error(errno, "wait for", "server connection");
        }
        if (watched[1].revents != 0) {
            throw Error(ErrorCode::cancelled, "connecting was cancelled");
        }
        if (ready > 0) {
            return true;
        }
        if (deadline && SteadyClock::now() >= *deadline) {
            return false;
        }
    }
}

PgConnPtr start(const Keywords& keywords, const Secret& password) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    const auto add = [&](const char* name, const char* value) {
        names.push_back(name);
        values.push_back(value);
    };
    for (const auto& [name, value] : keywords) {
        add(name.c_str(), value.c_str());
    }
    if (!password.empty()) {
        add("password", password.c_str());
    }
    add(nullptr, nullptr);
    // 0: a database name is a name, even when it looks like a conninfo.
    PgConnPtr connection(PQconnectStartParams(names.data(), values.data(), 0));
    if (!connection) {
        throw std::bad_alloc();
    }
    return connection;
}

ConnectAttempt attempt_of(pg_conn* connection, const ConnectOptions& options) {
    const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
    ConnectAttempt attempt;
    attempt.user = text(PQuser(connection));
    attempt.host = text(PQhost(connection));
    attempt.port = text(PQport(connection));
    attempt.database = text(PQdb(connection));
    attempt.replication = options.replication;
    attempt.needs_password = PQconnectionNeedsPassword(connection) != 0;
    return attempt;
}

/// Drives one attempt to its end; the error of that attempt alone.
PgConnPtr connect_target(const Keywords& keywords, const Secret& password,
                         const ConnectOptions& options, const WakeUp& wake_up) {
    auto connection = start(keywords, password);
    // Verbose text is the only place where libpq tells the SQLSTATE of a refused connection.
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    const auto deadline = deadline_of(keywords, options.timeout);
    auto step =
        PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
        const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_socket(PQsocket(connection.get()), events, deadline, wake_up)) {
            throw unreachable(attempt_of(connection.get(), options), "no answer in time");
        }
        step = PQconnectPoll(connection.get());
    }
    if (step == PGRES_POLLING_FAILED) {
        throw connect_failure(PQerrorMessage(connection.get()),
                              attempt_of(connection.get(), options));
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return connection;
}

/// Like libpq: the next server is tried when one cannot be reached, not when it refuses us.
class Attempts {
public:
    void add(Error error) {
        if (error.code() != ErrorCode::connection) {
            throw error;
        }
        message_ += (message_.empty() ? "" : "; ") + std::string(error.what());
    }
    [[noreturn]] void fail() const { throw Error(ErrorCode::connection, one_line(message_, 2000)); }

private:
    std::string message_;
};

void set_target(Keywords& keywords, const ConnectTarget& target) {
    const auto set = [&](const char* name, const std::string& value) {
        keywords.erase(name);
        if (!value.empty()) {
            keywords[name] = value;
        }
    };
    set("host", target.host);
    set("hostaddr", target.hostaddr);
    set("port", target.port);
}

PgConnPtr connect_first(Keywords keywords, const Secret& password, const ConnectOptions& options,
                        const WakeUp& wake_up) {
    Attempts attempts;
    for (const auto& named : split_targets(keywords)) {
        for (const auto& target : resolve(named)) {
            set_target(keywords, target);
            try {
                return connect_target(keywords, password, options, wake_up);
            } catch (const Error& error) {
                attempts.add(error);
            }
        }
    }
    attempts.fail();
}

}  // namespace

WakeUp::WakeUp() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) {
        throw errno_error(errno, "create", "eventfd");
    }
}

void WakeUp::signal() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

PgConnPtr connect_blocking(const ConnectOptions& options, const WakeUp& wake_up) {
    auto keywords = session_keywords(options);
    const auto password =
        options.password_file.empty() ? Secret() : read_password_file(options.password_file);
    const auto wanted = keywords.find("target_session_attrs");
    if (wanted == keywords.end() || wanted->second != "prefer-standby") {
        return connect_first(keywords, password, options, wake_up);
    }
    // libpq sees one server at a time here, so the preference is ours to try.
    wanted->second = "standby";
    try {
        return connect_first(keywords, password, options, wake_up);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::connection) {
            throw;
        }
    }
    wanted->second = "any";
    return connect_first(keywords, password, options, wake_up);
}

}  // namespace tsb
