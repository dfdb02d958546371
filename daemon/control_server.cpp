#include "daemon/control_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "daemon/control_session.hpp"

namespace tsb {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

namespace {

constexpr auto pause_after_failed_accept = std::chrono::milliseconds(100);

}  // namespace

struct ControlServer::Impl : std::enable_shared_from_this<ControlServer::Impl> {
    Impl(const asio::any_io_executor& loop, Fd listener, PeerCheck c, RequestHandler h,
         ControlLimits l)
        : acceptor(loop, Protocol(), listener.get()),
          check(std::move(c)),
          handler(std::move(h)),
          limits(l) {
        listener.release();  // the acceptor closes it
    }

    asio::awaitable<void> accept_clients();
    void admit(Protocol::socket socket);
    asio::awaitable<void> serve(std::shared_ptr<ControlSession> session);
    std::optional<Error> refusal_of(const Caller& caller) const;

    Protocol::acceptor acceptor;
    const PeerCheck check;
    const RequestHandler handler;
    const ControlLimits limits;
    std::list<std::shared_ptr<ControlSession>> sessions;
};

asio::awaitable<void> ControlServer::Impl::accept_clients() {
    const auto self = shared_from_this();
    while (acceptor.is_open()) {
        boost::system::error_code failed;
        Protocol::socket socket =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (failed == asio::error::operation_aborted) co_return;
        if (failed) {
            log(LogLevel::warning, "", "cannot accept a control client: " + failed.message());
            asio::steady_timer pause(acceptor.get_executor(), pause_after_failed_accept);
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
            continue;
        }
        admit(std::move(socket));
    }
}

void ControlServer::Impl::admit(Protocol::socket socket) {
    try {
        const Peer peer = peer_of(socket.native_handle());
        const Caller caller = check(peer);
        auto session =
            std::make_shared<ControlSession>(std::move(socket), caller, limits.write_timeout);
        if (const std::optional<Error> refusal = refusal_of(caller)) {
            log(LogLevel::warning, "",
                fmt::format("{} (uid {}, pid {})", refusal->what(), peer.uid, peer.pid));
            session->refuse(*refusal);
            return;
        }
        sessions.push_back(session);
        asio::co_spawn(acceptor.get_executor(), serve(session), asio::detached);
    } catch (const std::exception& error) {
        log(LogLevel::warning, "", std::string("dropped a control client: ") + error.what());
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
    try {
        co_await session->run(handler, limits.request_timeout);
    } catch (const std::exception& error) {
        log(LogLevel::debug, "",
            fmt::format("control client uid {} left: {}", session->caller().uid, error.what()));
    }
    sessions.remove(session);
}

ControlServer::ControlServer(const asio::any_io_executor& loop, Fd listener, PeerCheck check,
                             RequestHandler handler, ControlLimits limits)
    : impl_(std::make_shared<Impl>(loop, std::move(listener), std::move(check), std::move(handler),
                                   limits)) {
    asio::co_spawn(loop, impl_->accept_clients(), asio::detached);
}

ControlServer::~ControlServer() = default;

void ControlServer::stop() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
    for (const auto& session : impl_->sessions) session->drop_unless_asked();
}

std::size_t ControlServer::clients() const {
    return impl_->sessions.size();
}

}  // namespace tsb
