// Programs that run as somebody else, or beside us: as whom, how they end, and that they do.
#include "core/base/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "core/base/command.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using test::contains;
using test::error_of;
using test::eventually;
using test::is_gone;

namespace {

constexpr uid_t nobody = 65534;

Fd null_device() {
    return Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

/// A shell that notes its number and then waits, doing `on_signal` first.
struct Server {
    explicit Server(const std::string& on_signal)
        : output(::open((directory.path() / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
        launch.argv = {"/bin/sh", "-c", on_signal + "; echo $$ >&2; while :; do sleep 0.05; done"};
        launch.environment = clean_environment(std::nullopt, {});
        launch.output = output.get();
        launch.grace = std::chrono::milliseconds(200);
    }
    std::string log() const { return test::read_file(directory.path() / "log"); }
    /// Waits until the traps are set.
    pid_t pid() const {
        REQUIRE(eventually([&] { return contains(log(), "\n"); }));
        return static_cast<pid_t>(std::stol(log()));
    }

    test::TempDir directory;
    Fd output;
    ServerLaunch launch;
};

}  // namespace

TEST_CASE("a command can run as another account, without groups of ours") {
    if (::geteuid() != 0) return;  // only root may choose
    Command command({"/bin/sh", "-c", "id -u; id -ru; id -g; id -G; echo $HOME"});
    command.account = Account{nobody, nobody};
    const CommandOutcome outcome = run_command(command, std::stop_token());
    INFO(outcome.cause);
    CHECK(outcome.output == "65534\n65534\n65534\n65534\n/nonexistent");

    command.argv = {"/bin/sh", "-c", "cat /etc/shadow"};
    CHECK_FALSE(run_command(command, std::stop_token()).succeeded());
}

TEST_CASE("a child that follows a thread gets its signal when the thread ends") {
    const Fd null = null_device();
    for (const std::optional<Account> account :
         {std::optional<Account>(), std::optional<Account>(Account{nobody, nobody})}) {
        if (account && ::geteuid() != 0) continue;
        ChildOptions options;
        options.account = account;
        options.signal_with_thread = SIGQUIT;
        std::optional<ChildProcess> child;
        std::thread([&] {
            const std::vector<std::string> argv = {"/bin/sleep", "1000"};
            child.emplace(argv, std::vector<std::string>(), null.get(), null.get(), options);
        }).join();
        const int status = child->reap(Survivors::killed);
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGQUIT);
    }
}

TEST_CASE("a server is asked to end in three ways, each harsher") {
    struct Row {
        const char* on_signal;
        const char* last_words;
    };
    for (const Row& row : {Row{"trap 'echo int >&2; exit 0' INT", "int\n"},
                           Row{"trap '' INT; trap 'echo quit >&2; exit 0' QUIT", "quit\n"},
                           Row{"trap '' INT QUIT", ""}}) {
        CAPTURE(row.on_signal);
        const Server server(row.on_signal);
        ServerProcess process(server.launch);
        const pid_t pid = server.pid();
        CHECK_FALSE(process.ended());
        process.stop();
        CHECK(process.ended());
        CHECK(::kill(pid, 0) == -1);
        CHECK(server.log().ends_with(row.last_words));  // the shell has words of its own before
        process.stop();
    }
}

TEST_CASE("a server that ends by itself is noticed and reaped") {
    const Server server("exit 3");
    const ServerProcess process(server.launch);
    CHECK(eventually([&] { return process.ended(); }));
}

TEST_CASE("a server goes with its object") {
    const Server server("true");
    pid_t pid = 0;
    {
        const ServerProcess process(server.launch);
        pid = server.pid();
    }
    CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("a server that cannot be started is told with its cause") {
    Server server("true");
    server.launch.argv = {"/nowhere/postgres"};
    CHECK(error_of([&] { ServerProcess process(server.launch); }).what() ==
          std::string("cannot run '/nowhere/postgres': No such file or directory"));
}

TEST_CASE("a server ends when the process that started it is killed") {
    const Server server("trap 'exit 0' QUIT");
    const pid_t parent = ::fork();
    if (parent == 0) {
        const ServerProcess process(server.launch);
        ::pause();
        ::_exit(0);
    }
    const pid_t pid = server.pid();
    CHECK_FALSE(is_gone(pid));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    CHECK(eventually([&] { return is_gone(pid); }));
}
