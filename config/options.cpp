#include "config/options.hpp"

#include <algorithm>
#include <array>

#include "config/schedule_values.hpp"

namespace tsb {
namespace {

using Text = const std::string&;
using To = const OptionTarget&;

constexpr auto scalar = OptionShape::scalar;
constexpr auto list = OptionShape::list;
constexpr bool required = true;
constexpr bool optional = false;

constexpr std::string_view path_type = "an absolute path without '..'";
constexpr std::string_view secret_type =
    "an absolute path without '..', or the name of a credential of the service";
constexpr std::string_view principal_type = "user:NAME, group:NAME or a numeric uid";
constexpr std::string_view timeout_type = "a duration from 1s to 24h with its unit, such as 90s";
constexpr std::string_view span_type =
    "a daily span of local time, such as 22:00-06:00 or mon-fri 08:00-18:00";
constexpr std::string_view zone_type =
    "machine, or a name of the IANA database, such as Europe/Berlin";
constexpr std::string_view event_type = "success, failure, overdue or recovered";
constexpr std::string_view count_type = "a number from 0 to 100000";
constexpr std::string_view argument_type = "a text, the first the absolute path of a program";
constexpr std::string_view listen_type =
    "a numeric address and a port, such as 127.0.0.1:9187 or [::1]:9187, or an absolute path";
constexpr std::string_view url_type =
    "an http or https address, such as https://alerts.example.org/backups";

// Not constexpr: core/io owns the wording of what it takes as a compression.
const std::array table = {
    Option{"repository", scalar, required, path_type, "",
           "Directory that holds the backups of all clusters.",
           [](Text text, To to) { return store_path(text, to.config.repository); }},

    Option{"log.level", scalar, optional, "one of debug, info, warning, error", "info",
           "Least severe messages that are logged.",
           [](Text text, To to) { return store_log_level(text, to.config.log_level); }},

    Option{"log.format", scalar, optional, "text or json", "text",
           "text: lines for people, with journald's priorities where it reads them; json: one "
           "object a line.",
           [](Text text, To to) { return store_log_format(text, to.config.log_format); }},

    Option{"jobs.max_concurrent", scalar, optional, "a number from 1 to 16", "2",
           "Jobs that run at once, over all clusters; of one cluster one runs at a time. Others "
           "wait; a restore never does.",
           [](Text text, To to) { return store_jobs(text, to.config.max_concurrent_jobs); }},
    Option{"jobs.shutdown_grace", scalar, optional, timeout_type, "10s",
           "How long the daemon, told to stop, waits for its jobs to clean up.",
           [](Text text, To to) { return store_timeout(text, to.config.shutdown_grace); }},

    Option{"hooks.[].events", list, required, event_type, "",
           "When the program is run: a job succeeded or failed, a cluster has no good backup "
           "within its age or has one again.",
           [](Text text, To to) { return add_event(text, to.hook->events); }},
    Option{"hooks.[].command", list, required, argument_type, "",
           "The program and its arguments. There is no shell; the event is JSON on its standard "
           "input.",
           [](Text text, To to) { return append_argument(text, to.hook->hook.command); }},
    Option{"hooks.[].timeout", scalar, optional, timeout_type, "60s",
           "The program is ended when it takes longer.",
           [](Text text, To to) { return store_timeout(text, to.hook->hook.timeout); }},
    Option{"hooks.[].required", scalar, optional, "true or false", "false",
           "true, with the event success: a backup whose program failed counts as failed; it is "
           "stored all the same.",
           [](Text text, To to) { return store_switch(text, to.hook->hook.required); }},

    Option{"webhooks.[].url", scalar, required, url_type, "",
           "Where every event is sent, as a POST with a JSON body.",
           [](Text text, To to) { return store_url(text, to.webhook->url); }},
    Option{"webhooks.[].token_file", scalar, optional, secret_type, "",
           "File with a secret that is sent as 'Authorization: Bearer', readable by nobody else.",
           [](Text text, To to) { return store_secret_place(text, to.webhook->token_file); }},
    Option{"webhooks.[].timeout", scalar, optional, timeout_type, "10s",
           "One attempt takes no longer; there are three.",
           [](Text text, To to) { return store_timeout(text, to.webhook->timeout); }},

    Option{"metrics.listen", scalar, optional, listen_type, "",
           "Where metrics for Prometheus are served over HTTP, to whoever reaches it; a path is a "
           "Unix socket. Without it they are not served.",
           [](Text text, To to) { return store_listen_address(text, to.config.metrics_listen); }},

    Option{"control.socket", scalar, optional, path_type, "/run/tsbackup/control.sock",
           "Unix socket on which the daemon listens for tsbackupctl.",
           [](Text text, To to) { return store_socket_path(text, to.config.control.socket); }},
    Option{"control.rights.read", list, optional, principal_type, "",
           "Who may look: status, check, list, show, schedule, jobs, watch. Root and the daemon's "
           "own user may do everything.",
           [](Text text, To to) { return append_principal(text, to.config.control.read); }},
    Option{"control.rights.operate", list, optional, principal_type, "",
           "Who may also back up, verify, prune, keep, unkeep, delete, cancel and reload.",
           [](Text text, To to) { return append_principal(text, to.config.control.operate); }},
    Option{"control.rights.restore", list, optional, principal_type, "",
           "Who may also restore and drill.",
           [](Text text, To to) { return append_principal(text, to.config.control.restore); }},

    Option{"clusters.*.connection", scalar, required,
           "a libpq connection string, such as 'host=/var/run/postgresql user=tsbackup'", "",
           "How to connect, as libpq's conninfo or URI, without a password. The role needs "
           "REPLICATION.",
           [](Text text, To to) { return store_connection(text, to.cluster->connection); }},
    Option{"clusters.*.password_file", scalar, optional, secret_type, "",
           "File with the password alone on its first line, readable by nobody else. Without it "
           "libpq looks in its own places, such as ~/.pgpass.",
           [](Text text, To to) { return store_secret_place(text, to.cluster->password_file); }},

    Option{"clusters.*.backup.format", scalar, optional, "tar or plain", "tar",
           "tar: one archive per tablespace; plain: the files as they are in the data directory.",
           [](Text text, To to) { return store_format(text, to.cluster->format); }},
    Option{"clusters.*.backup.compression", scalar, optional, compression_syntax(), "gzip:6",
           "Compression of the archives; format plain does not use it.",
           [](Text text, To to) { return store_compression(text, to.cluster->compression); }},
    Option{"clusters.*.backup.checkpoint", scalar, optional, "fast or spread", "fast",
           "fast: the server makes its checkpoint at once; spread: it takes its time, the backup "
           "waits.",
           [](Text text, To to) { return store_checkpoint(text, to.cluster->checkpoint); }},
    Option{"clusters.*.backup.max_rate", scalar, optional,
           "unlimited, or a size per second from 32kB to 1GB, such as 64MB", "unlimited",
           "Most that the server sends per second, WAL not counted.",
           [](Text text, To to) { return store_rate(text, to.cluster->max_rate_kb); }},
    Option{"clusters.*.backup.compression_workers", scalar, optional,
           "auto, or a number from 1 to 64", "auto",
           "Threads that compress one backup; auto: as many as there are cores.",
           [](Text text, To to) { return store_workers(text, to.cluster->compression_workers); }},
    Option{"clusters.*.backup.manifest_checksums", scalar, optional,
           "CRC32C, SHA224, SHA256, SHA384 or SHA512", "CRC32C",
           "Digest of each file in the server's manifest, which costs the server time; what is "
           "stored has a SHA-256 anyway.",
           [](Text text, To to) {
               return store_manifest_checksums(text, to.cluster->manifest_checksums);
           }},
    Option{
        "clusters.*.backup.nice", scalar, optional, "a number from 0 to 19", "0",
        "How far the threads that compress, prove and write stand back for others; 19: furthest.",
        [](Text text, To to) { return store_nice(text, to.cluster->priority.nice); }},
    Option{"clusters.*.backup.ionice", scalar, optional,
           "none, idle, best-effort or best-effort:0 to best-effort:7", "none",
           "The disk priority of these threads, as ionice(1) has it.",
           [](Text text, To to) { return store_ionice(text, to.cluster->priority); }},
    Option{"clusters.*.backup.stall_timeout", scalar, optional, timeout_type, "60s",
           "A backup fails when the server sends nothing for this long.",
           [](Text text, To to) { return store_timeout(text, to.cluster->stall_timeout); }},
    Option{"clusters.*.backup.checkpoint_timeout", scalar, optional, timeout_type, "1h",
           "A backup fails when the checkpoint at its start takes longer than this.",
           [](Text text, To to) { return store_timeout(text, to.cluster->checkpoint_timeout); }},

    Option{"clusters.*.job_limit", scalar, optional,
           "a duration from 1m to 30d with its unit, such as 12h", "3d",
           "A job of this cluster that takes longer is ended.",
           [](Text text, To to) { return store_job_limit(text, to.cluster->job_limit); }},
    Option{"clusters.*.max_age", scalar, optional,
           "auto, or a duration above 0 with its unit, such as 26h", "auto",
           "Age of the newest good backup at which the cluster is overdue; auto: twice the longest "
           "pause of its schedule, never without one.",
           [](Text text, To to) { return store_max_age(text, to.cluster->max_age); }},
    Option{"clusters.*.max_drill_age", scalar, optional,
           "a duration above 0 with its unit, such as 35d", "",
           "Age of the newest drill that passed at which the cluster is unhealthy; without it no "
           "drill is asked for.",
           [](Text text, To to) { return store_limit(text, to.cluster->max_drill_age); }},

    Option{"clusters.*.schedule.[].job", scalar, optional, "backup, verify or drill", "backup",
           "What runs. verify proves the newest backup, drill restores and starts it.",
           [](Text text, To to) { return store_scheduled_job(text, to.schedule->job); }},
    Option{"clusters.*.schedule.[].cron", scalar, optional,
           "five fields as in crontab, or @hourly, @daily, @weekly, @monthly, @yearly", "",
           "When it runs: minute, hour, day of month, month, day of week.",
           [](Text text, To to) { return store_cron(text, to.schedule->cron); }},
    Option{"clusters.*.schedule.[].every", scalar, optional,
           "a duration from 1m to 366d with its unit, such as 6h", "",
           "In place of cron: how often it runs, in real time.",
           [](Text text, To to) { return store_every(text, to.schedule->every); }},
    Option{"clusters.*.schedule.[].timezone", scalar, optional, zone_type, "machine",
           "Whose local time cron, window and blackout mean.",
           [](Text text, To to) { return store_zone(text, to.schedule->zone); }},
    Option{"clusters.*.schedule.[].jitter", scalar, optional,
           "a duration from 0s to 1d with its unit, such as 10m", "0s",
           "Each run is put off by up to this, always by the same time for the same run.",
           [](Text text, To to) { return store_jitter(text, to.schedule->jitter); }},
    Option{"clusters.*.schedule.[].window", list, optional, span_type, "",
           "Runs start within these spans only; what is due outside waits for the next.",
           [](Text text, To to) { return append_span(text, to.schedule->windows); }},
    Option{"clusters.*.schedule.[].blackout", list, optional, span_type, "",
           "No run starts within these spans; what is due then waits for their end.",
           [](Text text, To to) { return append_span(text, to.schedule->blackouts); }},
    Option{"clusters.*.schedule.[].catch_up", scalar, optional, "latest or none", "latest",
           "Of runs that were missed while the daemon was down: the latest runs, or none.",
           [](Text text, To to) { return store_catch_up(text, to.schedule->catch_up); }},
    Option{"clusters.*.schedule.[].max_age", scalar, optional,
           "a duration above 0 with its unit, such as 12h", "",
           "A missed run older than this is not caught up with; without it any is.",
           [](Text text, To to) { return store_limit(text, to.schedule->max_age); }},
    Option{"clusters.*.schedule.[].backup.compression", scalar, optional, compression_syntax(), "",
           "For these runs in place of the cluster's own.",
           [](Text text, To to) { return override_compression(text, to.schedule->backup_args); }},
    Option{"clusters.*.schedule.[].backup.format", scalar, optional, "tar or plain", "",
           "For these runs in place of the cluster's own.",
           [](Text text, To to) { return override_format(text, to.schedule->backup_args); }},
    Option{"clusters.*.schedule.[].backup.checkpoint", scalar, optional, "fast or spread", "",
           "For these runs in place of the cluster's own.",
           [](Text text, To to) { return override_checkpoint(text, to.schedule->backup_args); }},
    Option{"clusters.*.schedule.[].backup.max_rate", scalar, optional,
           "unlimited, or a size per second from 32kB to 1GB, such as 64MB", "",
           "For these runs in place of the cluster's own.",
           [](Text text, To to) { return override_rate(text, to.schedule->backup_args); }},
    Option{"clusters.*.schedule.[].backup.label", scalar, optional,
           "1 to 512 bytes without control characters", "",
           "Text kept with the backups of these runs.",
           [](Text text, To to) { return override_label(text, to.schedule->backup_args); }},

    Option{"clusters.*.retention.keep_last", scalar, optional, count_type, "0",
           "Keeps this many of the newest good backups. Without any rule everything is kept.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_last); }},
    Option{"clusters.*.retention.keep_within", scalar, optional,
           "a duration with its unit, such as 30d", "0s",
           "Keeps what is not older than this, seen from the newest good backup.",
           [](Text text, To to) { return store_period(text, to.cluster->retention.keep_within); }},
    Option{"clusters.*.retention.keep_hourly", scalar, optional, count_type, "0",
           "Keeps the newest backup of each of the last so many hours that have one.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_hourly); }},
    Option{"clusters.*.retention.keep_daily", scalar, optional, count_type, "0",
           "The same for days.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_daily); }},
    Option{"clusters.*.retention.keep_weekly", scalar, optional, count_type, "0",
           "The same for weeks, which begin on Monday.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_weekly); }},
    Option{"clusters.*.retention.keep_monthly", scalar, optional, count_type, "0",
           "The same for months.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_monthly); }},
    Option{"clusters.*.retention.keep_yearly", scalar, optional, count_type, "0",
           "The same for years.",
           [](Text text, To to) { return store_count(text, to.cluster->retention.keep_yearly); }},
    Option{"clusters.*.retention.min_keep", scalar, optional, "a number from 1 to 100000", "1",
           "So many of the newest good backups are never removed by a rule.",
           [](Text text, To to) { return store_min_keep(text, to.cluster->retention.min_keep); }},
    Option{"clusters.*.retention.timezone", scalar, optional, zone_type, "machine",
           "Whose hours, days, weeks, months and years these are.",
           [](Text text, To to) { return store_zone(text, to.cluster->retention.zone); }},

    Option{"clusters.*.restore.data_directory", scalar, optional, path_type, "",
           "The cluster's data directory on this machine. With it a restore without --target takes "
           "its place.",
           [](Text text, To to) { return store_path(text, to.cluster->data_directory); }},
    Option{"clusters.*.restore.stop_command", list, optional, argument_type, "",
           "Program and arguments that stop the server before its data is exchanged. There is no "
           "shell. Without it the server gets the signal for a fast shutdown.",
           [](Text text, To to) { return append_argument(text, to.cluster->stop_command); }},
    Option{"clusters.*.restore.start_command", list, optional, argument_type, "",
           "The same to start it afterwards. Without it something else must, such as the restart "
           "policy of its container.",
           [](Text text, To to) { return append_argument(text, to.cluster->start_command); }},
    Option{"clusters.*.restore.allowed_targets", list, optional, path_type, "",
           "Directories beneath which clients other than root may restore.",
           [](Text text, To to) { return append_path(text, to.cluster->restore_roots); }},
    Option{"clusters.*.restore.server_binaries", list, optional, path_type, "",
           "Directories with PostgreSQL's programs, such as /usr/lib/postgresql/17/bin. Without "
           "any the usual places are searched.",
           [](Text text, To to) { return append_path(text, to.cluster->server_binaries); }},
    Option{"clusters.*.restore.drill_directory", scalar, optional, path_type, "",
           "Directory in which drills restore, with room for all of the cluster and outside the "
           "repository. Without it tsbackup-drill beneath the first of allowed_targets.",
           [](Text text, To to) { return store_path(text, to.cluster->drill_directory); }},
};

}  // namespace

std::span<const Option> options() {
    return table;
}

const Option* find_option(std::string_view path) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [path](const Option& option) { return option.path == path; });
    return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> keys_in(std::string_view section) {
    const std::string prefix = section.empty() ? "" : std::string(section) + ".";
    std::vector<std::string> keys;
    for (const Option& option : table) {
        if (!option.path.starts_with(prefix)) continue;
        const std::string_view rest = option.path.substr(prefix.size());
        std::string key(rest.substr(0, rest.find('.')));
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
    return keys;
}

std::string_view scope_of(std::string_view path) {
    const std::size_t star = path.rfind('*');
    const std::size_t item = path.rfind("[]");
    const std::size_t star_end = star == path.npos ? 0 : star + 1;
    const std::size_t item_end = item == path.npos ? 0 : item + 2;
    return path.substr(0, std::max(star_end, item_end));
}

std::string_view last_key(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

}  // namespace tsb
