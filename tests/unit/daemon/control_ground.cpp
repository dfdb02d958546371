#include "tests/unit/daemon/control_ground.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <fstream>
#include <sstream>

#include "core/base/log.hpp"
#include "daemon/control_socket.hpp"
#include "tests/support/catch.hpp"

namespace tsb::test {

namespace asio = boost::asio;

ControlGround::ControlGround(RequestHandler handler, ControlLimits limits, Caller caller)
    : control_(
          loop_.get_executor(), listen_on(path_),
          [caller](const Peer& peer) { return peer.pid == getpid() ? caller : Caller(); },
          std::move(handler), limits),
      thread_([this] { loop_.run(); }) {}

ControlGround::~ControlGround() {
    asio::post(loop_, [this] { control_.stop(); });
    thread_.join();  // ends only when no connection is left
    CHECK(control_.clients() == 0);
}

Outcome ControlClient::ask(const std::string& text) {
    send(text);
    return decode_reply(line()).outcome;
}

LogCapture::LogCapture() : before_(::dup(STDERR_FILENO)) {
    const Fd file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDERR_FILENO);
    set_up_log(LogLevel::debug);
}

LogCapture::~LogCapture() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    set_up_log(LogLevel::info);
}

std::string LogCapture::text() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
}

std::size_t LogCapture::lines_with(const std::string& part) const {
    std::istringstream lines(text());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += line.find(part) != std::string::npos ? 1 : 0;
    }
    return count;
}

}  // namespace tsb::test
