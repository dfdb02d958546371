// Cluster reports on their way to people: in parts, on a terminal, as a page, compared.
#include <map>
#include <set>

#include "core/pg/report_queries.hpp"
#include "daemon/ctl/render.hpp"
#include "daemon/ctl/report_diff.hpp"
#include "daemon/ctl/report_files.hpp"
#include "daemon/report_parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/daemon/protocol_document.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

Json table(const std::string& name, std::uint64_t bytes) {
    return {{"database", "shop"}, {"schema", "public"},   {"name", name},
            {"kind", "table"},    {"total_bytes", bytes}, {"heap_bytes", bytes},
            {"index_bytes", 0},   {"rows", nullptr},      {"owner", "app"}};
}

Json report(std::vector<Json> tables) {
    return {{"report_version", 1},         {"source", "backup"},
            {"cluster", "main"},           {"backup_id", "cluster_backup_20261123_014224"},
            {"server_version", "17.6"},    {"server_time", "2026-11-23T02:00:00Z"},
            {"tables", std::move(tables)}, {"notes", Json::array()}};
}

ClusterReport long_report(std::size_t rows, std::size_t samples) {
    ClusterReport made;
    made.server_version = "15.18";
    ReportList& tables = made.lists.emplace_back();
    tables.name = "tables";
    tables.columns = {
        {"name", CellKind::text}, {"rows", CellKind::count}, {"unique", CellKind::flag}};
    for (std::uint64_t row = 0; row < rows; ++row) {
        tables.rows.push_back({std::to_string(row) + std::string(1000, 'x'), row, row % 2 == 0});
    }
    made.lists.emplace_back().name = "chunks";
    TableSample sample;
    sample.columns = {"a", "b"};
    sample.rows.assign(50, {std::string(4000, 'y'), std::nullopt});
    made.samples.assign(samples, sample);
    return made;
}

struct Collected {
    Json result;
    std::size_t parts = 0;
    std::size_t longest_line = 0;
};

Collected collect(const ClusterReport& made) {
    ReportParts parts(made);
    PartialResult whole;
    Collected collected;
    while (std::optional<Json> part = parts.next()) {
        ++collected.parts;
        collected.longest_line = std::max(collected.longest_line, encode_line(*part).size());
        CHECK(whole.take(*part));
    }
    collected.result = whole.complete(describe_head(made));
    return collected;
}

ErrorCode code_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("a report comes in parts that fit a line, each row once and in order") {
    for (const std::size_t rows : {0, 1, 200, 1000}) {
        for (const std::size_t samples : {0, 1, 3}) {
            CAPTURE(rows, samples);
            const Collected collected = collect(long_report(rows, samples));
            CHECK(collected.longest_line < reply_limit / 4);
            CHECK((collected.parts > 4) == (rows == 1000));
            const Json& tables = collected.result.at("tables");
            REQUIRE(tables.size() == rows);
            for (std::size_t row = 0; row < rows; ++row) {
                CHECK(tables[row].at("rows") == row);
                CHECK(tables[row].at("unique") == (row % 2 == 0));
            }
            CHECK(collected.result.at("chunks").empty());
            CHECK(collected.result.at("samples").size() == samples);
            if (samples > 0) CHECK(collected.result["samples"][0]["rows"][0][1].is_null());
        }
    }
}

TEST_CASE("a report on a terminal shows the largest and counts the rest, escaped") {
    std::vector<Json> tables;
    for (int number = 0; number < 33; ++number) {
        tables.push_back(table("t" + std::to_string(number), 2048));
    }
    tables[0]["name"] = "bad\x1b[2J";
    Json made = report(tables);
    made["samples"] = {{{"database", "shop"},
                        {"schema", "public"},
                        {"table", "t1"},
                        {"columns", {"id", "note"}},
                        {"rows", Json::array({Json::array({"1", nullptr})})}}};
    made["notes"] = {"cannot read it"};
    const std::string text = render_result("explore", made);
    CHECK(text.starts_with("cluster_backup_20261123_014224 of main: PostgreSQL 17.6, looked at "));
    CHECK(contains(text, "bad\\x1B[2J"));
    CHECK(contains(text, "t29"));
    CHECK_FALSE(contains(text, "t30"));
    CHECK(contains(text, "and 3 more"));
    CHECK(contains(text, "shop: public.t1\nid  note\n1   NULL\n"));
    CHECK(contains(text, "note: cannot read it\n"));
    CHECK(code_of([] {
              render_result("explore", {{"tables", {{{"name", Json::array()}}}}});
          }) == ErrorCode::protocol);
}

TEST_CASE("nothing in a report can end or begin anything in its page") {
    for (const std::string hostile :
         {"<script>alert(1)</script>", "</script><script>alert(1)</script>", "<!--<script>", "]]>",
          "&lt;", "\u2028\u2029", "{{report}}{{nonce}}", "\xff\xfe"}) {
        CAPTURE(hostile);
        const std::string plain = report_page(report({}), "n0nce");
        const std::string page = report_page(report({table(hostile, 1)}), "n0nce");
        for (const std::string mark : {"<script", "</script", "<!--", "n0nce", "\u2028"}) {
            CHECK(count_of(page, mark) == count_of(plain, mark));
        }
        const std::size_t begin = page.find('{', page.find("id=\"report\">"));
        const Json read = Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
        const bool valid = hostile != "\xff\xfe";
        CHECK(read.at("tables")[0].at("name") == (valid ? hostile : "\ufffd\ufffd"));
    }
}

