// Hooks and jobs: hooks that cannot be started, hooks that a reload meets at work, and when a
// cluster is told as overdue.
#include "daemon/notices.hpp"

#include <cerrno>
#include <csignal>

#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/notice_ground.hpp"
#include "tests/unit/notify/hook_scripts.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

using Lines = std::vector<std::string>;

const std::vector<ClusterConfig> one_cluster = {scheduled_cluster("main", {})};

/// A program that nobody can start, and why.
struct Unstartable {
    HookConfig hook;
    std::string says;
};

std::vector<Unstartable> unstartable(const HookScripts& scripts) {
    write_file(scripts.path("not for running"), "#!/bin/sh\ntouch ran\n");
    std::filesystem::create_directory(scripts.path("a directory"));
    scripts.hook("no interpreter", "");
    write_file(scripts.path("no interpreter"), "#!" + scripts.path("gone").string() + "\n");
    const auto told = [&](const std::string& name, const std::string& cause) {
        const HookConfig hook = scripts.program(name);
        return Unstartable{hook, "cannot run '" + hook.command.front() + "': " + cause};
    };
    return {told("missing", "No such file or directory"),
            told("not for running", "Permission denied"), told("a directory", "Permission denied"),
            told("no interpreter", "No such file or directory")};
}

/// The process that a script wrote down is gone.
bool is_gone(const HookScripts& scripts, const std::string& name) {
    return ::kill(static_cast<pid_t>(std::stol(scripts.text(name))), 0) == -1 && errno == ESRCH;
}

}  // namespace

TEST_CASE("hooks that cannot be started harm neither the job nor what is told later") {
    const HookScripts scripts;
    const std::vector<Unstartable> bad = unstartable(scripts);
    NoticeConfig config;
    for (const Unstartable& each : bad) config.on_success.push_back(each.hook);
    config.on_success.push_back(scripts.hook("good", "echo told >>told"));
    const LogCapture log;
    NoticeGround ground(one_cluster, config);
    for (std::size_t count = 1; count <= 2; ++count) {
        const JobPointer job = ground.take_backup();
        CHECK(end_of(job) == "done");
        REQUIRE(scripts.await_lines("told", count));
        for (const Unstartable& each : bad) {
            INFO(each.says << " in\n" << log.text());
            CHECK(log.lines_with(each.says) == count);
            CHECK(log.lines_with("job=" + job->id + " notice of success of main: " + each.says) ==
                  1);
        }
    }
    CHECK(ground.repository.list("main").size() == 2);
    CHECK_FALSE(scripts.has("ran"));
}

TEST_CASE("a required hook that cannot be started fails its backup, which stays stored") {
    const HookScripts scripts;
    for (const Unstartable& bad : unstartable(scripts)) {
        INFO(bad.says);
        NoticeConfig config;
        config.on_success = {bad.hook, scripts.hook("success", "touch success-told")};
        config.on_success.front().required = true;
        config.on_failure = {scripts.hook("failure", "cat >>failures")};
        NoticeGround ground(one_cluster, config);
        const std::size_t before = scripts.lines("failures").size();
        const JobPointer job = ground.take_backup();
        REQUIRE(job->state == JobState::failed);
        CHECK(job->outcome.failure->code() == ErrorCode::command_failed);
        CHECK(std::string(job->outcome.failure->what()) ==
              "the backup is stored, but a required hook failed: " + bad.says);

        const std::shared_ptr<const Metadata> stored = ground.repository.newest_good("main");
        REQUIRE(stored);
        CHECK(job->outcome.result.at("backup_id") == stored->id);
        const JobRecord record = ground.repository.newest_history("main", 1).at(0);
        CHECK(record.outcome == "failed");
        CHECK(record.backup_id == stored->id);

        REQUIRE(scripts.await_lines("failures", before + 1));
        const Json told = Json::parse(scripts.lines("failures").back());
        CHECK(told.at("backup_id") == stored->id);
        CHECK(told.at("error").at("code") == "command_failed");
        CHECK_FALSE(scripts.has("success-told"));
    }
}

