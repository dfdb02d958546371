#include "daemon/verbs.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using tsb::test::Ground;

namespace {

Request request(const std::string& verb, Json args = Json::object()) {
    return {verb, std::move(args)};
}

ErrorCode code_of(const Outcome& outcome) {
    REQUIRE(outcome.failure);
    return outcome.failure->code();
}

std::vector<std::string> names_of(const std::vector<Json>& events) {
    std::vector<std::string> out;
    for (const Json& event : events) {
        const std::string name = event.at("event");
        if (out.empty() || out.back() != name) out.push_back(name);
    }
    return out;
}

}  // namespace

TEST_CASE("every verb of the wire has a handler") {
    Ground ground(test::unreachable_server());
    for (const VerbSpec& verb : verb_specs()) {
        if (verb.right == Right::none) continue;
        Json args = Json::object();
        if (verb.positional_required) args[std::string(verb.positional)] = "x";
        const Outcome outcome = ground.ask(request(std::string(verb.name), args));
        const std::string message = outcome.failure ? outcome.failure->what() : "";
        CHECK(message.find("unknown command") == std::string::npos);
    }
}

TEST_CASE("an unknown verb is answered with the nearest one") {
    Ground ground(test::unreachable_server());
    const Outcome outcome = ground.ask(request("lst"));
    CHECK(code_of(outcome) == ErrorCode::usage);
    CHECK(outcome.failure->hint() == "did you mean 'list'?");
    CHECK(code_of(ground.ask(request("init"))) == ErrorCode::usage);
}

TEST_CASE("right and arguments are checked before anything is done") {
    Ground ground(test::unreachable_server());
    Caller reader;
    reader.uid = 1000;
    reader.right = Right::read;
    CHECK(code_of(ground.ask(request("backup"), reader)) == ErrorCode::refused);
    CHECK(code_of(ground.ask(request("backup", {{"conninfo", "host=evil"}}))) == ErrorCode::usage);
    CHECK(ground.service.jobs.all().empty());
    CHECK_FALSE(ground.ask(request("list"), reader).failure);
}

TEST_CASE("status of a cluster without a good backup is unhealthy") {
    Ground ground(test::unreachable_server());
    const Outcome outcome = ground.ask(request("status"));
    CHECK(code_of(outcome) == ErrorCode::unhealthy);
    CHECK(outcome.result.at("healthy") == false);
    CHECK(outcome.result.at("problems") == Json({"cluster main has no good backup"}));
    CHECK(outcome.result.at("repository").at("free_bytes") > 0);
}

TEST_CASE("status says when the repository is gone") {
    Ground ground(test::unreachable_server());
    std::filesystem::remove(ground.directory.path() / "repository" / "repo.json");
    const Outcome outcome = ground.ask(request("status"));
    CHECK(code_of(outcome) == ErrorCode::unhealthy);
    CHECK(outcome.result.at("repository").at("present") == false);
}

TEST_CASE("a failed backup is told to the client, kept as a job and recorded") {
    Ground ground(test::unreachable_server());
    const Outcome outcome = ground.ask(request("backup"));
    CHECK(code_of(outcome) == ErrorCode::connection);
    CHECK(names_of(ground.events).front() == "job");
    CHECK(names_of(ground.events).back() == "job_end");

    const std::string id = ground.events.front().at("job");
    const Outcome jobs = ground.ask(request("jobs", {{"job", id}}));
    const Json& job = jobs.result.at("jobs").at(0);
    CHECK(job.at("state") == "failed");
    CHECK(job.at("error").at("code") == "connection");
    CHECK(std::filesystem::exists(ground.directory.path() / "repository/main/history"));
    CHECK(ground.ask(request("list")).result.at("backups").empty());
}

TEST_CASE("a detached backup runs on, can be watched and cancelled") {
    Ground ground(test::silent_server());
    const Outcome started = ground.ask(request("backup", {{"detach", true}}));
    REQUIRE_FALSE(started.failure);
    CHECK(ground.events.empty());
    const std::string id = started.result.at("job");
    const Outcome joined = ground.ask(request("backup", {{"detach", true}}));
    CHECK(joined.result.at("job") == id);
    const Json own = {{"detach", true}, {"compress", "zstd:1"}};
    const std::string waits = ground.ask(request("backup", own)).result.at("job");
    CHECK(waits != id);
    CHECK(ground.ask(request("jobs", {{"job", waits}})).result.at("jobs").at(0).at("state") ==
          "queued");
    CHECK_FALSE(ground.ask(request("cancel", {{"job", waits}})).failure);

    CHECK_FALSE(ground.ask(request("cancel", {{"job", id}})).failure);
    CHECK(code_of(ground.ask(request("watch", {{"job", id}}))) == ErrorCode::cancelled);
    const Outcome jobs = ground.ask(request("jobs"));
    CHECK(jobs.result.at("jobs").at(0).at("state") == "cancelled");
}

