#include "config/reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

#include "config/options.hpp"
#include "core/base/error.hpp"
#include "core/base/spelling.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

constexpr std::string_view cluster_section = "clusters.*";
constexpr std::size_t shown_key_length = 80;

std::string joined(std::string_view section, std::string_view key) {
    return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

std::string listed(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

/// Of a section whose keys are names that the file chooses.
bool is_wildcard(const std::vector<std::string>& known) {
    return known.size() == 1 && known[0] == "*";
}

std::string about_key(std::string_view key) {
    return fmt::format("key '{}'", printable(key.substr(0, shown_key_length)));
}

void store_defaults(std::string_view section, const OptionTarget& target) {
    for (const Option& option : options()) {
        const bool of_cluster = option.path.starts_with(cluster_section);
        if (of_cluster != (section == cluster_section) || option.fallback.empty()) continue;
        if (option.store(std::string(option.fallback), target)) {
            throw Error(ErrorCode::internal,
                        fmt::format("default of '{}' is refused", option.path));
        }
    }
}

/// "did you mean ...", looked for among the neighbours, then at any other place; or all there are.
std::string suggestion(const std::string& key, const std::vector<std::string>& known) {
    const std::string near = nearest(key, known);
    if (!near.empty()) return fmt::format("did you mean '{}'?", near);
    for (const Option& option : options()) {
        if (last_key(option.path) == key) return fmt::format("did you mean '{}'?", option.path);
    }
    return fmt::format("expected one of {}", listed(known));
}

class Reader {
public:
    explicit Reader(Findings& findings) : findings_(findings) {}

    Config read(const YamlNode& root) {
        const OptionTarget target{config_, nullptr};
        store_defaults("", target);
        read_section(root, root.position, {"", ""}, target);
        return std::move(config_);
    }

private:
    // A section as the table spells it and as the file does: "clusters.*", "clusters.main".
    struct Section {
        std::string pattern;
        std::string shown;
    };

    void read_section(const YamlNode& node, Position position, const Section& section,
                      const OptionTarget& target) {
        const std::vector<std::string> known = keys_in(section.pattern);
        if (node.kind != YamlKind::mapping) {
            const std::string about = section.shown.empty() ? "" : about_key(section.shown) + ": ";
            findings_.add(position, fmt::format("{}expected a mapping of {}", about,
                                                is_wildcard(known) ? "names" : listed(known)));
            return;
        }
        std::map<std::string, int> seen;  // key to line
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            const YamlNode& key = node.keys[i];
            const YamlNode& value = node.items[i];
            if (!accept_key(key, section, known, seen)) continue;
            // A null has no text and so no place of its own.
            const Position at = value.kind == YamlKind::null ? key.position : value.position;
            const std::string name = is_wildcard(known) ? "*" : key.text;
            const Section child{joined(section.pattern, name), joined(section.shown, key.text)};
            if (const Option* option = find_option(child.pattern)) {
                read_option(*option, value, at, child.shown, target);
            } else if (child.pattern == cluster_section) {
                read_cluster(key, value, at, child);
            } else {
                read_section(value, at, child, target);
            }
        }
        check_required(section, known, seen, position);
    }

    bool accept_key(const YamlNode& key, const Section& section,
                    const std::vector<std::string>& known, std::map<std::string, int>& seen) {
        if (key.kind != YamlKind::scalar) {
            findings_.add(key.position, "expected a plain key");
            return false;
        }
        const std::string about = about_key(joined(section.shown, key.text));
        const auto [earlier, is_new] = seen.emplace(key.text, key.position.line);
        if (!is_new) {
            findings_.add(key.position, fmt::format("{}: duplicate, it is already on line {}",
                                                    about, earlier->second));
            return false;
        }
        if (is_wildcard(known)) return accept_cluster_name(key, about);
        if (std::find(known.begin(), known.end(), key.text) != known.end()) return true;
        if (key.text == "password") {
            findings_.add(key.position, about + ": expected no password in this file",
                          "put the password into a file of its own and name it in password_file");
        } else {
            findings_.add(key.position,
                          fmt::format("{}: unknown, {}", about, suggestion(key.text, known)));
        }
        return false;
    }

    bool accept_cluster_name(const YamlNode& key, const std::string& about) {
        if (names::valid_cluster_name(key.text)) return true;
        findings_.add(key.position, about +
                                        ": expected a cluster name of at most 63 letters, "
                                        "digits, '_', '.', '-' that begins with a letter or "
                                        "digit");
        return false;
    }

    void read_cluster(const YamlNode& key, const YamlNode& value, Position position,
                      const Section& section) {
        ClusterConfig cluster;
        cluster.name = key.text;
        const OptionTarget target{config_, &cluster};
        store_defaults(cluster_section, target);
        read_section(value, position, section, target);
        config_.clusters.push_back(std::move(cluster));
    }

    void read_option(const Option& option, const YamlNode& value, Position position,
                     const std::string& shown, const OptionTarget& target) {
        const bool is_list = option.shape == OptionShape::list;
        if (value.kind != (is_list ? YamlKind::list : YamlKind::scalar)) {
            findings_.add(position, fmt::format("{}: expected {}{}", about_key(shown),
                                                is_list ? "a list, each item " : "", option.type));
            return;
        }
        if (!is_list) store(option, value, shown, target);
        for (const YamlNode& item : value.items) store(option, item, shown, target);
    }

    void store(const Option& option, const YamlNode& value, const std::string& shown,
               const OptionTarget& target) {
        ValueResult problem = ValueProblem{};
        if (value.kind == YamlKind::scalar) problem = option.store(value.text, target);
        if (!problem) return;
        if (problem->cause.empty()) problem->cause = fmt::format("expected {}", option.type);
        findings_.add(value.position, fmt::format("{}: {}", about_key(shown), problem->cause),
                      problem->hint);
    }

    void check_required(const Section& section, const std::vector<std::string>& known,
                        const std::map<std::string, int>& seen, Position position) {
        if (is_wildcard(known) && seen.empty()) {
            findings_.add(position, about_key(section.shown) + ": expected at least one cluster");
        }
        for (const std::string& key : known) {
            const std::string path = joined(section.pattern, key);
            const Option* option = find_option(path);
            // Without this section there would be no cluster at all.
            const bool needed = option != nullptr ? option->required : path == "clusters";
            if (!needed || seen.count(key) > 0) continue;
            findings_.add(
                position,
                fmt::format("{}: missing, expected {}", about_key(joined(section.shown, key)),
                            option != nullptr ? option->type : "at least one cluster"));
        }
    }

    Findings& findings_;
    Config config_;
};

}  // namespace

Config read_config_tree(const YamlNode& root, Findings& findings) {
    return Reader(findings).read(root);
}

}  // namespace tsb