TEST_CASE("what an earlier configuration was told of is told once, by its own hooks") {
    const HookScripts scripts;
    NoticeConfig before;
    before.on_success = {scripts.hook(
        "old", "touch old-runs; while ! [ -e go ]; do sleep 0.01; done; cat >>told-old")};
    NoticeConfig after;
    after.on_success = {scripts.hook("new", "cat >>told-new")};
    NoticeGround ground(one_cluster, before);
    Lines jobs = {ground.take_backup()->id};
    REQUIRE(scripts.await("old-runs"));
    jobs.push_back(ground.take_backup()->id);  // waits behind the first

    ground.reload_notices(after);
    const std::string later = ground.take_backup()->id;
    REQUIRE(scripts.await_lines("told-new", 1));
    write_file(scripts.path("go"), "");
    CHECK(scripts.await_lines("told-old", 2));
    ground.notices().stop();
    Lines told;
    for (const std::string& line : scripts.lines("told-old"))
        told.push_back(Json::parse(line)["job"]);
    CHECK(told == jobs);
    REQUIRE(scripts.lines("told-new").size() == 1);
    CHECK(Json::parse(scripts.lines("told-new").front())["job"] == later);
}

TEST_CASE("a hook that a reload meets at work is not run again by what comes after") {
    const HookScripts scripts;
    NoticeConfig before;
    before.on_success = {scripts.hook("old", "cat >>told-old; exec sleep 1000")};
    NoticeConfig after;
    after.on_success = {scripts.hook("new", "cat >>told-new")};
    NoticeGround ground(one_cluster, before);
    const JobPointer first = ground.take_backup();
    REQUIRE(scripts.await_lines("told-old", 1));
    ground.reload_notices(after);
    const JobPointer second = ground.take_backup();
    REQUIRE(scripts.await_lines("told-new", 1));
    ground.notices().stop();
    REQUIRE(scripts.lines("told-old").size() == 1);
    CHECK(Json::parse(scripts.lines("told-old").front())["job"] == first->id);
    REQUIRE(scripts.lines("told-new").size() == 1);
    CHECK(Json::parse(scripts.lines("told-new").front())["job"] == second->id);
}

TEST_CASE("stop() ends the hooks of the present and of each earlier configuration") {
    const HookScripts scripts;
    // They ask for more than SIGTERM.
    const auto stubborn = [&](const std::string& name) {
        NoticeConfig config;
        config.on_success = {scripts.hook("hook-" + name, "trap '' TERM\necho $$ >pid-" + name +
                                                              "\nmv pid-" + name + " " + name +
                                                              "\nwhile :; do sleep 1; done")};
        return config;
    };
    const Lines names = {"first", "second", "third"};
    NoticeGround ground(one_cluster, stubborn(names.front()));
    for (const std::string& name : names) {
        if (name != names.front()) ground.reload_notices(stubborn(name));
        ground.take_backup();
        REQUIRE(scripts.await(name));
    }
    REQUIRE_FALSE(is_gone(scripts, names.back()));
    ground.notices().stop();
    for (const std::string& name : names) {
        INFO(name);
        CHECK(is_gone(scripts, name));
    }
}

TEST_CASE("a required hook that a reload meets at work decides on its job, told to who is new") {
    const HookScripts scripts;
    const bool fails = GENERATE(false, true);
    NoticeConfig before;
    before.on_success = {
        scripts.required("old", "echo ran >>runs; while ! [ -e go ]; do sleep 0.01; done; exit " +
                                    std::to_string(fails ? 3 : 0))};
    before.on_failure = {scripts.hook("old failure", "cat >>told-old")};
    NoticeConfig after;
    after.on_success = {scripts.hook("new success", "cat >>told-success")};
    after.on_failure = {scripts.hook("new failure", "cat >>told-failure")};
    NoticeGround ground(one_cluster, before);
    const JobPointer job =
        start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    REQUIRE(eventually([&] {
        ground.loop().run_for(std::chrono::milliseconds(10));
        return scripts.has("runs");
    }));
    ground.reload_notices(after);
    write_file(scripts.path("go"), "");
    ground.finish_jobs();
    CHECK(job->state == (fails ? JobState::failed : JobState::done));
    CHECK(scripts.lines("runs").size() == 1);
    const std::string told = fails ? "told-failure" : "told-success";
    REQUIRE(scripts.await_lines(told, 1));
    ground.notices().stop();
    CHECK(scripts.lines(told).size() == 1);
    CHECK_FALSE(scripts.has(fails ? "told-success" : "told-failure"));
    CHECK_FALSE(scripts.has("told-old"));
}
