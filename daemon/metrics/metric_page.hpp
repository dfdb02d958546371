// A page of metrics in Prometheus' text format 0.0.4: samples are added in any order and come out
// by metric, each with its HELP and TYPE.
//
// Keeps: only metrics of the table with the labels that it names; every text is escaped. What a
// value means is whoever adds it to know (families.hpp).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/metrics/metric_table.hpp"

namespace tsb {

/// What the page is sent as.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Thread: one.
class MetricPage {
public:
    /// Adds a sample with `labels`, the values of the labels in the table's order. Error{internal}
    /// for a name that is not in the table, another number of labels, or a sample that is there.
    void add(std::string_view name, const std::vector<std::string>& labels, double value);
    void add(std::string_view name, double value) { add(name, {}, value); }

    /// The page, in the table's order; samples of a metric sorted by their labels. Metrics without
    /// a sample are left out.
    std::string text() const;

private:
    std::map<std::string_view, std::map<std::vector<std::string>, double>> samples_;  // by name
};

/// As the format writes it: whole numbers without a point, "NaN", "+Inf", "-Inf". Thread: any.
std::string metric_value(double value);
/// With '\', '"' and newlines escaped, as between the quotes of a label. Thread: any.
std::string escaped_label(std::string_view text);

}  // namespace tsb
