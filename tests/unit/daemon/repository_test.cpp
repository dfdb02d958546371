// A repository that another process holds, that was moved away, or that is another one now.
#include <fstream>

#include "daemon/app.hpp"
#include "daemon/repository_lock.hpp"
#include "daemon/restore_request.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using tsb::test::add_broken_backup;
using tsb::test::contains;
using tsb::test::Ground;
namespace fs = std::filesystem;

namespace {

fs::path repository_of(const Ground& ground) {
    return ground.directory.path() / "repository";
}

void move_away(const Ground& ground) {
    fs::rename(repository_of(ground), ground.directory.path() / "moved");
}

/// The verbs that read backups, each with what it needs.
std::vector<Request> readers(const Ground& ground) {
    const std::string target = (ground.directory.path() / "target").string();
    return {Request("list", Json::object()), Request("show", {{"backup", "latest"}}),
            Request("verify", Json::object()), Request("verify", {{"all", true}}),
            Request("restore", {{"backup", "latest"}, {"target", target}})};
}

Error failure_of(Ground& ground, const Request& request) {
    const Outcome outcome = ground.ask(request);
    CAPTURE(request.verb);
    REQUIRE(outcome.failure);
    return *outcome.failure;
}

}  // namespace

TEST_CASE("who reads backups of a repository that was moved away is told so") {
    Ground ground(test::unreachable_server());
    move_away(ground);
    for (const Request& request : readers(ground)) {
        const Error failure = failure_of(ground, request);
        CHECK(failure.code() == ErrorCode::repository_missing);
        CHECK(contains(failure.hint(), "mounted"));
    }
}

TEST_CASE("another repository in its place is told, and that the daemon must be restarted") {
    Ground ground(test::unreachable_server());
    move_away(ground);
    Repository::create(real_fs(), repository_of(ground));
    for (const Request& request : readers(ground)) {
        const Error failure = failure_of(ground, request);
        CHECK(failure.code() == ErrorCode::repository_missing);
        CHECK(contains(failure.hint(), "restart tsbackupd"));
    }
    const Outcome status = ground.ask(Request("status", Json::object()));
    CHECK(contains(status.result.at("problems").at(0), "restart tsbackupd"));
}

TEST_CASE("a backup that no cluster has is not found, one of several clusters must be named") {
    Ground ground(test::unreachable_server());
    const std::string one = "cluster_backup_20261122_000000";
    const std::string both = "cluster_backup_20261122_000001";
    add_broken_backup(ground, "main", one);
    for (const char* cluster : {"main", "spare"}) add_broken_backup(ground, cluster, both);

    const Error unknown = failure_of(ground, Request("show", {{"backup", "nonex"}}));
    CHECK(unknown.code() == ErrorCode::not_found);
    CHECK(contains(unknown.what(), "'nonex'"));
    CHECK(failure_of(ground, Request("show", {{"backup", both}})).code() == ErrorCode::usage);
    CHECK(failure_of(ground, Request("show", {{"backup", "latest"}})).code() == ErrorCode::usage);
    CHECK(ground.service.cluster_with("", one) == "main");
}

TEST_CASE("a repository that is held says what to do, whoever holds it") {
    const Ground ground(test::unreachable_server());
    Repository second = Repository::open(real_fs(), repository_of(ground));
    try {
        lock_and_recover(second);
        FAIL("locked twice");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::repository_locked);
        CHECK(contains(error.hint(), "tsbackupctl"));
        CHECK(contains(error.hint(), "command"));
    }
}

TEST_CASE("the root directory is no place for a repository") {
    Config config;
    config.repository = "/";
    try {
        init_repository(config);
        FAIL("made");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::refused);
        CHECK(contains(error.what(), "cannot make repository '/'"));
    }
}
