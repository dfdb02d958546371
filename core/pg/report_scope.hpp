// What each step of reading a cluster report is given: the report, and whose part of it is read.
#pragma once

#include <chrono>
#include <string>

#include "core/base/error.hpp"
#include "core/pg/cluster_report.hpp"

namespace tsb {

inline constexpr std::chrono::minutes report_answer_limit{10};  // a cold disk takes its time

struct ReportScope {
    ReportScope(ClusterReport& r, const JobContext& j, std::string name)
        : report(r), job(j), database(std::move(name)) {}

    /// Adds `what` to the report's notes, with the database before it.
    void note(const std::string& what) const;
    /// The same of a failure to read `what`. Throws on what ends more than that: a stop, and a
    /// connection that is lost.
    void note_failure(const std::string& what, const Error& error) const;

    ClusterReport& report;
    const JobContext& job;
    const std::string database;  // empty: the cluster as a whole
};

}  // namespace tsb
