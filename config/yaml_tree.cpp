#include "config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "config/yaml_text.hpp"
#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t node_limit = 10'000;
constexpr std::size_t depth_limit = 32;

Position position_of(const YAML::Mark& mark) {
    return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

/// yaml-cpp takes a cron expression without quotes for an alias or a reserved character.
std::string hint_for(const std::string& problem) {
    for (const char* known : {YAML::ErrorMsg::ALIAS_NOT_FOUND, YAML::ErrorMsg::UNKNOWN_ANCHOR,
                              YAML::ErrorMsg::UNKNOWN_TOKEN}) {
        if (!problem.starts_with(known)) continue;
        return "a value that begins with '*' or '@' needs quotes, as in cron: \"*/15 * * * *\"";
    }
    return {};
}

class TreeBuilder : public YAML::EventHandler {
public:
    explicit TreeBuilder(const std::string& file) : file_(file) {}

    YamlNode take_root() { return std::move(root_); }
    [[noreturn]] void refuse(Position position, const std::string& cause,
                             const std::string& hint = {}) const {
        Findings findings;
        findings.add(position, cause, hint);
        findings.throw_if_any(file_);
        throw std::logic_error("a finding did not throw");
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) refuse(position_of(mark), "only one document is allowed");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        put(checked_node(YamlKind::null, mark, "", anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(position_of(mark), "aliases are not allowed");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        YamlNode node = checked_node(YamlKind::scalar, mark, tag, anchor);
        if (has_control_byte(value)) refuse(node.position, "control characters are not allowed");
        node.text = value;
        put(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(checked_node(YamlKind::list, mark, tag, anchor));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(checked_node(YamlKind::mapping, mark, tag, anchor));
    }
    void OnMapEnd() override { close(); }

private:
    YamlNode checked_node(YamlKind kind, const YAML::Mark& mark, const std::string& tag,
                          YAML::anchor_t anchor) {
        const Position position = position_of(mark);
        if (anchor != 0) refuse(position, "anchors are not allowed");
        // yaml-cpp says "?" for an untagged plain node and "!" for an untagged quoted one.
        if (!tag.empty() && tag != "?" && tag != "!") refuse(position, "tags are not allowed");
        if (++nodes_ > node_limit) refuse(position, "more than 10000 nodes");
        YamlNode node;
        node.kind = kind;
        node.position = position;
        return node;
    }

    void open(YamlNode node) {
        if (open_.size() >= depth_limit) refuse(node.position, "more than 32 levels");
        open_.push_back(std::move(node));
    }

    void close() {
        YamlNode node = std::move(open_.back());
        open_.pop_back();
        put(std::move(node));
    }

    void put(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        YamlNode& parent = open_.back();
        const bool is_key =
            parent.kind == YamlKind::mapping && parent.keys.size() == parent.items.size();
        (is_key ? parent.keys : parent.items).push_back(std::move(node));
    }

    const std::string& file_;
    std::vector<YamlNode> open_;  // from the root to where the events are
    YamlNode root_;
    std::size_t nodes_ = 0;
    int documents_ = 0;
};

}  // namespace

YamlNode parse_yaml(const std::string& text, const std::string& file) {
    check_yaml_text(text, file);
    TreeBuilder builder(file);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        builder.refuse(position_of(error.mark), "malformed YAML: " + printable(error.msg),
                       hint_for(error.msg));
    }
    return builder.take_root();
}

}  // namespace tsb
