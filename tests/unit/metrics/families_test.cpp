// From facts to pages.
#include "daemon/metrics/families.hpp"

#include <set>
#include <sstream>

#include "daemon/metrics/metric_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

StoredCluster stored_main() {
    StoredCluster cluster;
    cluster.cluster = "main";
    cluster.findings = {HealthCode::overdue, HealthCode::size_jump};
    cluster.healthy = false;
    cluster.good = 3;
    cluster.damaged = 2;
    cluster.broken = 1;
    cluster.stored_bytes = 5000;
    cluster.last_good = BackupFigures{from_iso8601("2026-11-22T02:00:10Z"), 12.5, 4000, 1000};
    cluster.last_verified = from_iso8601("2026-11-21T02:00:00Z");
    cluster.last_good_drill = from_iso8601("2026-11-20T02:00:00Z");
    cluster.last_jobs["backup"] = {false, from_iso8601("2026-11-23T02:00:00Z"), 20.0, 4000};
    cluster.last_jobs["verify"] = {true, from_iso8601("2026-11-23T02:10:00Z"), 0.0, 10};
    cluster.last_jobs["drill"] = {false, from_iso8601("2026-11-23T02:20:00Z"), {}, 0};
    return cluster;
}

ActiveCluster active_main() {
    ActiveCluster cluster;
    cluster.cluster = "main";
    cluster.ended[{"backup", JobState::done}] = 4;
    cluster.ended[{"prune", JobState::cancelled}] = 1;
    cluster.present["backup"] = {1, 2, 500, 2000};
    cluster.planned["backup"] = {from_iso8601("2026-11-24T02:00:00Z"), 1, 2, 7};
    cluster.planned["drill"] = {};
    cluster.wal_lag_bytes = 16U << 20U;
    return cluster;
}

MetricFacts full_facts() {
    auto stored = std::make_shared<StoredFacts>();
    stored->free_bytes = 100;
    stored->size_bytes = 400;
    stored->days_left = 9;
    stored->findings = {HealthCode::repository_filling};
    stored->clusters = {stored_main()};
    MetricFacts facts;
    facts.version = "1.2.3";
    facts.process.cpu_seconds = 1.5;
    facts.clusters = {active_main()};
    facts.stored = std::move(stored);
    return facts;
}

/// Names of the samples of a page.
std::set<std::string> names_in(const std::string& page) {
    std::set<std::string> names;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) names.insert(line.substr(0, line.find_first_of("{ ")));
    }
    return names;
}

bool has_sample(const std::string& page, const std::string& sample) {
    return contains("\n" + page, "\n" + sample + "\n");
}

}  // namespace

TEST_CASE("a page of everything has every metric of the table") {
    const std::set<std::string> names = names_in(metrics_text(full_facts()));
    for (const MetricSpec& spec : metric_table()) {
        CAPTURE(spec.name);
        CHECK(names.contains(std::string(spec.name)));
    }
    CHECK(names.size() == metric_table().size());
}

