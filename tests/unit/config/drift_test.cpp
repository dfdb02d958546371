// The sample and REFERENCE.md say what the option table says.
#include <fstream>
#include <map>
#include <sstream>

#include "config/config.hpp"
#include "config/options.hpp"
#include "config/yaml_tree.hpp"
#include "tests/support/catch.hpp"

namespace tsb {
namespace {

const std::string directory = TSB_CONFIG_DIR;

std::string contents(const std::string& name) {
    std::ifstream stream(directory + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// Option paths of the sample with their values; its one cluster becomes "*".
void collect(const YamlNode& node, const std::string& path, std::map<std::string, YamlNode>& into) {
    if (node.kind != YamlKind::mapping) {
        into[path] = node;
        return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        std::string child = path.empty() ? "" : path + ".";
        child += path == "clusters" ? "*" : node.keys[i].text;
        collect(node.items[i], child, into);
    }
}

/// All comments of the sample as one line of text.
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

TEST_CASE("the sample loads") {
    const Config config = load_config(directory + "/tsbackup.yaml");
    CHECK(config.repository == "/var/lib/tsbackup");
    CHECK(config.cluster("").name == "main");
}

TEST_CASE("the sample shows every option with its default and meaning, and no other") {
    const std::string sample = contents("tsbackup.yaml");
    const std::string comments = comment_text(sample);
    std::map<std::string, YamlNode> shown;
    collect(parse_yaml(sample, "tsbackup.yaml"), "", shown);
    for (const Option& option : options()) {
        const std::string path(option.path);
        CAPTURE(path);
        CHECK(comments.find(option.description) != std::string::npos);
        const auto found = shown.find(path);
        if (found == shown.end()) {
            const std::string commented = " " + std::string(last_key(path)) + ": ";
            CHECK_FALSE(option.required);
            CHECK(option.fallback.empty());
            CHECK(option.shape == OptionShape::scalar);
            CHECK(comments.find(commented) != std::string::npos);
            continue;
        }
        if (!option.required) CHECK(found->second.text == option.fallback);
        CHECK(found->second.items.empty());
        shown.erase(found);
    }
    for (const auto& [path, node] : shown) {
        CAPTURE(path, node.position.line);
        CHECK(false);
    }
}

TEST_CASE("the reference has the rows of the option table") {
    const std::string reference = contents("REFERENCE.md");
    std::istringstream lines(reference);
    std::string rows;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("| `")) rows += line + "\n";
    }
    CHECK(rows == reference_rows());
}

}  // namespace tsb
