// Commands of the configuration, run for real: what reaches them, how they end, what stays behind.
#include "core/base/command.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <future>
#include <thread>

#include "core/base/fs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using test::contains;
using test::eventually;
using test::is_gone;
namespace stdfs = std::filesystem;

namespace {

/// A shell script, and a directory for what it tells the test.
struct Script {
    explicit Script(const std::string& text) {
        test::write_file(path, "#!/bin/sh\ncd " + directory.path().string() + "\n" + text);
        stdfs::permissions(path, stdfs::perms::owner_all);
    }
    Command command(std::chrono::seconds limit = std::chrono::seconds(60)) const {
        Command command({path.string()});
        command.limit = limit;
        command.grace = std::chrono::milliseconds(200);
        return command;
    }
    /// The process number the script wrote to `name`; waits until it is there.
    pid_t pid(const std::string& name) const {
        const stdfs::path file = directory.path() / name;
        REQUIRE(eventually([&] { return stdfs::exists(file) && stdfs::file_size(file) > 0; }));
        return static_cast<pid_t>(std::stol(test::read_file(file)));
    }

    test::TempDir directory;
    stdfs::path path = directory.path() / "script";
};

CommandOutcome run(const Command& command) {
    return run_command(command, std::stop_token());
}

std::size_t open_descriptors() {
    const stdfs::directory_iterator entries("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(entries, stdfs::directory_iterator()));
}

bool has_children() {
    return !test::read_file("/proc/self/task/" + std::to_string(gettid()) + "/children").empty();
}

}  // namespace

TEST_CASE("exit status, signal and output are told") {
    const Script done("echo one; echo two >&2");
    const CommandOutcome good = run(done.command());
    CHECK(good.succeeded());
    CHECK(good.output == "one\ntwo");
    CHECK_FALSE(failure_of(done.command(), good));

    const Script fails("echo 'no\033[2J space'; exit 3");
    const CommandOutcome bad = run(fails.command());
    CHECK(bad.end == CommandEnd::exited);
    CHECK(bad.status == 3);
    const std::optional<Error> failure = failure_of(fails.command(), bad);
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::command_failed);
    CHECK(failure->what() ==
          "cannot run '" + fails.path.string() + "': exit status 3: no\\x1B[2J space");

    const CommandOutcome killed = run(Script("kill -USR1 $$").command());
    CHECK(killed.end == CommandEnd::signalled);
    CHECK(killed.status == SIGUSR1);
}

TEST_CASE("arguments arrive as they are and no shell reads them") {
    const CommandOutcome outcome =
        run(Command({"/usr/bin/printf", "<%s>", "$HOME `id` *", "", ";"}));
    CHECK(outcome.output == "<$HOME `id` *><><;>");
}

TEST_CASE("what cannot be started is told with its cause") {
    const Script script("");
    stdfs::permissions(script.path, stdfs::perms::owner_read);
    struct Row {
        std::vector<std::string> argv;
        const char* cause;
    };
    const std::string missing = (script.directory.path() / "missing").string();
    for (const Row& row :
         {Row{{missing}, "No such file or directory"},
          Row{{script.path.string()}, "Permission denied"},
          Row{{script.directory.path().string()}, "Permission denied"},
          Row{{"true"}, "its path is not absolute"}, Row{{}, "its path is not absolute"},
          Row{{"/bin/echo", std::string("a\0b", 3)}, "an argument holds a zero byte"}}) {
        CAPTURE(row.cause);
        const Command command(row.argv);
        const CommandOutcome outcome = run(command);
        CHECK(outcome.end == CommandEnd::not_started);
        const std::string program = row.argv.empty() ? "" : row.argv.front();
        CHECK(failure_of(command, outcome)->what() == "cannot run '" + program + "': " + row.cause);
    }
}

