// The report of a repository: made, on a terminal, as files.
#include <algorithm>
#include <fstream>
#include <set>

#include "daemon/ctl/render.hpp"
#include "daemon/ctl/report_files.hpp"
#include "daemon/space_history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/fixtures.hpp"
#include "tests/unit/daemon/protocol_document.hpp"

using namespace tsb;
using tsb::test::add_broken_backup;
using tsb::test::contains;
using tsb::test::Ground;

namespace {

std::set<std::string> fields_of(const Json& object) {
    std::set<std::string> out;
    for (const auto& [name, ignored] : object.items()) out.insert(name);
    return out;
}

Json documented_report() {
    const test::ProtocolDocument document = test::read_protocol();
    for (const test::Exchange& exchange : document.exchanges) {
        if (exchange.verb == "report") return Json::parse(exchange.answers.back()).at("ok");
    }
    throw std::runtime_error("no example");
}

}  // namespace

TEST_CASE("a repository's report has the documented fields, and is no error with problems") {
    Ground ground(test::unreachable_server());
    const std::string id = "cluster_backup_20261122_000000";
    add_broken_backup(ground, "main", id);
    note_stored_bytes(ground.repository, "main", test::fixed_clock().now());
    const Outcome outcome = ground.ask(Request("report", Json::object()));
    REQUIRE_FALSE(outcome.failure);
    const Json shown = documented_report();
    const Json& made = outcome.result;
    CHECK(fields_of(made) == fields_of(shown));
    CHECK(made.at("source") == "repository");
    CHECK(made.at("made_at") == "2026-11-23T01:42:24Z");
    CHECK(made.at("backups").at(0).at("backup_id") == id);
    CHECK(made.at("growth") ==
          Json::array({{{"at", "2026-11-23T01:42:24Z"}, {"stored_bytes", 0}}}));
    CHECK(fields_of(made.at("growth").at(0)) == fields_of(shown.at("growth").at(0)));
    CHECK(made.at("clusters").at(0).at("cluster") == "main");
    CHECK(made.at("clusters").at(0).at("good") == 0);
    const Outcome status = ground.ask(Request("status", Json::object()));
    CHECK(made.at("problems") == status.result.at("problems"));
    CHECK(made.at("problems").size() == 2);
}

TEST_CASE("a repository's report can be of one cluster, also of one that is not configured") {
    Ground ground(test::unreachable_server());
    add_broken_backup(ground, "main", "cluster_backup_20261122_000000");
    add_broken_backup(ground, "old", "cluster_backup_20261122_000001");
    const Json all = ground.ask(Request("report", Json::object())).result;
    CHECK(all.at("backups").size() == 2);
    CHECK(all.at("clusters").size() == 2);
    const Json old = ground.ask(Request("report", {{"cluster", "old"}})).result;
    CHECK(old.at("backups").size() == 1);
    CHECK(old.at("clusters").size() == 1);
    CHECK(old.at("clusters").at(0).at("cluster") == "old");
    CHECK(old.at("problems") == all.at("problems"));
    const Outcome other = ground.ask(Request("report", {{"cluster", "other"}}));
    REQUIRE(other.failure);
    CHECK(other.failure->code() == ErrorCode::not_found);
}

TEST_CASE("a repository's report of many backups comes in parts, each backup once and in order") {
    Ground ground(test::unreachable_server());
    for (int number = 0; number < 501; ++number) {
        const int time = number / 60 * 100 + number % 60;  // minutes, seconds
        add_broken_backup(ground, "main",
                          "cluster_backup_20261122_" + std::to_string(100000 + time));
    }
    Outcome outcome = ground.ask(Request("report", Json::object()));
    REQUIRE_FALSE(outcome.failure);
    CHECK(ground.events.size() == 2);
    PartialResult parts;
    for (Json& event : ground.events) CHECK(parts.take(event));
    const Json whole = parts.complete(std::move(outcome.result)).at("backups");
    std::vector<std::string> ids;
    for (const Json& backup : whole) ids.push_back(backup.at("backup_id"));
    CHECK(ids.size() == 501);
    CHECK(std::is_sorted(ids.begin(), ids.end(), std::less_equal<>()));
}

TEST_CASE("there is no report of a repository that is gone") {
    Ground ground(test::unreachable_server());
    std::filesystem::remove(ground.directory.path() / "repository" / "repo.json");
    const Outcome outcome = ground.ask(Request("report", Json::object()));
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->code() == ErrorCode::repository_missing);
}

TEST_CASE("a repository's report on a terminal is a table with problems below, escaped") {
    Json made = documented_report();
    made["backups"].push_back(
        {{"cluster", "main"}, {"backup_id", "b2"}, {"state", "broken"}, {"problem", "bad"}});
    made["problems"] = {"bad\x1b[2J"};
    made["written"] = {"/srv/report.html"};
    const std::string text = render_result("report", made);
    CHECK(
        text.starts_with("Repository /var/lib/tsbackup: 92.0GB free, full in about 121 days; "
                         "769MB stored on 2026-11-22, 775MB on 2026-11-23\nCLUSTER "));
    CHECK(contains(text,
                   "  good    775MB   2.8GB  4:45  10MB/s  2026-11-23T03:00:41Z  passed in 0:11"));
    CHECK(contains(text, "keep: one of the last 7\n"));
    CHECK(contains(text, "  broken  -       -      -     -       -"));
    CHECK(contains(text, "\nproblem: bad\\x1B[2J\n"));
    CHECK(text.ends_with("\nwritten: /srv/report.html\n"));
}

TEST_CASE("a repository's report is written with a page of its own") {
    const test::TempDir directory;
    CommandLine line;
    line.verb = find_verb("report");
    CHECK_FALSE(report_keeper(line));
    line.values["out"] = (directory.path() / "out").string();
    Json made = documented_report();
    report_keeper(line)(made);
    CHECK(made.at("written").size() == 2);
    std::ifstream json(directory.path() / "out" / "report.json");
    Json read = Json::parse(json);
    read["written"] = made["written"];
    CHECK(read == made);
    std::ifstream html(directory.path() / "out" / "report.html");
    const std::string page(std::istreambuf_iterator<char>(html), {});
    CHECK(contains(page, "function growthChart"));
    for (const char* const source : {"repository", "live"}) {
        CAPTURE(source);
        made["source"] = source;
        const std::string shown = report_page(made, "n0nce");
        CHECK(contains(shown, "class Listing"));
        CHECK(contains(shown, "prefers-color-scheme: dark"));
        CHECK_FALSE(contains(shown, "innerHTML"));
        CHECK_FALSE(contains(shown, "{{"));
        CHECK(contains(shown, "function growthChart") == (made["source"] == "repository"));
    }
}
