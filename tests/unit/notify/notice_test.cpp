// What hooks and webhooks are told.
#include "daemon/notify/notice.hpp"

#include "daemon/jobs.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

const SystemTime noon = from_iso8601("2026-11-23T12:00:00Z");

struct EndedJob : Job {
    explicit EndedJob(Outcome how)
        : Job("b-20261123-110000-1", JobSpec("backup", "main", "uid 0"),
              noon - std::chrono::hours(1)) {
        ended = noon;
        outcome = std::move(how);
    }
};

}  // namespace

TEST_CASE("the end of a job is told with its backup or its error") {
    const Json common = {{"cluster", "main"},
                         {"kind", "backup"},
                         {"job", "b-20261123-110000-1"},
                         {"host", "db1"},
                         {"at", "2026-11-23T12:00:00Z"}};
    const Json result = {{"backup_id", "cluster_backup_20261123_110000"}, {"copy_ms", 1}};
    const Notice success = notice_of(EndedJob(Outcome(result)), "db1");
    Json expected = common;
    expected["event"] = "success";
    expected["backup_id"] = "cluster_backup_20261123_110000";
    CHECK(success.kind == Notice::Kind::success);
    CHECK(success.cluster == "main");
    CHECK(success.body == expected);

    const Error full(ErrorCode::disk_full, "cannot write 'x': full", "free space");
    const Notice failure = notice_of(EndedJob(Outcome(Json::object(), full)), "db1");
    expected = common;
    expected["event"] = "failure";
    expected["error"] = {
        {"code", "disk_full"}, {"message", "cannot write 'x': full"}, {"hint", "free space"}};
    CHECK(failure.kind == Notice::Kind::failure);
    CHECK(failure.body == expected);

    const Error cancelled(ErrorCode::cancelled, "cancelled");
    const Notice stopped = notice_of(EndedJob(Outcome(result, cancelled)), "db1");
    CHECK(stopped.kind == Notice::Kind::failure);
    CHECK(stopped.body["error"]["code"] == "cancelled");
    CHECK(stopped.body["backup_id"] == "cluster_backup_20261123_110000");
}

TEST_CASE("a finding is told in its words") {
    const Notice notice =
        notice_of(Notice::Kind::overdue, "main", "the last good backup is 3 d old", noon, "db1");
    CHECK(notice.kind == Notice::Kind::overdue);
    CHECK(notice.body == Json({{"event", "overdue"},
                               {"cluster", "main"},
                               {"message", "the last good backup is 3 d old"},
                               {"host", "db1"},
                               {"at", "2026-11-23T12:00:00Z"}}));
}

TEST_CASE("every kind has its own name") {
    CHECK(to_string(Notice::Kind::success) == "success");
    CHECK(to_string(Notice::Kind::failure) == "failure");
    CHECK(to_string(Notice::Kind::overdue) == "overdue");
    CHECK(to_string(Notice::Kind::recovered) == "recovered");
}