TEST_CASE("the environment holds nothing of ours") {
    ::setenv("PGPASSWORD", "marker-secret", 1);
    Command command({"/usr/bin/env"});
    command.environment = {"TSBACKUP_EVENT=failure"};
    const CommandOutcome outcome = run(command);
    ::unsetenv("PGPASSWORD");
    std::istringstream lines(outcome.output);
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);)
        names.push_back(line.substr(0, line.find('=')));
    CHECK(names == std::vector<std::string>{"PATH", "LANG", "HOME", "TSBACKUP_EVENT"});
    CHECK(contains(outcome.output, "TSBACKUP_EVENT=failure"));
}

TEST_CASE("no descriptor of ours reaches the command, whatever its flags") {
    const test::TempDir directory;
    const std::string file = (directory.path() / "secret").string();
    const Fd leaking(::open(file.c_str(), O_CREAT | O_RDWR, 0600));
    REQUIRE(leaking);
    const CommandOutcome outcome = run(Command({"/bin/ls", "/proc/self/fd"}));
    CHECK(outcome.output == "0\n1\n2\n3");  // 3: the directory it lists
}

TEST_CASE("directory, session, signal mask and dispositions are those of a fresh process") {
    struct sigaction ours {};
    struct sigaction before {};
    ours.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ours, &before);
    sigset_t blocked;
    sigset_t mask_before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
    const CommandOutcome signals = run(Command({"/bin/cat", "/proc/self/status"}));
    ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
    ::sigaction(SIGPIPE, &before, nullptr);
    // Of the first 31: glibc keeps two real-time signals to itself.
    for (const char* field : {"SigBlk:\\x09", "SigIgn:\\x09", "SigCgt:\\x09"}) {
        CAPTURE(field);
        const std::size_t at = signals.output.find(field);
        REQUIRE(at != std::string::npos);
        const std::string mask = signals.output.substr(at + std::strlen(field), 16);
        CHECK((std::stoull(mask, nullptr, 16) & 0x7FFFFFFF) == 0);
    }

    const CommandOutcome place =
        run(Command({"/bin/sh", "-c", "pwd; cut -d' ' -f1,5,6,7 /proc/$$/stat; echo $$"}));
    std::istringstream words(place.output);
    std::string cwd, stat_pid, group, session, terminal, pid;
    words >> cwd >> stat_pid >> group >> session >> terminal >> pid;
    CHECK(cwd == "/");
    CHECK(group == pid);
    CHECK(session == pid);
    CHECK(terminal == "0");
}

TEST_CASE("input arrives whole and may be left unread") {
    const std::string megabyte(1 << 20, 'x');
    Command counts({"/usr/bin/wc", "-c"});
    counts.input = megabyte;
    CHECK(run(counts).output == "1048576");
    for (const char* ignores : {"exec <&-; exit 0", "exit 0", "head -c 1 >/dev/null"}) {
        CAPTURE(ignores);
        Command command({"/bin/sh", "-c", ignores});
        command.input = megabyte;
        CHECK(run(command).succeeded());
    }
}

TEST_CASE("of much output the end is kept") {
    const CommandOutcome outcome =
        run(Command({"/bin/sh", "-c", "yes line | head -c 1000000; echo last"}));
    CHECK(outcome.succeeded());
    CHECK(outcome.output.ends_with("\nlast"));
    CHECK(outcome.output.size() <= 4096);
    CHECK(outcome.output.size() > 4000);
}

TEST_CASE("a command past its limit is ended, whatever it does meanwhile") {
    struct Row {
        Script script;
        int ended_by;
    };
    std::array rows = {Row{Script("echo $$ >pid; exec sleep 1000"), SIGTERM},
                       Row{Script("echo $$ >pid; yes"), SIGTERM},
                       Row{Script("trap '' TERM; echo $$ >pid; yes"), SIGKILL},
                       Row{Script("echo $$ >pid; kill -STOP $$"), SIGKILL}};
    std::vector<std::future<CommandOutcome>> outcomes;
    for (const Row& row : rows) {
        outcomes.push_back(std::async(std::launch::async, [&row] {
            return run(row.script.command(std::chrono::seconds(1)));
        }));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i);
        const CommandOutcome outcome = outcomes[i].get();
        CHECK(outcome.end == CommandEnd::timed_out);
        CHECK(outcome.status == rows[i].ended_by);
        CHECK(::kill(rows[i].script.pid("pid"), 0) == -1);
        const Command command = rows[i].script.command(std::chrono::seconds(1));
        CHECK(contains(failure_of(command, outcome)->what(), "not done within 1 s"));
    }
}

