#include "daemon/metrics/page_server.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/none.hpp>
#include <list>

#include "core/base/log.hpp"
#include "daemon/accept_clients.hpp"
#include "daemon/log_limit.hpp"

namespace tsb {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using PageProtocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<PageProtocol>;
using Parser = http::request_parser<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t most_drained = 64 << 10;
constexpr std::string_view busy_answer =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

int family_of(int socket) {
    int family = AF_UNSPEC;
    socklen_t length = sizeof(family);
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &length);
    return family;
}

bool announces_body(const Parser& parser) {
    const auto length = parser.content_length();
    return parser.chunked() || (length && *length > 0);
}

HttpDecision decision_for(const Parser& parser, const boost::system::error_code& failed) {
    if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
        return head_too_long();
    }
    if (failed) return malformed_head();
    const Parser::value_type& request = parser.get();
    return decide_http({{request.method_string().data(), request.method_string().size()},
                        {request.target().data(), request.target().size()},
                        announces_body(parser)});
}

Response response_of(const HttpPage& page, unsigned version, bool keep_alive) {
    Response response;
    response.version(version);
    response.result(page.status);
    response.set(http::field::content_type, page.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    if (page.status == 405) response.set(http::field::allow, "GET");
    response.keep_alive(keep_alive);
    response.body() = page.text;
    response.prepare_payload();
    return response;
}

/// One connection: requests one after the other, each answered before the next is looked at.
class Connection {
public:
    Connection(PageProtocol::socket socket, const PageMaker& make_page, const PageLimits& limits)
        : make_page_(make_page),
          limits_(limits),
          stream_(std::move(socket)),
          buffer_(limits.head_bytes) {}

    asio::awaitable<void> run();
    /// Ends it, unless an answer is being made.
    void leave();

private:
    asio::awaitable<bool> serve_one(bool last);
    asio::awaitable<void> drain();

    const PageMaker& make_page_;
    const PageLimits& limits_;
    Stream stream_;
    // Not more than one head is ever held: what a client sends ahead waits in its socket.
    beast::flat_buffer buffer_;
    bool answering_ = false;
    bool leaving_ = false;
};

asio::awaitable<void> Connection::run() {
    for (std::size_t served = 1; served <= limits_.requests && !leaving_; ++served) {
        const bool goes_on = co_await serve_one(served == limits_.requests);
        if (!goes_on) break;
    }
}

/// Reads a request and answers it; whether another one may follow.
asio::awaitable<bool> Connection::serve_one(bool last) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.head_bytes));
    parser.body_limit(boost::none);  // none is read, however long it claims to be
    boost::system::error_code failed;
    stream_.expires_after(limits_.head_timeout);
    co_await http::async_read_header(stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, failed));
    // Anything else was no request, or never became one.
    const bool is_http = failed.category() == http::make_error_code(http::error{}).category();
    if (failed && (!is_http || failed == http::error::end_of_stream)) co_return false;
    const HttpDecision decision = decision_for(parser, failed);
    HttpPage page(decision.status, std::string(decision.text));
    if (decision.resource != HttpResource::none) {
        answering_ = true;
        page = co_await make_page_(decision.resource);
        answering_ = false;
    }
    const bool is_head = !failed && parser.get().method() == http::verb::head;
    if (is_head) page.text.clear();
    const bool goes_on =
        !last && !leaving_ && !decision.leave && !failed && parser.get().keep_alive();
    const unsigned version = failed ? 11 : parser.get().version();
    const Response response = response_of(page, version, goes_on);
    stream_.expires_after(limits_.write_timeout);
    co_await http::async_write(stream_, response,
                               asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return false;
    if (!goes_on && !leaving_) co_await drain();
    co_return goes_on;
}

/// Until the client has closed it, for a moment: closed with bytes unread, a connection is reset,
/// and the answer may be lost.
asio::awaitable<void> Connection::drain() {
    boost::system::error_code failed;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, failed);
    stream_.expires_after(limits_.leave_timeout);
    std::array<char, 4096> block;
    const auto into = asio::buffer(block);
    for (std::size_t drained = 0; !failed && drained < most_drained;) {
        drained += co_await stream_.async_read_some(
            into, asio::redirect_error(asio::use_awaitable, failed));
    }
}

void Connection::leave() {
    leaving_ = true;
    if (!answering_) stream_.close();
}

}  // namespace

struct PageServer::Impl : std::enable_shared_from_this<PageServer::Impl> {
    Impl(const asio::any_io_executor& loop, Fd listener, PageMaker m, PageLimits l)
        : acceptor(loop, PageProtocol(family_of(listener.get()), 0), listener.get()),
          make_page(std::move(m)),
          limits(l),
          complaints(1, std::chrono::minutes(1)) {
        listener.release();  // the acceptor closes it
    }

    // A coroutine begins later than it is spawned: these two hold what they work on from the first.
    static asio::awaitable<void> accept(std::shared_ptr<Impl> self);
    void admit(PageProtocol::socket socket);
    static asio::awaitable<void> serve(std::shared_ptr<Impl> self,
                                       std::shared_ptr<Connection> connection);
    void complain(const std::string& message);

    asio::basic_socket_acceptor<PageProtocol> acceptor;
    const PageMaker make_page;
    const PageLimits limits;
    LogLimit complaints;
    std::list<std::shared_ptr<Connection>> connections;
};

asio::awaitable<void> PageServer::Impl::accept(std::shared_ptr<Impl> self) {
    co_await accept_clients(*self);
}

void PageServer::Impl::admit(PageProtocol::socket socket) {
    try {
        if (connections.size() >= limits.connections) {
            ::send(socket.native_handle(), busy_answer.data(), busy_answer.size(),
                   MSG_DONTWAIT | MSG_NOSIGNAL);
            return;
        }
        auto connection = std::make_shared<Connection>(std::move(socket), make_page, limits);
        connections.push_back(connection);
        asio::co_spawn(acceptor.get_executor(), serve(shared_from_this(), connection),
                       asio::detached);
    } catch (const std::exception& error) {
        complain(std::string("dropped a client of the metrics: ") + error.what());
    }
}

asio::awaitable<void> PageServer::Impl::serve(std::shared_ptr<Impl> self,
                                              std::shared_ptr<Connection> connection) {
    try {
        co_await connection->run();
    } catch (const std::exception& error) {
        self->complain(std::string("dropped a client of the metrics: ") + error.what());
    }
    self->connections.remove(connection);
}

/// Logs a warning that anybody could cause any number of.
void PageServer::Impl::complain(const std::string& message) {
    if (complaints.admits(std::chrono::steady_clock::now())) {
        log(LogLevel::warning, "", "metrics: " + message);
    }
}

PageServer::PageServer(const asio::any_io_executor& loop, Fd listener, PageMaker make_page,
                       PageLimits limits)
    : impl_(std::make_shared<Impl>(loop, std::move(listener), std::move(make_page), limits)) {
    asio::co_spawn(loop, Impl::accept(impl_), asio::detached);
}

PageServer::~PageServer() = default;

void PageServer::stop() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
    for (const auto& connection : impl_->connections) connection->leave();
}

std::size_t PageServer::connections() const {
    return impl_->connections.size();
}

}  // namespace tsb
