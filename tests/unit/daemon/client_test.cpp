// What the client says when it cannot reach the daemon.
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control_socket.hpp"
#include "daemon/ctl/connection.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

Error failure_at(const std::filesystem::path& socket) {
    try {
        const Connection connection(socket.string(), Request("list", Json::object()));
    } catch (const Error& error) {
        return error;
    }
    FAIL("connected");
    return {ErrorCode::internal, ""};
}

/// Somebody whom directory modes bind, while it lives.
class Unprivileged {
public:
    Unprivileged() : before_(geteuid()) {
        if (before_ == 0) REQUIRE(seteuid(65534) == 0);
    }
    ~Unprivileged() {
        if (before_ == 0 && seteuid(0) != 0) std::abort();
    }
    Unprivileged(const Unprivileged&) = delete;

private:
    const uid_t before_;
};

}  // namespace

TEST_CASE("a control socket that is not there is told with its path and what to look at") {
    const test::TempDir directory;
    const Error error = failure_at(directory.path() / "control.sock");
    CHECK(error.code() == ErrorCode::daemon_unreachable);
    CHECK(contains(error.what(), (directory.path() / "control.sock").string()));
    CHECK(contains(error.hint(), "is tsbackupd running"));
    CHECK(contains(error.hint(), "--socket"));
}

TEST_CASE("who may not open the socket is told to join its group") {
    const test::TempDir directory;
    const auto path = directory.path() / "run" / "control.sock";
    const Fd listener = listen_on(path);
    REQUIRE(::chmod(path.parent_path().c_str(), 0) == 0);
    const Error error = [&] {
        const Unprivileged somebody;
        return failure_at(path);
    }();
    REQUIRE(::chmod(path.parent_path().c_str(), 0750) == 0);
    CHECK(error.code() == ErrorCode::refused);
    CHECK(contains(error.hint(), "group"));
    CHECK(contains(error.hint(), "control.rights"));
}
