// The report of a repository: what a real one tells, and its page in a real browser.
#include "tests/integration/browser.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using tsb::Json;

namespace {

std::string two_digits(std::size_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

Json backup(std::size_t number) {
    const std::string day = two_digits(1 + number / 24 % 28);
    const std::string hour = two_digits(number % 24);
    const std::string month = two_digits(1 + number / 672);
    return {{"cluster", "main"},
            {"backup_id", "backup_" + std::to_string(number)},
            {"state", number % 50 == 0 ? "damaged" : "good"},
            {"stopped_at", "2026-" + month + "-" + day + "T" + hour + ":00:00Z"},
            {"age_s", 60},
            {"stored_bytes", 1000000 + number},
            {"cluster_bytes", 4000000},
            {"copy_ms", 2000},
            {"total_ms", 3000 + number},
            {"format", "tar"},
            {"compression", "gzip:6"},
            {"server_version", "17.6"},
            {"label", ""},
            {"retention", {{"keep", true}, {"sentence", "keep: one of the last 7"}}}};
}

Json repository_report_of(std::size_t backups) {
    Json report = {{"report_version", 1},
                   {"source", "repository"},
                   {"made_at", "2026-11-24T03:00:00Z"},
                   {"repository", {{"path", "/srv/b"}, {"free_bytes", 1 << 30}, {"days_left", 40}}},
                   {"clusters", {{{"cluster", "main"}, {"good", 3}}}},
                   {"growth", Json::array()},
                   {"problems", Json::array()},
                   {"warnings", Json::array()},
                   {"backups", Json::array()}};
    for (std::size_t number = 0; number < backups; ++number) {
        report["backups"].push_back(backup(number));
    }
    for (int day = 10; day < 20; ++day) {
        report["growth"].push_back({{"at", "2026-11-" + std::to_string(day) + "T00:00:00Z"},
                                    {"stored_bytes", day * 1000000}});
    }
    return report;
}

/// Two reports are of two moments: between them each backup ages, and nothing else may change.
Json without_ages(Json backups) {
    for (Json& backup : backups) REQUIRE(backup.erase("age_s") == 1);
    return backups;
}

std::vector<std::string> ids_shown(const std::string& dom) {
    return all_between(section(dom, "backups"), "data-label=\"Backup\"><span>", "</span>");
}

}  // namespace

TEST_CASE("a repository's report tells of each backup what became of it", "[repository_page]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto first = daemon.backup();
    const auto second = daemon.backup({"--compress", "none"});
    daemon.ask({"verify", first});
    daemon.ask({"drill", second});
    const Json report = daemon.ask({"report"});
    REQUIRE(report.at("backups").size() == 2);
    const Json& one = report.at("backups").at(0);
    const Json& two = report.at("backups").at(1);
    CHECK(one.at("backup_id") == first);
    CHECK(one.contains("verified_at"));
    CHECK(one.at("retention").at("keep") == true);
    CHECK(one.at("total_ms") >= one.at("copy_ms"));
    CHECK(two.at("drill").at("passed") == true);
    CHECK(report.at("clusters").at(0).at("good") == 2);
    CHECK(report.at("repository").at("free_bytes") > 0);
    CHECK(report.at("growth").back().at("stored_bytes") ==
          one.at("stored_bytes").get<std::uint64_t>() +
              two.at("stored_bytes").get<std::uint64_t>());

    const auto place = daemon.scratch() / "report";
    const auto text = daemon.ctl({"report", "--out", place});
    INFO(failure_text(text));
    CHECK(text.status == 0);
    CHECK(contains(text.out, first));
    CHECK(contains(text.out, "passed in "));
    CHECK(contains(text.out, "written: " + (place / "report.html").string()));
    CHECK(without_ages(Json::parse(read_file(place / "report.json")).at("backups")) ==
          without_ages(report.at("backups")));
    CHECK(daemon.ctl({"explore", "--diff", place / "report.json", place / "report.json"}).status ==
          2);
    if (!have_browser()) return;
    const std::string dom = shown(page_of(report));
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK(ids_shown(dom).size() == 2);
}

TEST_CASE("the page of a repository shows 5,000 backups over time", "[repository_page]") {
    if (!have_browser()) return;
    const std::string page = page_of(repository_report_of(5000));
    const std::string dom = shown(page);
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK(contains(dom, "<title>Backups in /srv/b</title>"));
    CHECK(ids_shown(dom).size() == 100);
    CHECK(ids_shown(dom).front() == "backup_4999");
    for (const char* const chart : {"size-chart", "time-chart", "speed-chart"}) {
        CAPTURE(chart);
        CHECK(all_between(section(dom, chart), "<title>", "</title>").size() == 400);
    }
    CHECK(contains(section(dom, "size-chart"), "class=\"two\""));
    CHECK(contains(section(dom, "growth-chart"), "line forecast"));
    CHECK(contains(section(dom, "backups"), "keep: one of the last 7"));
    CHECK(contains(section(dom, "backups"), "1.9 MB/s"));

    const std::string search =
        "const box = document.querySelector('input[type=search]'); box.value = 'BACKUP_4711';"
        "box.dispatchEvent(new Event('input'));";
    const std::string found = shown(page, search);
    CHECK(ids_shown(found) == std::vector<std::string>{"backup_4711"});
    CHECK(all_between(section(found, "size-chart"), "<title>", "</title>").size() == 1);
    const std::string sorted =
        shown(page, "document.querySelector('#backups th[data-key=seconds] button').click();");
    CHECK(ids_shown(sorted).front() == "backup_4999");
    CHECK(ids_shown(shown(page, "", "sort.backups=stored_bytes")).front() == "backup_0");
}

TEST_CASE("labels, reasons and problems do nothing in a repository's page", "[repository_page]") {
    if (!have_browser()) return;
    const std::string script = std::string("<script>") + mark + "</script>";
    const std::string image = std::string("<img src=x onerror=\"") + mark + "\">";
    Json report = repository_report_of(3);
    report["problems"] = {image, "</script>" + script};
    report["repository"]["path"] = "</title>" + script;
    report["backups"][0]["label"] = script;
    report["backups"][0]["kept"] = image;
    report["backups"][1]["backup_id"] = "</script>" + script;
    report["backups"][2]["drill"] = {{"passed", false}, {"problem", image}};
    const std::string dom = shown(page_of(report));
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK_FALSE(owned(dom));
    CHECK(contains(section(dom, "backups"), "<span>&lt;script&gt;document.body"));
    CHECK(contains(section(dom, "backups"), "failed: &lt;img"));
    CHECK(all_between(dom, "<img", ">").empty());
    CHECK(owned(shown(page_of(report), mark)));  // the test would see it
}

TEST_CASE("an empty repository has a page, too", "[repository_page]") {
    if (!have_browser()) return;
    Json report = repository_report_of(0);
    report["growth"] = Json::array();
    const std::string dom = shown(page_of(report));
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK(contains(section(dom, "size-chart"), "Nothing to show."));
    CHECK(contains(section(dom, "growth-chart"), "Known after a few days."));
}