TEST_CASE("what is known is told in base units") {
    const std::string page = metrics_text(full_facts());
    for (const char* sample :
         {"tsbackup_build_info{version=\"1.2.3\"} 1",
          "process_cpu_seconds_total 1.5",
          "tsbackup_repository_up 1",
          "tsbackup_repository_free_bytes 100",
          "tsbackup_repository_size_bytes 400",
          "tsbackup_repository_time_left_seconds 777600",
          "tsbackup_repository_finding{code=\"repository_filling\"} 1",
          "tsbackup_repository_finding{code=\"repository_full\"} 0",
          "tsbackup_cluster_healthy{cluster=\"main\"} 0",
          "tsbackup_cluster_finding{cluster=\"main\",code=\"overdue\"} 1",
          "tsbackup_cluster_finding{cluster=\"main\",code=\"damaged\"} 0",
          "tsbackup_backups{cluster=\"main\",state=\"damaged\"} 2",
          "tsbackup_last_good_backup_timestamp_seconds{cluster=\"main\"} 1795312810",
          "tsbackup_last_good_backup_duration_seconds{cluster=\"main\"} 12.5",
          "tsbackup_last_verified_backup_timestamp_seconds{cluster=\"main\"} 1795226400",
          "tsbackup_last_good_drill_timestamp_seconds{cluster=\"main\"} 1795140000",
          "tsbackup_jobs_total{cluster=\"main\",kind=\"backup\",outcome=\"done\"} 4",
          "tsbackup_jobs_total{cluster=\"main\",kind=\"restore\",outcome=\"failed\"} 0",
          "tsbackup_jobs_present{cluster=\"main\",kind=\"backup\",state=\"queued\"} 2",
          "tsbackup_jobs_present{cluster=\"main\",kind=\"verify\",state=\"running\"} 0",
          "tsbackup_last_job_success{cluster=\"main\",kind=\"backup\"} 0",
          "tsbackup_last_successful_job_duration_seconds{cluster=\"main\",kind=\"backup\"} 20",
          "tsbackup_last_successful_job_bytes_per_second{cluster=\"main\",kind=\"backup\"} 200",
          "tsbackup_last_successful_job_bytes_per_second{cluster=\"main\",kind=\"verify\"} 0",
          "tsbackup_running_job_bytes{cluster=\"main\",kind=\"backup\"} 500",
          "tsbackup_backup_wal_lag_bytes{cluster=\"main\"} 16777216",
          "tsbackup_next_run_timestamp_seconds{cluster=\"main\",kind=\"backup\"} 1795485600",
          "tsbackup_overdue_runs{cluster=\"main\",kind=\"backup\"} 1",
          "tsbackup_failed_attempts{cluster=\"main\",kind=\"backup\"} 2",
          "tsbackup_skipped_runs_total{cluster=\"main\",kind=\"backup\"} 7",
          "tsbackup_skipped_runs_total{cluster=\"main\",kind=\"drill\"} 0"}) {
        CAPTURE(sample);
        CHECK(has_sample(page, sample));
    }
}

TEST_CASE("what is not known is left out") {
    MetricFacts facts = full_facts();
    auto stored = std::make_shared<StoredFacts>();
    stored->clusters.emplace_back().cluster = "main";
    facts.stored = std::move(stored);
    facts.clusters = {ActiveCluster()};
    facts.clusters.front().cluster = "main";
    const std::string page = metrics_text(facts);
    for (const char* name :
         {"tsbackup_repository_size_bytes", "tsbackup_repository_time_left_seconds",
          "tsbackup_last_good_backup", "tsbackup_last_verified", "tsbackup_last_good_drill",
          "tsbackup_last_job", "tsbackup_last_successful", "tsbackup_running_job",
          "tsbackup_backup_wal_lag_bytes", "tsbackup_next_run", "tsbackup_skipped"}) {
        CAPTURE(name);
        CHECK_FALSE(contains(page, name));
    }
    CHECK_FALSE(contains(page, "tsbackup_last_successful_job_bytes{cluster=\"main\",kind=\"drill"));
    CHECK(has_sample(page, "tsbackup_cluster_healthy{cluster=\"main\"} 1"));
}

TEST_CASE("without the repository the page has what the daemon knows itself") {
    MetricFacts facts = full_facts();
    facts.stored = nullptr;
    const std::string page = metrics_text(facts);
    CHECK(has_sample(page, "tsbackup_repository_up 0"));
    CHECK(has_sample(page, "tsbackup_backup_wal_lag_bytes{cluster=\"main\"} 16777216"));
    CHECK_FALSE(contains(page, "tsbackup_cluster_"));
    CHECK_FALSE(contains(page, "tsbackup_repository_f"));
}

TEST_CASE("each finding that there is has a sample, of a cluster or of the repository") {
    const std::string page = metrics_text(full_facts());
    for (int number = 0;; ++number) {
        const std::string code(to_string(static_cast<HealthCode>(number)));
        if (code.empty()) {
            CHECK(number == 11);
            break;
        }
        CAPTURE(code);
        CHECK(contains(page, "_finding{cluster=\"main\",code=\"" + code + "\"}") !=
              contains(page, "_finding{code=\"" + code + "\"}"));
    }
}
