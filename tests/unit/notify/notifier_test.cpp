// The notifier with real hooks and a web server.
#include "daemon/notify/notifier.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/base/log.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/notify/hook_scripts.hpp"
#include "tests/unit/notify/http_server.hpp"

using namespace tsb;
using test::contains;
using test::eventually;
using test::HookScripts;
using test::HttpServer;
namespace stdfs = std::filesystem;
using Kind = Notice::Kind;

namespace {

Notice notice(Kind kind, const std::string& job = "b-1") {
    return {kind, "main", Json({{"event", to_string(kind)}, {"job", job}})};
}

/// What is logged while it lives.
class LogCapture {
public:
    explicit LogCapture(const stdfs::path& file) : file_(file), before_(::dup(STDERR_FILENO)) {
        set_up_log(LogLevel::debug);
        test::write_file(file_, "");
        std::freopen(file_.c_str(), "a", stderr);
    }
    LogCapture(const LogCapture&) = delete;
    ~LogCapture() {
        std::fflush(stderr);
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        set_up_log(LogLevel::info);
    }
    std::string text() const { return test::read_file(file_); }

private:
    stdfs::path file_;
    int before_;
};

}  // namespace

TEST_CASE("each kind has its hooks, run in order with the notice as input, then the webhooks") {
    const HookScripts ground;
    HttpServer server({HttpServer::status(200)});
    NoticeConfig config;
    const std::string tell = "echo \"$(basename $0) $TSBACKUP_EVENT $(cat)\" >>told";
    config.on_success = {ground.hook("s1", tell), ground.hook("s2", tell)};
    config.on_failure = {ground.hook("f", tell)};
    config.on_overdue = {ground.hook("o", tell)};
    config.on_recovered = {ground.hook("r", tell)};
    config.webhooks.resize(2);
    for (WebhookConfig& webhook : config.webhooks) webhook.url = server.url();
    Notifier notifier(config);
    for (const Kind kind : {Kind::success, Kind::failure, Kind::overdue, Kind::recovered}) {
        notifier.deliver(notice(kind));
    }
    REQUIRE(server.wait_for_requests(8));
    notifier.stop();
    CHECK(ground.lines("told") ==
          std::vector<std::string>{R"(s1 success {"event":"success","job":"b-1"})",
                                   R"(s2 success {"event":"success","job":"b-1"})",
                                   R"(f failure {"event":"failure","job":"b-1"})",
                                   R"(o overdue {"event":"overdue","job":"b-1"})",
                                   R"(r recovered {"event":"recovered","job":"b-1"})"});
    CHECK(contains(server.requests()[2], R"({"event":"failure","job":"b-1"})"));
}

TEST_CASE("a hook or webhook that fails is logged and holds up nothing") {
    const HookScripts ground;
    HttpServer server({HttpServer::status(404), HttpServer::status(200)});
    NoticeConfig config;
    config.on_failure = {ground.program("missing"),
                         ground.hook("bad", "echo one; echo two; exit 7"),
                         ground.hook("good", "touch done")};
    config.webhooks.resize(2);
    for (WebhookConfig& webhook : config.webhooks) webhook.url = server.url();
    const LogCapture log(ground.path("log"));
    Notifier notifier(config);
    notifier.deliver(notice(Kind::failure));
    CHECK(server.wait_for_requests(2));
    CHECK(ground.has("done"));
    CHECK(eventually([&] { return contains(log.text(), "webhook 2 took it"); }));
    notifier.stop();
    const std::string text = log.text();
    CHECK(contains(text, "job=b-1 notice of failure of main: cannot run '"));
    CHECK(contains(text, "exit status 7: two; it printed: one | two\n"));
    CHECK(contains(text, "No such file or directory\n"));
    CHECK(contains(text, "status 404\n"));
    CHECK_FALSE(contains(text, "marker"));
}

