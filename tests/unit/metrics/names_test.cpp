// The table, METRICS.md, the alert rules and the dashboard name the same metrics.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "daemon/metrics/metric_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb;
using tsb::test::read_file;
using Json = nlohmann::json;

namespace {

const std::filesystem::path monitoring = TSB_MONITORING_DIR;

std::set<std::string> known_names() {
    std::set<std::string> names;
    for (const MetricSpec& spec : metric_table()) names.emplace(spec.name);
    return names;
}

/// What looks like a name of ours in `text`.
std::set<std::string> our_names_in(const std::string& text) {
    static const std::regex name("\\b(tsbackup|process)_[a-z0-9_]+");
    std::set<std::string> names;
    for (std::sregex_iterator each(text.begin(), text.end(), name), end; each != end; ++each) {
        names.insert(each->str());
    }
    return names;
}

std::string document_rows() {
    std::string rows;
    for (const MetricSpec& spec : metric_table()) {
        std::string labels;
        for (std::size_t i = 0; i < spec.label_count(); ++i) {
            labels += (i == 0 ? "" : ", ") + std::string(spec.labels.at(i));
        }
        rows += "| `" + std::string(spec.name) + "` | " + std::string(to_string(spec.type)) +
                " | " + labels + " | " + std::string(spec.help) + " |\n";
    }
    return rows;
}

}  // namespace

TEST_CASE("names, units and meanings follow Prometheus' conventions") {
    const std::regex name("(tsbackup|process)_[a-z][a-z_]*[a-z]");
    std::set<std::string> seen;
    for (const MetricSpec& spec : metric_table()) {
        CAPTURE(spec.name);
        CHECK(std::regex_match(std::string(spec.name), name));
        CHECK(seen.insert(std::string(spec.name)).second);
        CHECK(spec.name.ends_with("_total") == (spec.type == MetricType::counter));
        CHECK_FALSE(spec.help.empty());
        CHECK(spec.help.find_first_of("\\\n") == std::string_view::npos);
        CHECK(spec.help.ends_with('.'));
        for (const std::string_view label : spec.labels) {
            CHECK((label != "job" && label != "instance"));  // Prometheus' own
        }
    }
}

TEST_CASE("METRICS.md has the rows of the table") {
    std::istringstream lines(read_file(TSB_METRICS_DOCUMENT));
    std::string rows;
    for (std::string line; std::getline(lines, line);) {
        const bool is_page = line.starts_with("| `/");
        if (line.starts_with("| `") && !is_page) rows += line + "\n";
    }
    CHECK(rows == document_rows());
}

TEST_CASE("the alert rules and their tests use only metrics that there are") {
    const std::set<std::string> known = known_names();
    for (const char* file : {"tsbackup.rules.yml", "tsbackup.rules.test.yml"}) {
        const std::set<std::string> used = our_names_in(read_file(monitoring / file));
        CHECK(used.size() >= 10);
        for (const std::string& name : used) {
            CAPTURE(file, name);
            CHECK(known.contains(name));
        }
    }
}

TEST_CASE("each alert has a severity, says what to do, and is tested") {
    const std::string rules = read_file(monitoring / "tsbackup.rules.yml");
    const std::string tests = read_file(monitoring / "tsbackup.rules.test.yml");
    const std::regex alert("- alert: (\\w+)");
    const std::sregex_iterator first(rules.begin(), rules.end(), alert);
    std::vector<std::smatch> found(first, std::sregex_iterator());
    REQUIRE(found.size() >= 10);
    for (const std::smatch& each : found) {
        const std::string name = each.str(1);
        CAPTURE(name);
        const auto begin = static_cast<std::size_t>(each.position());
        const std::string rule = rules.substr(begin, rules.find("- alert:", begin + 1) - begin);
        CHECK(std::regex_search(rule, std::regex("severity: (critical|warning|info)")));
        CHECK(std::regex_search(rule, std::regex("summary: \\S")));
        CHECK(std::regex_search(rule, std::regex("tsbackupctl \\w|journalctl")));
        CHECK(tests.find("alertname: " + name + "\n") != std::string::npos);
    }
}

TEST_CASE("the dashboard is JSON, each panel its own, with metrics that there are") {
    const Json dashboard = Json::parse(read_file(monitoring / "grafana-dashboard.json"));
    CHECK(dashboard.at("uid") == "tsbackup");
    const std::set<std::string> known = known_names();
    std::set<std::string> used;
    std::set<int> ids;
    for (const Json& panel : dashboard.at("panels")) {
        CHECK(ids.insert(panel.at("id").get<int>()).second);
        if (panel.at("type") == "row") continue;
        CAPTURE(panel.at("title").get<std::string>());
        CHECK_FALSE(panel.at("targets").empty());
        for (const Json& target : panel.at("targets")) {
            const std::set<std::string> names = our_names_in(target.at("expr").get<std::string>());
            CHECK(names.size() == 1);
            used.insert(names.begin(), names.end());
        }
    }
    for (const std::string& name : used) {
        CAPTURE(name);
        CHECK(known.contains(name));
    }
    CHECK(used.size() >= 25);
    for (const Json& variable : dashboard.at("templating").at("list")) {
        for (const std::string& name : our_names_in(variable.at("query").dump())) {
            CHECK(known.contains(name));
        }
    }
}
