// The line that the service manager shows.
#include "daemon/service_status.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

const SystemTime now = from_iso8601("2026-11-23T18:30:00Z");  // a Monday

ClusterOutlook cluster(const std::string& name, const std::string& next, const std::string& good) {
    ClusterOutlook out;
    out.cluster = name;
    out.looked_at = true;
    if (!next.empty()) out.next_run = from_iso8601(next);
    if (!good.empty()) out.last_good = from_iso8601(good);
    return out;
}

RunningJob job(const std::string& kind, const std::string& name, const std::string& phase,
               std::optional<unsigned> percent = {}) {
    return {kind, name, phase, percent};
}

std::string text(const ServiceOutlook& outlook, const std::string& zone = "UTC") {
    return status_text(outlook, now, TimeZone::find(zone));
}

}  // namespace

TEST_CASE("an idle daemon tells the next run and the last good backup") {
    ServiceOutlook outlook;
    outlook.clusters = {cluster("main", "2026-11-24T02:00:00Z", "2026-11-23T13:10:00Z")};
    CHECK(text(outlook) == "idle; next main 02:00; last good 5 h ago");
    CHECK(text(outlook, "Europe/Berlin") == "idle; next main 03:00; last good 5 h ago");
}

TEST_CASE("what is further ahead than a day has its day, and than a week its date") {
    ServiceOutlook outlook;
    outlook.clusters = {cluster("main", "2026-11-28T02:00:00Z", "")};
    CHECK(text(outlook) == "idle; next main Sat 02:00; no good backup of main");
    outlook.clusters = {cluster("main", "2026-12-05T02:00:00Z", "")};
    CHECK(text(outlook) == "idle; next main 2026-12-05 02:00; no good backup of main");
}

TEST_CASE("before the first look nothing is said of backups") {
    ServiceOutlook outlook;
    CHECK(text(outlook) == "idle; nothing scheduled");
    outlook.clusters = {cluster("main", "", "")};
    outlook.clusters[0].looked_at = false;
    CHECK(text(outlook) == "idle; nothing scheduled");
}

TEST_CASE("a daemon at work tells at what, and how far it is") {
    ServiceOutlook outlook;
    outlook.clusters = {cluster("main", "2026-11-24T02:00:00Z", "2026-11-22T18:00:00Z")};
    outlook.running = {job("backup", "main", "copying", 42)};
    CHECK(text(outlook) == "backing up main: 42 %; last good 24 h ago");
    outlook.running = {job("backup", "main", "waiting for checkpoint")};
    outlook.waiting = 2;
    CHECK(text(outlook) ==
          "backing up main: waiting for checkpoint, 2 waiting; last good 24 h ago");
}

TEST_CASE("of many clusters the ones that matter are named") {
    ServiceOutlook outlook;
    outlook.clusters = {cluster("a", "2026-11-24T02:00:00Z", "2026-11-23T13:10:00Z"),
                        cluster("b", "2026-11-24T01:00:00Z", "2026-11-20T13:10:00Z"),
                        cluster("c", "", "2026-11-23T18:10:00Z")};
    CHECK(text(outlook) == "idle; next b 01:00; oldest last good b: 3 d ago");
    outlook.clusters[1].overdue = true;
    CHECK(text(outlook) == "OVERDUE: b; idle; next b 01:00; oldest last good b: 3 d ago");
    outlook.clusters[2].last_good.reset();
    CHECK(text(outlook) == "OVERDUE: b; idle; next b 01:00; no good backup of c");
    outlook.running = {job("verify", "a", "verifying", 1), job("drill", "b", "recovering"),
                       job("restore", "c", "extracting", 99), job("prune", "d", "queued")};
    CHECK(text(outlook) ==
          "OVERDUE: b; verifying a: 1 %, drilling b: recovering, restoring c: 99 %, and 1 more; "
          "no good backup of c");
}

TEST_CASE("a stuck job stands first") {
    ServiceOutlook outlook;
    outlook.clusters = {cluster("main", "", "2026-11-23T18:10:00Z")};
    outlook.stuck = "backup b-1 of main: copying without progress for 30 min";
    CHECK(text(outlook) ==
          "STUCK: backup b-1 of main: copying without progress for 30 min; idle; nothing "
          "scheduled; last good 20 min ago");
}
