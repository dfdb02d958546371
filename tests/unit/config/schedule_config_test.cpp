// Values of the keys that say when jobs run, what is kept and who is told.
#include "config/schedule_config.hpp"
#include "config/config.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace tsb {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string one_cluster =
    "repository: /backups\n"
    "clusters:\n"
    "  main:\n"
    "    connection: host=/run user=tsbackup\n";

/// A file whose only cluster has `lines` too, which begin with four blanks.
ClusterConfig cluster_with(const std::string& lines) {
    return parse_config(one_cluster + lines, "x").clusters.at(0);
}

/// The only entry of a schedule, written as a mapping on one line.
ScheduleConfig entry_with(const std::string& text) {
    return cluster_with("    schedule: [{" + text + "}]\n").schedule.at(0);
}

}  // namespace

TEST_CASE("a file without the new keys has neither schedule, retention, hooks nor webhooks") {
    const Config config = parse_config(one_cluster, "x");
    CHECK(config.log_format == LogFormat::text);
    CHECK(config.max_concurrent_jobs == Config().max_concurrent_jobs);
    CHECK(config.shutdown_grace == Config().shutdown_grace);
    CHECK(config.hooks.empty());
    CHECK(config.notices.webhooks.empty());
    const ClusterConfig& cluster = config.clusters.at(0);
    CHECK(cluster.job_limit == ClusterConfig().job_limit);
    CHECK(cluster.max_age == ClusterConfig().max_age);
    CHECK_FALSE(cluster.max_drill_age);
    CHECK(cluster.schedule.empty());
    CHECK(cluster.retention.empty());
    CHECK(cluster.retention.min_keep == 1);
    CHECK(cluster.retention.zone == TimeZone::machine());
}

TEST_CASE("the keys of log, jobs and the cluster are stored where they belong") {
    const Config config = parse_config(one_cluster +
                                           "    job_limit: 12h\n"
                                           "    max_age: 26h\n"
                                           "    max_drill_age: 35d\n"
                                           "log: {format: json}\n"
                                           "jobs: {max_concurrent: 5, shutdown_grace: 90s}\n",
                                       "x");
    CHECK(config.clusters.at(0).job_limit == hours(12));
    CHECK(config.clusters.at(0).max_age == hours(26));
    CHECK((config.clusters.at(0).max_drill_age == hours(24 * 35)));
    CHECK(config.log_format == LogFormat::json);
    CHECK(config.log_level == LogLevel::info);
    CHECK(config.max_concurrent_jobs == 5);
    CHECK(config.shutdown_grace == seconds(90));
}

TEST_CASE("an entry with cron alone is a backup as the plain struct has it") {
    const ScheduleConfig entry = entry_with("cron: '0 2 * * *'");
    ScheduleConfig expected;
    expected.cron = CronExpression::parse("0 2 * * *");
    CHECK((entry == expected));
    CHECK(entry.job == "backup");
}

TEST_CASE("every key of an entry is stored and becomes part of the plan") {
    const ScheduleConfig entry = entry_with(
        "cron: '*/5 * * * *', timezone: Europe/Berlin, jitter: 3m, catch_up: none, max_age: 6h,"
        "window: ['22:00-06:00', sat 00:00-24:00], blackout: [mon-fri 23:00-23:30],"
        "backup: {compression: zstd:3, format: tar, checkpoint: spread, max_rate: 8MB,"
        " label: by night}");
    CHECK(entry.cron->text() == "*/5 * * * *");
    CHECK(entry.every == seconds(0));
    CHECK(entry.zone.name() == "Europe/Berlin");
    CHECK(entry.jitter == minutes(3));
    CHECK(entry.catch_up == CatchUp::none);
    CHECK((entry.max_age == hours(6)));
    CHECK(entry.windows == std::vector<std::string>{"22:00-06:00", "sat 00:00-24:00"});
    CHECK(entry.blackouts == std::vector<std::string>{"mon-fri 23:00-23:30"});
    CHECK(entry.backup_args == std::map<std::string, std::string>{{"checkpoint", "spread"},
                                                                  {"compress", "zstd:3"},
                                                                  {"format", "tar"},
                                                                  {"label", "by night"},
                                                                  {"max-rate", "8MB"}});

    const ScheduleEntry plan = schedule_entry(entry);
    CHECK(plan.key() == "backup cron '*/5 * * * *' Europe/Berlin");
    CHECK(plan.jitter == minutes(3));
    CHECK((plan.hours == RunHours::parse(entry.windows, entry.blackouts)));
    CHECK(plan.catch_up == CatchUp::none);
    CHECK((plan.max_age == hours(6)));
}

TEST_CASE("entries keep the order of the file and may share their times when the jobs differ") {
    const ClusterConfig cluster = cluster_with(
        "    schedule:\n"
        "      - every: 6h\n"
        "        backup: {label: a}\n"
        "      - job: verify\n"
        "        every: 6h\n"
        "      - cron: '@weekly'\n"
        "      - {cron: '@weekly', timezone: Asia/Tokyo}\n"
        "      - {every: 6h, job: drill}\n"
        "    restore: {allowed_targets: [/srv/restored]}\n");
    REQUIRE(cluster.schedule.size() == 5);
    CHECK(schedule_entry(cluster.schedule[0]).key() == "backup every 21600s");
    CHECK(schedule_entry(cluster.schedule[1]).key() == "verify every 21600s");
    CHECK(cluster.schedule[1].backup_args.empty());
    CHECK(cluster.schedule[2].zone == TimeZone::machine());
    CHECK(cluster.schedule[3].zone.name() == "Asia/Tokyo");
    CHECK(schedule_entry(cluster.schedule[4]).key() == "drill every 21600s");
}

