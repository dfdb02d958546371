// The metric table: the one place that says which metrics there are, with type, labels and meaning.
// Pages are made by it; METRICS.md, the alert rules and the dashboard are compared with it by a
// test.
//
// Keeps: names and units follow Prometheus' conventions; the values of every label come from a set
// that the configuration or the program bounds.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tsb {

enum class MetricType { counter, gauge };
std::string_view to_string(MetricType type);

struct MetricSpec {
    std::string_view name;
    MetricType type;
    std::array<std::string_view, 3> labels;  // those that are not empty, in the order of values
    std::string_view help;

    std::size_t label_count() const;
};

/// Every metric, grouped by what it is about. Thread: any.
std::span<const MetricSpec> metric_table();
/// The metric of that name; Error{internal} when there is none. Thread: any.
const MetricSpec& metric_spec(std::string_view name);

}  // namespace tsb
