#include "daemon/control_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <list>

#include "daemon/accept_clients.hpp"
#include "daemon/control_session.hpp"
#include "daemon/log_limit.hpp"

namespace tsb {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

namespace {

constexpr std::size_t longest_shown = 100;  // bytes of a text of the client's

std::string client_name(uid_t uid, pid_t pid) {
    return fmt::format("client uid {} pid {}", uid, pid);
}

std::string shown(const std::string& text) {
    return text.size() <= longest_shown ? text : text.substr(0, longest_shown) + "...";
}

/// "backup main": the verb and what it is for, without its options.
std::string words_of(const Request& request, const VerbSpec* verb) {
    std::string words = shown(request.verb);
    if (verb == nullptr || verb->positional.empty()) return words;
    const auto object = request.args.find(verb->positional);
    if (object == request.args.end() || !object->is_string()) return words;
    return words + " " + shown(object->get<std::string>());
}

std::string words_of(const Error& failure) {
    const bool asked_wrongly = failure.code() == ErrorCode::refused ||
                               failure.code() == ErrorCode::usage ||
                               failure.code() == ErrorCode::busy;
    return fmt::format("{} [{}] {}", asked_wrongly ? "refused" : "failed",
                       kind_of(failure.code()).name, failure.what());
}

/// Monitoring asks every few seconds: what only looks is told when it fails. That it looked at
/// something unhealthy is no failure.
LogLevel level_of(const ControlSession& session, const VerbSpec* verb) {
    const bool looks = verb != nullptr && verb->right == Right::read;
    const bool failed = session.failure() && session.failure()->code() != ErrorCode::unhealthy;
    return looks && !failed ? LogLevel::debug : LogLevel::info;
}

}  // namespace

struct ControlServer::Impl : std::enable_shared_from_this<ControlServer::Impl> {
    Impl(const asio::any_io_executor& loop, Fd listener, PeerCheck c, RequestHandler h,
         ControlLimits l)
        : acceptor(loop, Protocol(), listener.get()),
          check(std::move(c)),
          handler(std::move(h)),
          limits(l),
          complaints(l.complaints_per_minute, std::chrono::minutes(1)) {
        listener.release();  // the acceptor closes it
    }

    asio::awaitable<void> accept();
    void admit(Protocol::socket socket);
    asio::awaitable<void> serve(std::shared_ptr<ControlSession> session);
    std::optional<Error> refusal_of(const Caller& caller) const;
    void tell(const ControlSession& session, const std::string& why_it_left);
    void complain(const std::string& message);
    void tell_unwritten(LogLimit::TimePoint now);

    Protocol::acceptor acceptor;
    const PeerCheck check;
    const RequestHandler handler;
    const ControlLimits limits;
    LogLimit complaints;
    std::list<std::shared_ptr<ControlSession>> sessions;
};

asio::awaitable<void> ControlServer::Impl::accept() {
    const auto self = shared_from_this();
    co_await accept_clients(*self);
}

void ControlServer::Impl::admit(Protocol::socket socket) {
    tell_unwritten(std::chrono::steady_clock::now());
    try {
        const Peer peer = peer_of(socket.native_handle());
        const Caller caller = check(peer);
        auto session =
            std::make_shared<ControlSession>(std::move(socket), caller, limits.write_timeout);
        if (const std::optional<Error> refusal = refusal_of(caller)) {
            complain(client_name(peer.uid, peer.pid) + ": " + words_of(*refusal));
            session->refuse(*refusal);
            return;
        }
        sessions.push_back(session);
        asio::co_spawn(acceptor.get_executor(), serve(session), asio::detached);
    } catch (const std::exception& error) {
        complain(std::string("dropped a control client: ") + error.what());
    }
}

std::optional<Error> ControlServer::Impl::refusal_of(const Caller& caller) const {
    if (caller.right == Right::none) {
        return Error(ErrorCode::refused,
                     fmt::format("cannot accept control client: uid {} has no right", caller.uid),
                     "'control.rights' in the configuration names who has one");
    }
    const auto own = std::count_if(sessions.begin(), sessions.end(), [&](const auto& session) {
        return session->caller().uid == caller.uid;
    });
    const bool own_full =
        !caller.trusted && static_cast<std::size_t>(own) >= limits.clients_per_uid;
    if (sessions.size() < limits.clients && !own_full) return std::nullopt;
    return Error(ErrorCode::busy, "cannot accept control client: too many are connected");
}

asio::awaitable<void> ControlServer::Impl::serve(std::shared_ptr<ControlSession> session) {
    const auto self = shared_from_this();
    std::string why_it_left;
    try {
        co_await session->run(handler, limits.request_timeout);
    } catch (const std::exception& error) {
        why_it_left = error.what();
    }
    tell(*session, why_it_left);
    sessions.remove(session);
}

/// Logs what `session` asked for and what became of it; `why_it_left` is empty when it got its
/// answer.
void ControlServer::Impl::tell(const ControlSession& session, const std::string& why_it_left) {
    const std::string client = client_name(session.caller().uid, session.caller().pid);
    if (!session.request()) {
        if (session.failure()) {
            complain(client + ": malformed request: " + words_of(*session.failure()));
        } else {
            log(LogLevel::debug, "", client + ": sent no request: " + why_it_left);
        }
        return;
    }
    const VerbSpec* verb = find_verb(session.request()->verb);
    std::string end;
    if (session.has_ended()) end = session.failure() ? words_of(*session.failure()) : "ok";
    if (!why_it_left.empty()) end += (end.empty() ? "it left: " : ", but it left: ") + why_it_left;
    log(level_of(session, verb), "",
        fmt::format("{}: {}: {}", client, words_of(*session.request(), verb), end));
}

/// Logs a warning that anybody could cause any number of.
void ControlServer::Impl::complain(const std::string& message) {
    const auto now = std::chrono::steady_clock::now();
    tell_unwritten(now);
    if (complaints.admits(now)) log(LogLevel::warning, "", message);
}

void ControlServer::Impl::tell_unwritten(LogLimit::TimePoint now) {
    const std::size_t count = complaints.take_unwritten(now);
    if (count == 0) return;
    log(LogLevel::warning, "",
        fmt::format("{} more refused clients and malformed requests were not logged", count));
}

ControlServer::ControlServer(const asio::any_io_executor& loop, Fd listener, PeerCheck check,
                             RequestHandler handler, ControlLimits limits)
    : impl_(std::make_shared<Impl>(loop, std::move(listener), std::move(check), std::move(handler),
                                   limits)) {
    asio::co_spawn(loop, impl_->accept(), asio::detached);
}

ControlServer::~ControlServer() = default;

void ControlServer::stop() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
    for (const auto& session : impl_->sessions) session->drop_unless_asked();
    impl_->tell_unwritten(LogLimit::TimePoint::max());
}

std::size_t ControlServer::clients() const {
    return impl_->sessions.size();
}

}  // namespace tsb
