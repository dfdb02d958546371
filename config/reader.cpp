#include "config/reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/options.hpp"
#include "core/base/error.hpp"
#include "core/base/spelling.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

constexpr std::string_view cluster_section = "clusters.*";
constexpr std::string_view hook_item = "hooks.[]";
constexpr std::string_view webhook_item = "webhooks.[]";
constexpr std::string_view schedule_item = "clusters.*.schedule.[]";
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

bool is_list_of_sections(const std::vector<std::string>& known) {
    return known.size() == 1 && known[0] == "[]";
}

std::string about_key(std::string_view key) {
    return fmt::format("key '{}'", printable(key.substr(0, shown_key_length)));
}

void store_defaults(std::string_view scope, const OptionTarget& target) {
    for (const Option& option : options()) {
        if (scope_of(option.path) != scope || option.fallback.empty()) continue;
        if (option.store(std::string(option.fallback), target)) {
            throw Error(ErrorCode::internal,
                        fmt::format("default of '{}' is refused", option.path));
        }
    }
}

std::string_view parent_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == path.npos ? std::string_view() : path.substr(0, dot);
}

/// Length of the innermost section that holds `section` and `path`.
std::size_t shared_length(std::string_view section, std::string_view path) {
    while (!section.empty() && !path.starts_with(std::string(section) + ".")) {
        section = parent_of(section);
    }
    return section.size();
}

/// The place nearest to `section` that has this key; empty when there is none, or several are.
std::string_view place_of(std::string_view key, std::string_view section) {
    std::string_view found;
    std::size_t best = 0;
    bool is_only_one = false;
    for (const Option& option : options()) {
        for (auto place = option.path; !place.empty(); place = parent_of(place)) {
            if (last_key(place) != key || place == found) continue;
            const bool in_list = place.find("[]") != place.npos;
            const std::size_t rank = 2 * shared_length(section, place) + (in_list ? 1 : 2);
            if (rank < best) continue;
            is_only_one = rank > best;
            best = rank;
            found = place;
        }
    }
    return is_only_one ? found : std::string_view();
}

/// "did you mean ...", looked for among the neighbours, then at any other place; or all there are.
std::string suggestion(const std::string& key, const std::string& section,
                       const std::vector<std::string>& known) {
    const std::string near = nearest(key, known);
    if (!near.empty()) return fmt::format("did you mean '{}'?", near);
    const std::string_view place = place_of(key, section);
    if (!place.empty()) return fmt::format("did you mean '{}'?", place);
    return fmt::format("expected one of {}", listed(known));
}

/// "a list, each item tar or plain"
std::string expectation(const Option& option) {
    return fmt::format("{}{}", option.shape == OptionShape::list ? "a list, each item " : "",
                       option.type);
}

class Reader {
public:
    explicit Reader(Findings& findings) : findings_(findings) {}

    Config read(const YamlNode& root) {
        const OptionTarget target{config_};
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
            } else if (is_list_of_sections(keys_in(child.pattern))) {
                read_items(value, at, child, target);
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
            findings_.add(key.position, fmt::format("{}: unknown, {}", about,
                                                    suggestion(key.text, section.pattern, known)));
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
        const OptionTarget target{.config = config_, .cluster = &cluster};
        store_defaults(cluster_section, target);
        drills_.clear();
        read_section(value, position, section, target);
        check_drills(cluster);
        config_.clusters.push_back(std::move(cluster));
    }

    /// Where drills restore may stand after the schedule: what is due could then only fail.
    void check_drills(const ClusterConfig& cluster) {
        if (!cluster.drill_directory.empty() || !cluster.restore_roots.empty()) return;
        for (const auto& [position, shown] : drills_) {
            findings_.add(position, about_key(shown) + ": the cluster has no place for drills",
                          "set restore.drill_directory of the cluster: a directory with room for "
                          "all of it, outside the repository");
        }
    }

    void read_items(const YamlNode& value, Position position, const Section& section,
                    const OptionTarget& target) {
        if (value.kind != YamlKind::list) {
            findings_.add(position, fmt::format("{}: expected a list, each item a mapping of {}",
                                                about_key(section.shown),
                                                listed(keys_in(section.pattern + ".[]"))));
            return;
        }
        std::map<std::string, int> seen;  // schedule key to line
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            const YamlNode& item = value.items[i];
            const Section child{section.pattern + ".[]", fmt::format("{}[{}]", section.shown, i)};
            const OptionTarget added = with_new_item(child.pattern, target);
            const std::size_t findings = findings_.size();
            store_defaults(child.pattern, added);
            read_section(item, item.position, child, added);
            if (findings_.size() > findings) continue;
            if (child.pattern == hook_item) finish_hook(*added.hook, item, child.shown);
            if (child.pattern == schedule_item) {
                check_schedule(*added.schedule, item.position, child.shown, seen);
                if (added.schedule->job == "drill")
                    drills_.emplace_back(item.position, child.shown);
            }
        }
    }

    /// Where the values of one more item go.
    static OptionTarget with_new_item(const std::string& pattern, const OptionTarget& target) {
        OptionTarget added = target;
        if (pattern == hook_item) {
            added.hook = &target.config.hooks.emplace_back();
        } else if (pattern == webhook_item) {
            added.webhook = &target.config.notices.webhooks.emplace_back();
        } else {
            added.schedule = &target.cluster->schedule.emplace_back();
        }
        return added;
    }

    void finish_hook(const HookItem& item, const YamlNode& node, const std::string& shown) {
        if (item.hook.required && !item.events.contains("success")) {
            findings_.add(node.position,
                          fmt::format("{}: expected success among the events, or required: false",
                                      about_key(shown)));
        }
        NoticeConfig& notices = config_.notices;
        const std::array lists = {std::pair("success", &notices.on_success),
                                  std::pair("failure", &notices.on_failure),
                                  std::pair("overdue", &notices.on_overdue),
                                  std::pair("recovered", &notices.on_recovered)};
        for (const auto& [event, hooks] : lists) {
            if (item.events.contains(event)) hooks->push_back(item.hook);
        }
    }

    void check_schedule(const ScheduleConfig& item, Position position, const std::string& shown,
                        std::map<std::string, int>& seen) {
        try {
            const auto [earlier, is_new] = seen.emplace(schedule_entry(item).key(), position.line);
            if (is_new) return;
            findings_.add(position, fmt::format("{}: duplicate, the entry on line {} has the same "
                                                "job with the same cron or every",
                                                about_key(shown), earlier->second));
        } catch (const Error& error) {
            findings_.add(position, fmt::format("{}: {}", about_key(shown), error.what()),
                          error.hint());
        }
    }

    void read_option(const Option& option, const YamlNode& value, Position position,
                     const std::string& shown, const OptionTarget& target) {
        const bool is_list = option.shape == OptionShape::list;
        if (value.kind != (is_list ? YamlKind::list : YamlKind::scalar)) {
            findings_.add(position,
                          fmt::format("{}: expected {}", about_key(shown), expectation(option)));
            return;
        }
        if (is_list && option.required && value.items.empty()) {
            findings_.add(position, fmt::format("{}: expected at least one item: {}",
                                                about_key(shown), option.type));
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
                            option != nullptr ? expectation(*option) : "at least one cluster"));
        }
    }

    Findings& findings_;
    Config config_;
    std::vector<std::pair<Position, std::string>> drills_;  // of the cluster that is being read
};

}  // namespace

Config read_config_tree(const YamlNode& root, Findings& findings) {
    return Reader(findings).read(root);
}

}  // namespace tsb