TEST_CASE("what a command leaves behind is killed and not waited for") {
    const Script script("sleep 1000 & echo $! >child; echo done");
    const CommandOutcome outcome = run(script.command());
    CHECK(outcome.succeeded());
    CHECK(outcome.output == "done");
    const pid_t child = script.pid("child");
    CHECK(eventually([&] { return is_gone(child); }));
}

TEST_CASE("orphans that become ours are reaped") {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // as process 1 is
    const Script script("sleep 1000 & echo $! >child");
    CHECK(run(script.command()).succeeded());
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    CHECK(::kill(script.pid("child"), 0) == -1);
}

TEST_CASE("what a command started for good is left running when that is asked for") {
    const Script script("sleep 1000 & echo $! >child; echo done");
    Command command = script.command();
    command.survivors = Survivors::left_running;
    const CommandOutcome outcome = run(command);
    CHECK(outcome.output == "done");
    const pid_t child = script.pid("child");
    CHECK_FALSE(is_gone(child));
    ::kill(child, SIGKILL);
}

TEST_CASE("a session of its own that holds the output is not waited for") {
    const Script script(
        "setsid sh -c 'echo $$ >child; exec yes' & while ! [ -s child ]; do :; done");
    CHECK(run(script.command()).succeeded());
    const pid_t child = script.pid("child");
    CHECK(eventually([&] { return is_gone(child); }));  // by SIGPIPE: nobody reads any more
}

TEST_CASE("a request to stop ends the command") {
    const Script script("trap '' TERM; echo $$ >pid; while :; do sleep 1; done");
    std::stop_source stop;
    CommandOutcome outcome;
    std::thread worker([&] { outcome = run_command(script.command(), stop.get_token()); });
    const pid_t pid = script.pid("pid");
    stop.request_stop();
    worker.join();
    CHECK(outcome.end == CommandEnd::cancelled);
    CHECK(outcome.status == SIGKILL);
    CHECK(::kill(pid, 0) == -1);
    CHECK(failure_of(script.command(), outcome)->code() == ErrorCode::cancelled);

    const Script never("echo $$ >pid");
    CHECK(run_command(never.command(), stop.get_token()).end == CommandEnd::cancelled);
    CHECK_FALSE(stdfs::exists(never.directory.path() / "pid"));
}

TEST_CASE("no descriptor and no zombie stays behind") {
    const std::size_t before = open_descriptors();
    for (const char* program : {"/bin/true", "/bin/false", "/nowhere"}) run(Command({program}));
    CHECK(open_descriptors() == before);
    CHECK_FALSE(has_children());
}

TEST_CASE("whichever descriptor cannot be had, the command is not started or gone") {
    const std::size_t before = open_descriptors();
    rlimit limit_before{};
    ::getrlimit(RLIMIT_NOFILE, &limit_before);
    const Fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::size_t failures = 0;
    for (bool started = false; !started; ++failures) {
        const rlimit limit{static_cast<rlim_t>(lowest.get()) + 1 + failures, limit_before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &limit);
        const Command command({"/bin/sleep", "0"});
        const CommandOutcome outcome = run(command);
        ::setrlimit(RLIMIT_NOFILE, &limit_before);
        started = outcome.succeeded();
        CAPTURE(failures);
        CHECK(started == outcome.cause.empty());
        CHECK((started || contains(outcome.cause, "Too many open files")));
        CHECK_FALSE(has_children());
    }
    CHECK(failures > 5);
    CHECK(open_descriptors() == before + 1);  // and `lowest`
}

TEST_CASE("a child that nobody reaped is killed with its object") {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    {
        const ChildProcess child({"/bin/sleep", "1000"}, {}, null.get(), null.get());
        CHECK(has_children());
    }
    CHECK_FALSE(has_children());
}
