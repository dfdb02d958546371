// From what is known to the page that Prometheus reads. Pure.
#pragma once

#include <string>

#include "daemon/metrics/metric_facts.hpp"

namespace tsb {

/// The whole page. What may be counted or found is there with 0 before it was, so that a first
/// failure is an increase; what is not known is left out. Times are timestamps, not ages: an age is
/// `time()` less the timestamp, and right at whatever time the page is looked at. Thread: any.
std::string metrics_text(const MetricFacts& facts);

}  // namespace tsb
