// Pages in Prometheus' text format.
#include <cmath>
#include <functional>
#include <limits>

#include "core/base/error.hpp"
#include "daemon/metrics/metric_page.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("a page has each metric once with its meaning, in the table's order") {
    MetricPage page;
    page.add("process_open_fds", 7);
    page.add("tsbackup_jobs_total", {"main", "backup", "failed"}, 0);
    page.add("tsbackup_jobs_total", {"main", "backup", "done"}, 3);
    page.add("tsbackup_repository_up", 1);
    CHECK(page.text() ==
          "# HELP tsbackup_repository_up Whether the repository is there and could be read for "
          "this page. What lies in it is left out while it is 0.\n"
          "# TYPE tsbackup_repository_up gauge\n"
          "tsbackup_repository_up 1\n"
          "# HELP tsbackup_jobs_total Jobs that ended since the daemon's start.\n"
          "# TYPE tsbackup_jobs_total counter\n"
          "tsbackup_jobs_total{cluster=\"main\",kind=\"backup\",outcome=\"done\"} 3\n"
          "tsbackup_jobs_total{cluster=\"main\",kind=\"backup\",outcome=\"failed\"} 0\n"
          "# HELP process_open_fds Open file descriptors.\n"
          "# TYPE process_open_fds gauge\n"
          "process_open_fds 7\n");
    CHECK(MetricPage().text().empty());
}

TEST_CASE("what a label holds cannot break the page") {
    MetricPage page;
    page.add("tsbackup_build_info", {"a\"b\\c\nd\re"}, 1);
    const std::string text = page.text();
    CHECK(text.substr(text.rfind("tsbackup")) ==
          "tsbackup_build_info{version=\"a\\\"b\\\\c\\nd\re\"} 1\n");
}

TEST_CASE("values are written so that they are read as the same number") {
    CHECK(metric_value(0) == "0");
    CHECK(metric_value(-3) == "-3");
    CHECK(metric_value(1795398144) == "1795398144");
    CHECK(metric_value(1795398144.25) == "1795398144.25");
    CHECK(metric_value(0.1) == "0.1");
    CHECK(metric_value(9007199254740992.0) == "9007199254740992");
    CHECK(std::stod(metric_value(1.8446744073709552e19)) == 1.8446744073709552e19);
    CHECK(metric_value(std::numeric_limits<double>::quiet_NaN()) == "NaN");
    CHECK(metric_value(std::numeric_limits<double>::infinity()) == "+Inf");
    CHECK(metric_value(-std::numeric_limits<double>::infinity()) == "-Inf");
}

TEST_CASE("a metric that is not in the table, other labels or a second sample are mistakes") {
    MetricPage page;
    page.add("tsbackup_repository_up", 1);
    const auto code = [](const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::io;
    };
    CHECK(code([&] { page.add("tsbackup_unheard_of", 1); }) == ErrorCode::internal);
    CHECK(code([&] { page.add("tsbackup_repository_up", {"main"}, 1); }) == ErrorCode::internal);
    CHECK(code([&] { page.add("tsbackup_jobs_total", {"main"}, 1); }) == ErrorCode::internal);
    CHECK(code([&] { page.add("tsbackup_repository_up", 0); }) == ErrorCode::internal);
}