TEST_CASE("two clusters may have the same schedule") {
    const Config config = parse_config(one_cluster +
                                           "    schedule: [every: 1h]\n"
                                           "  other:\n"
                                           "    connection: host=b\n"
                                           "    schedule: [every: 1h]\n",
                                       "x");
    REQUIRE(config.clusters.size() == 2);
    CHECK((config.clusters[0].schedule == config.clusters[1].schedule));
}

TEST_CASE("the ends of the new ranges are accepted") {
    for (const char* each : {"every: 1m", "every: 60s", "every: 366d", "every: 1h, jitter: 0s",
                             "every: 1h, jitter: 1d", "every: 1h, max_age: 1s"}) {
        CAPTURE(each);
        CHECK_NOTHROW(schedule_entry(entry_with(each)).check());
    }
    CHECK(cluster_with("    job_limit: 1m\n").job_limit == minutes(1));
    CHECK(cluster_with("    job_limit: 30d\n").job_limit == hours(24) * 30);
    CHECK(cluster_with("    max_age: 1s\n").max_age == seconds(1));
    CHECK((cluster_with("    max_drill_age: 1s\n").max_drill_age == seconds(1)));
    CHECK(cluster_with("    retention: {keep_last: 100000}\n").retention.keep_last == 100'000);
    CHECK(cluster_with("    retention: {min_keep: 100000}\n").retention.min_keep == 100'000);
    const std::string label(512, 'l');
    CHECK(entry_with("every: 1h, backup: {label: " + label + "}").backup_args.at("label") == label);
    CHECK(parse_config(one_cluster + "jobs: {max_concurrent: 1}\n", "x").max_concurrent_jobs == 1);
    CHECK(parse_config(one_cluster + "jobs: {max_concurrent: 16}\n", "x").max_concurrent_jobs ==
          16);
}

TEST_CASE("every key of retention is stored where it belongs") {
    const RetentionPolicy policy = cluster_with(
                                       "    retention:\n"
                                       "      keep_last: 1\n"
                                       "      keep_within: 2d\n"
                                       "      keep_hourly: 3\n"
                                       "      keep_daily: 4\n"
                                       "      keep_weekly: 5\n"
                                       "      keep_monthly: 6\n"
                                       "      keep_yearly: 7\n"
                                       "      min_keep: 8\n"
                                       "      timezone: Europe/Berlin\n")
                                       .retention;
    CHECK(policy.keep_last == 1);
    CHECK(policy.keep_within == hours(48));
    CHECK(policy.keep_hourly == 3);
    CHECK(policy.keep_daily == 4);
    CHECK(policy.keep_weekly == 5);
    CHECK(policy.keep_monthly == 6);
    CHECK(policy.keep_yearly == 7);
    CHECK(policy.min_keep == 8);
    CHECK(policy.zone.name() == "Europe/Berlin");
}

TEST_CASE("min_keep and a zone alone are no rule") {
    CHECK(cluster_with("    retention: {min_keep: 3, timezone: UTC}\n").retention.empty());
    CHECK(cluster_with("    retention: {}\n").retention.empty());
}

TEST_CASE("hooks are kept as written and sorted by their events") {
    const Config config = parse_config(one_cluster +
                                           "hooks:\n"
                                           "  - events: [failure, overdue, failure]\n"
                                           "    command: [/usr/bin/logger, -t, '', a b]\n"
                                           "  - {events: [recovered, success], timeout: 5m,\n"
                                           "     command: [/bin/true], required: true}\n",
                                       "x");
    REQUIRE(config.hooks.size() == 2);
    const HookConfig& first = config.hooks[0].hook;
    CHECK(config.hooks[0].events == std::set<std::string>{"failure", "overdue"});
    CHECK(first.command == std::vector<std::string>{"/usr/bin/logger", "-t", "", "a b"});
    CHECK(first.timeout == seconds(60));
    CHECK_FALSE(first.required);
    const HookConfig& second = config.hooks[1].hook;
    CHECK(second.timeout == minutes(5));
    CHECK(second.required);

    CHECK((config.notices.on_success == std::vector{second}));
    CHECK((config.notices.on_failure == std::vector{first}));
    CHECK((config.notices.on_overdue == std::vector{first}));
    CHECK((config.notices.on_recovered == std::vector{second}));
}

TEST_CASE("webhooks are stored in the order of the file") {
    const Config config = parse_config(one_cluster +
                                           "webhooks:\n"
                                           "  - url: https://example.org:8443/a?to=x@y\n"
                                           "    token_file: /run/secrets/token\n"
                                           "    timeout: 3s\n"
                                           "  - url: http://[::1]/b\n",
                                       "x");
    REQUIRE(config.notices.webhooks.size() == 2);
    const WebhookConfig& first = config.notices.webhooks[0];
    CHECK(first.url == "https://example.org:8443/a?to=x@y");
    CHECK(first.token_file == "/run/secrets/token");
    CHECK(first.timeout == seconds(3));
    const WebhookConfig& second = config.notices.webhooks[1];
    CHECK(second.url == "http://[::1]/b");
    CHECK(second.token_file.empty());
    CHECK(second.timeout == WebhookConfig().timeout);
}

TEST_CASE("empty lists of sections are accepted") {
    const Config config =
        parse_config(one_cluster + "    schedule: []\nhooks: []\nwebhooks: []\n", "x");
    CHECK(config.clusters.at(0).schedule.empty());
    CHECK(config.hooks.empty());
    CHECK(config.notices.webhooks.empty());
}

}  // namespace tsb
