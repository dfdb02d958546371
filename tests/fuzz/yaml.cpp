// A configuration file of any bytes. Only Error{config} is thrown, each line of it about this file;
// a tree is bounded; a configuration that is accepted can be worked with and holds no password.
#include "config/config.hpp"
#include "config/yaml_tree.hpp"
#include "core/repo/names.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

const std::string file = "fuzz.yaml";

std::size_t count_nodes(const YamlNode& node, std::size_t depth) {
    require(depth <= 33, "a tree has at most 32 levels");
    require(
        node.kind == YamlKind::mapping ? node.keys.size() == node.items.size() : node.keys.empty(),
        "each key has a value");
    std::size_t count = 1;
    for (const YamlNode& key : node.keys) count += count_nodes(key, depth + 1);
    for (const YamlNode& item : node.items) count += count_nodes(item, depth + 1);
    return count;
}

void check_config(const Config& config) {
    require(!config.clusters.empty() && config.repository.is_absolute(), "the least is there");
    for (const ClusterConfig& cluster : config.clusters) {
        require(names::valid_cluster_name(cluster.name), "a cluster has a name");
        require(&config.cluster(cluster.name) == &cluster, "and is found by it");
        require(!cluster.connection.empty(), "a cluster has a connection");
        for (const auto& root : cluster.restore_roots) {
            require(root.is_absolute(), "a target is a whole path");
        }
    }
}

/// True when it is accepted.
bool check_text(const std::string& text) {
    YamlNode tree;
    const bool is_tree = accepts({ErrorCode::config}, [&] { tree = parse_yaml(text, file); });
    if (is_tree) require(count_nodes(tree, 1) <= 10'001, "a tree has at most 10000 nodes");
    Config config;
    try {
        config = parse_config(text, file);
    } catch (const Error& error) {
        require_kind(error, {ErrorCode::config});
        std::string_view lines = error.what();
        require(lines.find(file) != std::string_view::npos, "a finding names the file");
        return false;
    }
    require(is_tree, "what is no tree is no configuration");
    check_config(config);
    return true;
}

}  // namespace

std::vector<std::string> seeds() {
    const std::string least =
        "repository: /srv/backups\nclusters:\n  main:\n    connection: host=/run user=tsbackup\n";
    return {
        least,
        least +
            "    password_file: /run/secret\n    backup:\n      format: plain\n"
            "      checkpoint: spread\n      max_rate: 64MB\n      stall_timeout: 2m\n"
            "    restore:\n      allowed_targets: [/srv/restored, \"/srv/b\"]\n",
        "log:\n  level: debug\ncontrol:\n  socket: /run/x.sock\n  rights:\n    read: [user:root]\n"
        "    operate: [group:root, 0]\n" +
            least + "    backup: {compression: \"zstd:3\"}\n  other: {connection: 'port=5433'}\n",
        "a: &x [1, 2]\nb: *x\nc: !!int 3\n---\nd: |\n  text\n  more\n",
        "repository: \"/srv/\\x41\"\nclusters: {}\n? {a: b}\n: [c]\n",
        std::string(40, '[') + std::string(40, ']') + "\n",
    };
}

void try_input(std::string_view input) {
    const std::string text(input);
    const bool good = check_text(text);
    // A comment changes nothing but the numbers of lines; "%" and a byte order mark must be first.
    if (!text.starts_with('%') && !text.starts_with("\xEF\xBB\xBF")) {
        require(check_text("# fuzz\n" + text) == good, "a comment before it changes nothing");
    }
}

}  // namespace tsb::fuzz
