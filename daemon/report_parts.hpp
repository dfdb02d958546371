// A cluster report as JSON for clients, in pieces: all of it at once may be too long for a line.
// The shapes are those of PROTOCOL.md. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/pg/cluster_report.hpp"
#include "daemon/wire.hpp"

namespace tsb {

inline constexpr int report_version = 1;

/// All but the lists and the rows of tables.
Json describe_head(const ClusterReport& report);

/// Goes once through a report, which must outlive it. Thread: one at a time.
class ReportParts {
public:
    explicit ReportParts(const ClusterReport& report) : report_(report) {}

    /// The next part, as encode_part() makes them; nothing after the last. No list is left out:
    /// one without rows is a part without items.
    std::optional<Json> next();

private:
    Json list_part();
    Json sample_part();

    const ClusterReport& report_;
    std::size_t list_ = 0;  // report_.lists.size(): the samples
    std::size_t row_ = 0;   // in that list
    bool over_ = false;
};

}  // namespace tsb
