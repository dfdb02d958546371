// The sample and REFERENCE.md say what the option table says.
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "config/config.hpp"
#include "config/options.hpp"
#include "config/yaml_tree.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

namespace tsb {
namespace {

const std::filesystem::path directory = TSB_CONFIG_DIR;

using Shown = std::multimap<std::string, YamlNode>;

/// Values by option path; the one cluster becomes "*", each item of a list of sections "[]".
void collect(const YamlNode& node, const std::string& path, Shown& into) {
    const bool is_items = node.kind == YamlKind::list && find_option(path) == nullptr;
    if (node.kind != YamlKind::mapping && !is_items) {
        into.emplace(path, node);
        return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        std::string child = path.empty() ? "" : path + ".";
        child += is_items ? "[]" : path == "clusters" ? "*" : node.keys[i].text;
        collect(node.items[i], child, into);
    }
}

Shown shown_by(const std::string& text) {
    Shown shown;
    collect(parse_yaml(text, "tsbackup.yaml"), "", shown);
    return shown;
}

/// The sample with all that it leaves to choose: without "#" where a key, an item or, further
/// behind, more of them follows. Behind the "#" of a comment is one blank.
std::string with_choices(const std::string& sample) {
    std::istringstream lines(sample);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t mark = line.find_first_not_of(' ');
        const bool is_comment = mark != std::string::npos && line[mark] == '#';
        const std::string rest = is_comment ? line.substr(mark + 1) : "";
        const bool is_choice = !rest.empty() && (!rest.starts_with(' ') || rest.starts_with("  "));
        text += (is_choice ? line.erase(mark, 1) : line) + "\n";
    }
    return text;
}

bool has_default(const Option& option) {
    return !option.required && (option.shape == OptionShape::list || !option.fallback.empty());
}

bool is_default(const Option& option, const YamlNode& node) {
    if (option.shape == OptionShape::list) {
        return node.kind == YamlKind::list && node.items.empty();
    }
    return node.kind == YamlKind::scalar && node.text == option.fallback;
}

/// Whether `set` has the section, or an item of the list, that the option belongs to.
bool sets_scope(const Shown& set, const Option& option) {
    const std::string_view scope = scope_of(option.path);
    return std::any_of(set.begin(), set.end(),
                       [scope](const auto& each) { return each.first.starts_with(scope); });
}

/// All comments of `sample` as one line of text.
std::string comment_text(const std::string& sample) {
    std::istringstream lines(sample);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos || line[start] != '#') continue;
        text += line.substr(start + 1);
    }
    return text;
}

std::string reference_rows() {
    std::string rows;
    for (const Option& option : options()) {
        const std::string by_default = option.required ? "required"
                                       : !option.fallback.empty()
                                           ? "`" + std::string(option.fallback) + "`"
                                       : option.shape == OptionShape::list ? "`[]`"
                                                                           : "none";
        rows += "| `" + std::string(option.path) + "` | " +
                (option.shape == OptionShape::list ? "list of: " : "") + std::string(option.type) +
                " | " + by_default + " | " + std::string(option.description) + " |\n";
    }
    return rows;
}

}  // namespace

TEST_CASE("the sample loads, and backs up every night without telling anybody") {
    const Config config = load_config(directory / "tsbackup.yaml");
    CHECK(config.repository == "/var/lib/tsbackup");
    const ClusterConfig& cluster = config.cluster("");
    CHECK(cluster.name == "main");
    REQUIRE(cluster.schedule.size() == 1);
    CHECK(cluster.schedule[0].job == "backup");
    CHECK(cluster.retention.empty());
    CHECK(config.hooks.empty());
    CHECK(config.notices.webhooks.empty());
}

TEST_CASE("the sample loads with everything that it leaves to choose") {
    const Config config =
        parse_config(with_choices(test::read_file(directory / "tsbackup.yaml")), "tsbackup.yaml");
    CHECK(config.cluster("").schedule.size() == 4);
    CHECK(config.hooks.size() == 1);
    CHECK(config.notices.webhooks.size() == 1);
}

TEST_CASE("the sample sets only what has a default, is required or is its own choice") {
    for (const auto& [path, node] : shown_by(test::read_file(directory / "tsbackup.yaml"))) {
        CAPTURE(path, node.position.line);
        const Option* option = find_option(path);
        REQUIRE(option != nullptr);
        if (option->required || path == "clusters.*.schedule.[].cron") continue;
        CHECK(has_default(*option));
        CHECK(is_default(*option, node));
    }
}

TEST_CASE("the sample shows every option with its default and meaning, and no other") {
    const std::string sample = test::read_file(directory / "tsbackup.yaml");
    const Shown set = shown_by(sample);
    const Shown shown = shown_by(with_choices(sample));
    const std::string comments = comment_text(with_choices(sample));
    for (const Option& option : options()) {
        const std::string path(option.path);
        CAPTURE(path);
        CHECK(comments.find(option.description) != std::string::npos);
        const auto [first, last] = shown.equal_range(path);
        CHECK(first != last);
        if (has_default(option)) {
            CHECK(std::any_of(first, last,
                              [&](const auto& each) { return is_default(option, each.second); }));
        }
        const bool may_be_left_out = !option.required && !has_default(option);
        if (!may_be_left_out && sets_scope(set, option)) CHECK(set.contains(path));
    }
    for (const auto& [path, node] : shown) {
        CAPTURE(path, node.position.line);
        CHECK(find_option(path) != nullptr);
    }
}

TEST_CASE("the reference has the rows of the option table") {
    const std::string reference = test::read_file(directory / "REFERENCE.md");
    std::istringstream lines(reference);
    std::string rows;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("| `")) rows += line + "\n";
    }
    CHECK(rows == reference_rows());
}

}  // namespace tsb