TEST_CASE("watching without a job follows all that run until they end") {
    Ground ground(test::silent_server());
    const std::string id = ground.ask(request("backup", {{"detach", true}})).result.at("job");
    ground.service.jobs.cancel(id);
    const Outcome watched = ground.ask(request("watch"));
    CHECK(watched.result.at("jobs").at(0).at("job") == id);
    CHECK(names_of(ground.events).back() == "job_end");
    CHECK(ground.ask(request("watch")).result.at("jobs").empty());
}

TEST_CASE("a check of a server that cannot be reached is unhealthy") {
    Ground ground(test::unreachable_server());
    const Outcome outcome = ground.ask(request("check"));
    CHECK(code_of(outcome) == ErrorCode::unhealthy);
    CHECK(outcome.result.at("clusters").at(0).at("cluster") == "main");
}

TEST_CASE("what is not there is not found") {
    Ground ground(test::unreachable_server());
    CHECK(code_of(ground.ask(request("show", {{"backup", "latest"}}))) == ErrorCode::not_found);
    CHECK(code_of(ground.ask(request("verify"))) == ErrorCode::not_found);
    CHECK(code_of(ground.ask(request("verify", {{"all", true}}))) == ErrorCode::not_found);
    CHECK(code_of(ground.ask(request("list", {{"cluster", "other"}}))) == ErrorCode::not_found);
    CHECK(code_of(ground.ask(request("backup", {{"cluster", "other"}}))) == ErrorCode::not_found);
    CHECK(code_of(ground.ask(request("watch", {{"job", "b-0"}}))) == ErrorCode::not_found);
}

TEST_CASE("a broken backup is listed, makes status unhealthy and fails verify") {
    Ground ground(test::unreachable_server());
    const std::string id = "cluster_backup_20261122_000000";
    const auto directory = ground.directory.path() / "repository/main/backups" / id;
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "metadata.json") << "{}";

    const Json listed = ground.ask(request("list")).result.at("backups").at(0);
    CHECK(listed.at("backup_id") == id);
    CHECK(listed.at("state") == "broken");
    CHECK(ground.ask(request("status")).result.at("problems").size() == 2);
    const Outcome verified = ground.ask(request("verify", {{"all", true}}));
    CHECK(code_of(verified) == ErrorCode::damaged);
    CHECK(verified.result.at("backups").at(0).at("problems").size() == 1);
}

TEST_CASE("a long list comes in parts, each backup once and in order") {
    Ground ground(test::unreachable_server());
    const auto backups = ground.directory.path() / "repository/main/backups";
    std::size_t there = 0;
    for (const std::size_t count : {249, 250, 251, 500, 501}) {
        for (; there < count; ++there) {
            const std::size_t time = there / 60 * 100 + there % 60;  // minutes, seconds
            const std::string name = "cluster_backup_20261122_" + std::to_string(100000 + time);
            std::filesystem::create_directories(backups / name);
        }
        ground.events.clear();
        Outcome outcome = ground.ask(request("list"));
        REQUIRE_FALSE(outcome.failure);
        CHECK(ground.events.size() == (count - 1) / 250);
        CHECK(outcome.result.at("backups").size() == (count - 1) % 250 + 1);
        PartialResult parts;
        for (Json& event : ground.events) CHECK(parts.take(event));
        const Json whole = parts.complete(std::move(outcome.result)).at("backups");
        std::vector<std::string> ids;
        for (const Json& backup : whole) ids.push_back(backup.at("backup_id"));
        CHECK(ids.size() == count);
        CHECK(std::is_sorted(ids.begin(), ids.end(), std::less_equal<>()));
    }
}

TEST_CASE("a client that leaves ends its request, not its job") {
    Ground ground(test::silent_server());
    const EmitEvent nobody = [](Json) -> boost::asio::awaitable<void> {
        throw Error(ErrorCode::daemon_unreachable, "gone");
        co_return;
    };
    const Request backup = request("backup");
    const Caller caller = local_caller();
    std::exception_ptr thrown;
    boost::asio::co_spawn(ground.loop, handle_request(ground.service, caller, backup, nobody),
                          [&](const std::exception_ptr& why, const Outcome&) { thrown = why; });
    while (!thrown) ground.loop.run_one();
    CHECK(ground.service.jobs.present().size() == 1);
    ground.service.stop();
    ground.run_loop();
    CHECK(ground.service.jobs.present().empty());
}
