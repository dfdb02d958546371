#include "daemon/metrics/metric_page.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "core/base/error.hpp"

namespace tsb {
namespace {

/// Above it not every whole number is a double.
constexpr double largest_exact = 9007199254740992.0;

std::string labels_text(const MetricSpec& spec, const std::vector<std::string>& values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        text += fmt::format("{}{}=\"{}\"", i == 0 ? "" : ",", spec.labels.at(i),
                            escaped_label(values[i]));
    }
    return text.empty() ? text : "{" + text + "}";
}

}  // namespace

void MetricPage::add(std::string_view name, const std::vector<std::string>& labels, double value) {
    const MetricSpec& spec = metric_spec(name);
    if (labels.size() != spec.label_count()) {
        throw Error(ErrorCode::internal, fmt::format("metric '{}' has {} labels, not {}", spec.name,
                                                     spec.label_count(), labels.size()));
    }
    // A page with the same sample twice is refused as a whole.
    if (!samples_[spec.name].emplace(labels, value).second) {
        throw Error(ErrorCode::internal, fmt::format("metric '{}{}' is there twice", spec.name,
                                                     labels_text(spec, labels)));
    }
}

std::string MetricPage::text() const {
    std::string page;
    for (const MetricSpec& spec : metric_table()) {
        const auto samples = samples_.find(spec.name);
        if (samples == samples_.end()) continue;
        page += fmt::format("# HELP {} {}\n# TYPE {} {}\n", spec.name, spec.help, spec.name,
                            to_string(spec.type));
        for (const auto& [labels, value] : samples->second) {
            page +=
                fmt::format("{}{} {}\n", spec.name, labels_text(spec, labels), metric_value(value));
        }
    }
    return page;
}

std::string metric_value(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    if (std::trunc(value) == value && std::abs(value) <= largest_exact) {
        return fmt::format("{}", static_cast<std::int64_t>(value));
    }
    return fmt::format("{}", value);
}

std::string escaped_label(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace tsb
