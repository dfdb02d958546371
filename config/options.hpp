// The option table: the one place that says which keys a configuration file may have. The reader
// walks a file by it and takes every default from it; the sample and REFERENCE.md are compared
// with it by a test.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/values.hpp"

namespace tsb {

/// Where values go. Of the pointers those are set whose section is being read.
struct OptionTarget {
    Config& config;
    ClusterConfig* cluster = nullptr;    // "clusters.*"
    ScheduleConfig* schedule = nullptr;  // "clusters.*.schedule.[]"
    HookItem* hook = nullptr;            // "hooks.[]"
    WebhookConfig* webhook = nullptr;    // "webhooks.[]"
};

enum class OptionShape { scalar, list };  // list: `store` is called once per item

struct Option {
    // "clusters.*.backup.format": "*" stands for the name of a cluster, "[]" for an item of a list
    // of sections.
    std::string_view path;
    OptionShape shape;
    bool required;
    std::string_view type;      // what it takes, as in "expected <type>"
    std::string_view fallback;  // default as it would be written; empty: none (lists: empty list)
    std::string_view description;
    ValueResult (*store)(const std::string& text, const OptionTarget& target);
};

/// Every option, grouped by section. Thread: any.
std::span<const Option> options();
/// The option with this path; null when there is none. Thread: any.
const Option* find_option(std::string_view path);
/// Names directly beneath a section ("" is the whole file), in the table's order; empty when
/// there is no such section. Thread: any.
std::vector<std::string> keys_in(std::string_view section);
/// The section whose every occurrence has its own value of the option: the path up to the last "*"
/// or "[]"; empty when there is neither. Thread: any.
std::string_view scope_of(std::string_view path);
/// The last part of a path. Thread: any.
std::string_view last_key(std::string_view path);

}  // namespace tsb