TEST_CASE("when too many wait the oldest of the same kind goes, or else the oldest") {
    const HookScripts ground;
    const std::string tell = "touch started; while ! [ -e go ]; do sleep 0.01; done; cat >>told";
    NoticeConfig config;
    config.on_success = {ground.hook("s", tell)};
    config.on_failure = {ground.hook("f", tell)};
    config.on_overdue = {ground.hook("o", tell)};
    Notifier notifier(config);
    notifier.deliver(notice(Kind::success, "runs"));
    REQUIRE(ground.await("started"));
    notifier.deliver(notice(Kind::failure, "failure"));
    const auto deliver_success = [&](std::size_t number) {
        notifier.deliver(notice(Kind::success, "success " + std::to_string(number)));
    };
    for (std::size_t i = 1; i < Notifier::most_waiting; ++i) deliver_success(i);
    std::vector<std::string> expected = {"runs"};
    SECTION("same kind") {
        deliver_success(Notifier::most_waiting);  // instead of success 1
        expected.push_back("failure");
        for (std::size_t i = 2; i <= Notifier::most_waiting; ++i) {
            expected.push_back("success " + std::to_string(i));
        }
    }
    SECTION("another kind") {
        notifier.deliver(notice(Kind::overdue, "overdue"));  // instead of the failure
        for (std::size_t i = 1; i < Notifier::most_waiting; ++i) {
            expected.push_back("success " + std::to_string(i));
        }
        expected.push_back("overdue");
    }
    test::write_file(ground.path("go"), "");
    CHECK(eventually([&] { return ground.lines("told").size() >= expected.size(); }));
    notifier.stop();
    std::vector<std::string> told;
    for (const std::string& line : ground.lines("told")) told.push_back(Json::parse(line)["job"]);
    CHECK(told == expected);
}

TEST_CASE("stop ends a hook that runs, and what waits is never run") {
    const HookScripts ground;
    NoticeConfig config;
    config.on_failure = {ground.hook("f", "echo $$ >pid; mv pid running; yes")};
    config.on_success = {ground.hook("s", "touch ran")};
    const LogCapture log(ground.path("log"));
    Notifier notifier(config);
    notifier.deliver(notice(Kind::failure));
    REQUIRE(ground.await("running"));
    notifier.deliver(notice(Kind::success));
    notifier.stop();
    CHECK(::kill(static_cast<pid_t>(std::stol(ground.text("running"))), 0) == -1);
    notifier.deliver(notice(Kind::success));
    notifier.stop();
    CHECK_FALSE(ground.has("ran"));
    CHECK(contains(log.text(), "notice of success of main: dropped: stopping"));
}

TEST_CASE("a notifier without work stops") {
    Notifier notifier((NoticeConfig()));
    notifier.stop();
}

TEST_CASE("required hooks of a success decide on the job and are not run again") {
    const HookScripts ground;
    NoticeConfig config;
    config.on_success = {ground.hook("free", "echo free >>told"),
                         ground.required("first", "echo first >>told"),
                         ground.required("second", "echo second >>told; echo no; exit 2"),
                         ground.required("third", "echo third >>told")};
    config.on_failure = {ground.required("failure", "echo failure >>told")};
    Notifier notifier(config);
    const std::optional<Error> failure =
        notifier.run_required(notice(Kind::success), std::stop_token());
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::command_failed);
    CHECK(contains(failure->what(), "second': exit status 2: no"));
    CHECK(ground.lines("told") == std::vector<std::string>{"first", "second"});

    CHECK_FALSE(notifier.run_required(notice(Kind::failure), std::stop_token()));
    notifier.deliver(notice(Kind::success));
    notifier.deliver(notice(Kind::failure));
    CHECK(eventually([&] { return ground.lines("told").size() >= 4; }));
    notifier.stop();
    CHECK(ground.lines("told") == std::vector<std::string>{"first", "second", "free", "failure"});
}

TEST_CASE("a required hook ends when its job is cancelled") {
    const HookScripts ground;
    NoticeConfig config;
    config.on_success = {ground.required("s", "touch running; exec sleep 1000")};
    const Notifier notifier(config);
    std::stop_source stop;
    std::optional<Error> failure;
    std::thread job(
        [&] { failure = notifier.run_required(notice(Kind::success), stop.get_token()); });
    CHECK(ground.await("running"));
    stop.request_stop();
    job.join();
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::cancelled);
}
