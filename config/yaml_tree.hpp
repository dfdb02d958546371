// A configuration file as a tree of texts with their places. It is built from yaml-cpp's events,
// not from YAML::Node: duplicate keys stay visible, nothing is converted ("yes", "010"), and an
// alias is refused when it is met, so that no bomb is ever expanded.
#pragma once

#include <string>
#include <vector>

#include "config/findings.hpp"

namespace tsb {

enum class YamlKind { null, scalar, list, mapping };

struct YamlNode {
    YamlKind kind = YamlKind::null;
    std::string text;             // kind scalar
    std::vector<YamlNode> keys;   // kind mapping; the value of keys[i] is items[i]
    std::vector<YamlNode> items;  // kind list or mapping
    Position position;
};

/// The one document of `text`, kind null when it is empty. Error{config} for what check_yaml_text
/// refuses, malformed YAML, an alias, anchor or tag, a second document, more than 10,000 nodes or
/// 32 levels, and scalars with control characters. `file` stands for it in messages. Thread: any.
YamlNode parse_yaml(const std::string& text, const std::string& file);

}  // namespace tsb
