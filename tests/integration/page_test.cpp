// The page of a cluster report in a real browser: what it shows, how it is used, and that nothing
// in a report does anything there.
#include "tests/integration/browser.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb::test;
using tsb::Json;

namespace {

Json table(const std::string& name, std::uint64_t bytes) {
    return {{"database", "shop"},
            {"schema", "public"},
            {"name", name},
            {"kind", "table"},
            {"owner", "app"},
            {"total_bytes", bytes},
            {"heap_bytes", bytes / 2},
            {"index_bytes", bytes - bytes / 2},
            {"rows", nullptr}};
}

/// With as many chunks as days in a year, and the first few tables with rows.
Json report_of(std::size_t tables) {
    Json report = {
        {"report_version", 1},      {"source", "live"},        {"cluster", "main"},
        {"server_version", "17.6"}, {"server_time", "today"},  {"notes", {"one table is missing"}},
        {"tables", Json::array()},  {"chunks", Json::array()}, {"samples", Json::array()}};
    for (std::size_t number = 0; number < tables; ++number) {
        Json made = table("table_" + std::to_string(number), 8192 * (number * 7919 % tables));
        if (number < 3) made["rows"] = 10 * (number + 1);
        report["tables"].push_back(std::move(made));
    }
    for (int day = 0; day < 365; ++day) {
        report["chunks"].push_back({{"database", "shop"},
                                    {"schema", "public"},
                                    {"hypertable", "readings"},
                                    {"name", "chunk_" + std::to_string(day)},
                                    {"range_start", std::to_string(day)},
                                    {"range_end", std::to_string(day + 1)},
                                    {"size_bytes", 8192},
                                    {"compressed", day < 300}});
    }
    return report;
}

std::vector<std::string> names_shown(const std::string& dom) {
    return all_between(section(dom, "tables"), "data-label=\"Table\"><span>", "</span>");
}

}  // namespace

TEST_CASE("a page shows 5,000 tables, their sizes and chunks over time", "[page]") {
    if (!have_browser()) return;
    const std::string dom = shown(page_of(report_of(5000)));
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK(contains(dom, "<title>main</title>"));
    CHECK(contains(dom, "<li>one table is missing</li>"));
    CHECK(contains(section(dom, "tables"), "<span class=\"muted\">5,000</span>"));
    CHECK(names_shown(dom).size() == 100);
    CHECK(contains(section(dom, "tables"), ">Show more of 5,000</button>"));
    const std::string sizes = section(dom, "size-chart");
    CHECK(all_between(sizes, "<title>", ":").size() == 12);
    CHECK(contains(sizes, "<title>shop.public." + names_shown(dom).front() + ":"));
    const auto bins = all_between(section(dom, "chunk-chart"), "<title>", "</title>");
    CHECK(bins.size() == 130);
    std::size_t chunks = 0;
    for (const auto& bin : bins) chunks += std::stoul(bin.substr(bin.find(':') + 1));
    CHECK(chunks == 365);
}

TEST_CASE("a page's search finds, its headings sort, and more is shown on demand", "[page]") {
    if (!have_browser()) return;
    const std::string page = page_of(report_of(5000));
    const std::string search =
        "const box = document.querySelector('input[type=search]'); box.value = 'TABLE_4711';"
        "box.dispatchEvent(new Event('input'));";
    const std::string found = shown(page, search);
    CHECK(names_shown(found) == std::vector<std::string>{"table_4711"});
    CHECK(contains(section(found, "tables"), "1 of 5,000"));
    CHECK(names_shown(shown(page, "", "search=table_4711")).size() == 1);

    const auto click = [](const std::string& key) {
        return "document.querySelector('#tables th[data-key=" + key + "] button').click();";
    };
    const auto by_name = names_shown(shown(page, click("name")));
    CHECK(by_name.front() == "table_0");
    CHECK(by_name.at(10) == "table_10");
    CHECK(names_shown(shown(page, click("name") + click("name"))).front() == "table_4999");
    const std::string by_rows = shown(page, click("rows"));
    CHECK(names_shown(by_rows).at(0) == "table_2");
    CHECK(names_shown(by_rows).at(2) == "table_0");
    CHECK(contains(section(by_rows, "tables"), "data-key=\"rows\" aria-sort=\"descending\""));
    const std::string more = shown(page, "document.querySelector('#tables .more').click();");
    CHECK(names_shown(more).size() == 1000);
}

TEST_CASE("names, notes and rows of a report do nothing in its page", "[page]") {
    if (!have_browser()) return;
    const std::string script = std::string("<script>") + mark + "</script>";
    const std::string image = std::string("<img src=x onerror=\"") + mark + "\">";
    Json report = report_of(3);
    report["cluster"] = "</title>" + script;
    report["notes"] = {image};
    std::vector<std::string> hostile = {script, "</script>" + script, "<!--<script>" + script,
                                        image, "\"><svg onload=\"" + std::string(mark) + "\">"};
    for (const auto& name : hostile) report["tables"].push_back(table(name, 1 << 30));
    report["samples"] = {{{"database", image},
                          {"schema", "s"},
                          {"table", "t"},
                          {"columns", {image}},
                          {"rows", {{script}}}}};
    report["chunks"][0]["hypertable"] = image;
    const std::string open =
        "for (const each of document.querySelectorAll('details'))"
        " each.open = true;";
    const std::string dom = shown(page_of(report), open);
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK_FALSE(owned(dom));
    CHECK(names_shown(dom).size() == 3 + hostile.size());
    CHECK(contains(section(dom, "tables"), "<span>&lt;script&gt;document.body"));
    CHECK(contains(section(dom, "samples"), "<td class=\"\">&lt;script&gt;"));
    CHECK(all_between(dom, "<img", ">").empty());
}

TEST_CASE("a script that got into a page all the same is not run", "[page]") {
    if (!have_browser()) return;
    const std::string page = page_of(report_of(1));
    CHECK(owned(shown(page, mark)));  // the test would see it
    std::string injected = page;
    injected.insert(injected.rfind("</body>"), std::string("<script>") + mark +
                                                   "</script><img src=x onerror=\"" + mark + "\">");
    const std::string dom = shown(injected);
    CHECK(contains(dom, "data-ready=\"yes\""));
    CHECK_FALSE(owned(dom));
}