TEST_CASE("a page asks for nothing outside and runs only what carries its nonce") {
    const std::string page = report_page(report({}), "n0nce");
    CHECK(contains(page, "default-src 'none'; style-src 'nonce-n0nce'; script-src 'nonce-n0nce'"));
    CHECK(count_of(page, "<script") == 2);
    CHECK(count_of(page, "<script nonce=\"n0nce\">") == 1);
    CHECK_FALSE(contains(page, "unsafe-"));
    CHECK_FALSE(contains(page, "src=\""));
    CHECK_FALSE(contains(page, "innerHTML"));
    CHECK_FALSE(contains(page, "{{"));
    // The one address is the name of SVG, which is not fetched.
    CHECK(count_of(page, "://") == count_of(page, "\"http://www.w3.org/2000/svg\""));
}

TEST_CASE("what appeared, vanished, grew or shrank between two reports is told") {
    Json before = report({table("same", 10), table("gone", 10), table("small", 10),
                          table("large", 10), table("empty", 500)});
    Json after = report({table("same", 10), table("new", 10), table("small", 11),
                         table("large", 1000), table("empty", 0)});
    before["extensions"] = {{{"database", "shop"}, {"name", "timescaledb"}, {"version", "2.19"}}};
    after["extensions"] = {{{"database", "shop"}, {"name", "timescaledb"}, {"version", "2.22"}}};
    std::vector<std::string> lines;
    const Json changes = compare_reports(before, after).at("changes");
    for (const Json& change : changes) {
        std::string line =
            change.at("change").get<std::string>() + " " + change.at("name").get<std::string>();
        if (change.contains("field")) {
            line += " " + change["before"].dump() + " " + change["after"].dump();
        }
        lines.push_back(line);
    }
    CHECK(lines == std::vector<std::string>{
                       "changed shop.timescaledb \"2.19\" \"2.22\"", "appeared shop.public.new",
                       "vanished shop.public.gone", "grew shop.public.large 10 1000",
                       "shrank shop.public.empty 500 0", "grew shop.public.small 10 11"});
    CHECK(compare_reports(before, before).at("changes").empty());
    const std::string text = render_result("explore", compare_reports(before, after));
    CHECK(contains(text, "grew      table      shop.public.large  total_bytes  10B     1000B"));
    CHECK(render_result("explore", compare_reports(after, after)) == "nothing has changed\n");
}

TEST_CASE("a report of another shape is refused, not compared") {
    const Json good = report({table("t", 1)});
    for (const char* const bad :
         {R"({"tables":[1]})", R"({"tables":[{"name":"x"}]})", R"({"tables":{"a":1}})",
          R"({"tables":[{"database":1,"schema":[],"name":{}}],"roles":7})"}) {
        CAPTURE(bad);
        CHECK(code_of([&] { compare_reports(good, Json::parse(bad)); }) == ErrorCode::usage);
    }
}

TEST_CASE("a report's files are written whole, again over earlier ones, and read back") {
    const test::TempDir directory;
    CommandLine line;
    line.verb = find_verb("explore");
    const std::filesystem::path place = directory.path() / "out";
    line.values["out"] = place.string();
    for (const std::uint64_t bytes : {10, 20}) {
        Json made = report({table("t", bytes)});
        report_keeper(line)(made);
        CHECK(made.at("written").size() == 2);
        CHECK(std::filesystem::exists(place / "report.html"));
    }
    std::filesystem::copy_file(place / "report.json", directory.path() / "later.json");
    Json earlier = report({table("t", 15)});
    report_keeper(line)(earlier);

    CommandLine diff;
    diff.verb = line.verb;
    CHECK_FALSE(compares_reports(diff));
    diff.values["diff"] = (place / "report.json").string();
    CHECK(compares_reports(diff));
    CHECK(code_of([&] { compare_report_files(diff); }) == ErrorCode::usage);  // the second lacks
    diff.args["backup"] = (directory.path() / "later.json").string();
    CHECK(compare_report_files(diff).at("changes")[0].at("after") == 20);
    diff.values["diff"] = place.string();  // the directory that --out has made
    CHECK(compare_report_files(diff).at("changes")[0].at("after") == 20);
    diff.args["backup"] = (place / "report.html").string();
    CHECK(code_of([&] { compare_report_files(diff); }) == ErrorCode::usage);
    diff.args["backup"] = (place / "missing").string();
    CHECK(code_of([&] { compare_report_files(diff); }) == ErrorCode::io);
}

TEST_CASE("a report has the documented lists, and each the documented fields") {
    std::map<std::string, std::set<std::string>> made = {
        {"samples", {"database", "schema", "table", "columns", "rows"}}};
    std::vector<ReportQuery> queries = cluster_queries(170006, SettingsOf::server);
    for (ReportQuery& query : database_queries("public")) queries.push_back(std::move(query));
    for (const ReportQuery& query : queries) {
        for (const ReportColumn& column : query.columns) made[query.list].insert(column.name);
    }
    std::map<std::string, std::set<std::string>> documented;
    const test::ProtocolDocument document = test::read_protocol();
    for (const test::Exchange& exchange : document.exchanges) {
        if (exchange.verb != "explore") continue;
        for (const std::string& line : exchange.answers) {
            const Json answer = Json::parse(line);
            if (answer.value("event", "") != "part") continue;
            for (const auto& [name, ignored] : answer.at("items").at(0).items()) {
                documented[answer.at("list")].insert(name);
            }
        }
    }
    CHECK(documented == made);
}
