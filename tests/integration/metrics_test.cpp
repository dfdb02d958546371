// The metrics of a real daemon: scraped by a real Prometheus, looked at by promtool, asked for by
// hostile clients during a backup, moved by reloads.
#include <memory>
#include <vector>

#include "tests/integration/ground.hpp"
#include "tests/integration/prometheus.hpp"
#include "tests/integration/raw_request.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_client.hpp"

using namespace tsb::test;
using Json = nlohmann::json;

namespace {

constexpr const char* page_path = "/metrics";

/// A daemon that serves metrics, and nothing else than any.
class MeasuredDaemon : public Daemon {
public:
    explicit MeasuredDaemon(const PgServer& server)
        : Daemon({ClusterEntry("main", server.connection()),
                  ClusterEntry("broken", "host=/nonexistent user=tsbackup")}),
          plain_(read_file(config_file())) {
        listen_at("127.0.0.1:" + std::to_string(port));
    }

    /// Writes the configuration; the daemon takes it when it is started or reloaded.
    void listen_at(const std::string& address) const {
        const std::string section =
            address.empty() ? "" : "metrics:\n  listen: \"" + address + "\"\n";
        write_file(config_file(), plain_ + section);
        give_to_server_user(config_file());
    }
    HttpAnswer get(const std::string& path = page_path) const {
        return HttpClient("127.0.0.1", port).get(path);
    }
    bool is_open() const {
        try {
            const HttpClient client("127.0.0.1", port);
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    const int port = free_port();

private:
    const std::string plain_;
};

/// The value of a sample of `page`; throws when it is not there.
double value_of(const std::string& page, const std::string& sample) {
    const std::string begin = "\n" + sample + " ";
    const std::size_t at = page.find(begin);
    if (at == std::string::npos) throw std::runtime_error("no " + sample + " in:\n" + page);
    return std::stod(page.substr(at + begin.size()));
}

/// Clients that do what they should not, all at once; kept open.
std::vector<std::unique_ptr<HttpClient>> attack(int port) {
    std::vector<std::unique_ptr<HttpClient>> clients;
    const std::vector<std::string> texts = {
        "",
        "GET /metr",
        "GET /metrics HTTP/1.1\r\nA: " + std::string(100000, 'a'),
        "POST /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'b'),
        "DELETE /backups/main HTTP/1.1\r\n\r\n",
        std::string(5000, '\xff'),
        "{\"verb\": \"backup\", \"args\": {\"cluster\": \"main\"}}\n",
        "GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (std::size_t i = 0; i < 200; ++i) {
        try {
            clients.push_back(std::make_unique<HttpClient>("127.0.0.1", port));
            clients.back()->send(texts[i % texts.size()]);
            if (i % 7 == 0) clients.back()->end_sending();
            if (i % 5 == 0) clients.back()->leave();
        } catch (const std::runtime_error&) {
            // Its queue of connections is full: another one will do.
        }
    }
    return clients;
}

}  // namespace

TEST_CASE("what the daemon serves is what promtool and Prometheus want, and tells of backups",
          "[metrics]") {
    if (!have_prometheus()) return;
    MeasuredDaemon daemon(filled_server(PgVersion::pg15));
    daemon.start();
    const Prometheus prometheus(daemon.port);
    CHECK(prometheus.wait_for("tsbackup_cluster_healthy{cluster=\"main\"} == 0") == 0);

    const auto id = daemon.backup();
    CHECK(daemon.ctl({"verify", id, "--cluster", "main", "--no-progress"}).status == 0);
    CHECK(refused(daemon, {"backup", "broken"}).code == "connection");
    const Json shown = daemon.ask({"show", id, "--cluster", "main"}).at("backup");
    CHECK(prometheus.wait_for("tsbackup_jobs_total{cluster=\"main\",kind=\"backup\","
                              "outcome=\"done\"} == 1") == 1);
    CHECK(prometheus.wait_for("tsbackup_last_good_backup_stored_bytes{cluster=\"main\"}") ==
          shown.at("stored_bytes").get<double>());
    CHECK(prometheus.wait_for("tsbackup_last_verified_backup_timestamp_seconds{cluster=\"main\"} "
                              "== tsbackup_last_good_backup_timestamp_seconds") > 0);
    CHECK(prometheus.wait_for("tsbackup_cluster_healthy{cluster=\"main\"} == 1") == 1);
    CHECK(prometheus.wait_for("tsbackup_cluster_finding{code=\"last_failed\",cluster=\"broken\"} "
                              "== 1") == 1);
    CHECK(prometheus.wait_for("up{job=\"tsbackup\"}") == 1);
    CHECK(prometheus.wait_for("process_start_time_seconds{job=\"tsbackup\"} < time()") > 0);

    const HttpAnswer page = daemon.get();
    CHECK(page.fields.at("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const CommandResult lint = promtool({"check", "metrics"}, page.body);
    INFO(lint.out << lint.err);
    CHECK(lint.status == 0);
    CHECK((lint.out + lint.err).empty());

    // The alerts are loaded, can be evaluated, and look at what is there.
    const double waits = prometheus.wait_for(
        "ALERTS{alertname=\"TsbackupBackupFailed\",cluster=\"broken\",alertstate=\"pending\"}");
    CHECK(waits == 1);
    const Json rules = prometheus.api("rules");
    for (const Json& group : rules.at("groups")) {
        for (const Json& rule : group.at("rules")) {
            CAPTURE(rule.dump());
            CHECK(rule.at("health") == "ok");
        }
    }
    CHECK(prometheus.query("ALERTS{alertname=\"TsbackupDown\"}").empty());
    CHECK(daemon.stop() == 0);
    CHECK(prometheus.wait_for("ALERTS{alertname=\"TsbackupDown\"}") == 1);
}

TEST_CASE("the alert rules fire when they should", "[metrics]") {
    if (!have_prometheus()) return;
    const auto rules = monitoring_files() / "tsbackup.rules.yml";
    const CommandResult checked = promtool({"check", "rules", rules});
    INFO(checked.out << checked.err);
    CHECK(checked.status == 0);
    const CommandResult tested =
        promtool({"test", "rules", monitoring_files() / "tsbackup.rules.test.yml"});
    INFO(tested.out << tested.err);
    CHECK(tested.status == 0);
}

TEST_CASE("hostile requests harm neither a running backup nor the metrics", "[metrics]") {
    auto& source = filled_server(PgVersion::pg15);
    MeasuredDaemon daemon(source);
    daemon.start();
    const auto before = daemon.get();
    CHECK(before.status == 200);
    CHECK_FALSE(contains(before.body, "tsbackup_backup_wal_lag_bytes{"));
    const auto job = backup_under_way(daemon, 1, {"--max-rate", "4MB"});
    CHECK(eventually([&] {
        const auto page = daemon.get().body;
        return contains(page, "\ntsbackup_backup_wal_lag_bytes{cluster=\"main\"} ");
    }));
    const std::size_t logged = daemon.log().size();
    for (int round = 0; round < 3; ++round) {
        const auto clients = attack(daemon.port);
        for (const auto& client : clients) client->leave();
        // Scraped all the same, if not at once: hostile ones may hold all connections for a moment.
        CHECK(eventually([&] { return daemon.is_open() && daemon.get().status == 200; }));
    }
    CHECK(daemon.get("/healthz").body == "ok\n");
    CHECK(daemon.get("/readyz").body == "ready\n");
    // A log that strangers can fill is harm as well.
    CHECK(daemon.log().size() - logged < 20000);
    const std::string page = daemon.get().body;
    if (contains(page, "tsbackup_running_job_bytes")) {
        CHECK(value_of(page, "tsbackup_running_job_bytes{cluster=\"main\",kind=\"backup\"}") > 0);
    } else {
        WARN("the backup ended before the attack did");
    }

    const auto ended = daemon.ctl({"watch", job, "--no-progress"});
    INFO(failure_text(ended));
    CHECK(ended.status == 0);
    CHECK(daemon.ctl({"verify", "latest", "--cluster", "main", "--no-progress"}).status == 0);
    CHECK(eventually(
        [&] { return !contains(daemon.get().body, "\ntsbackup_backup_wal_lag_bytes{"); }));
    CHECK(value_of(daemon.get().body,
                   "tsbackup_jobs_total{cluster=\"main\",kind=\"backup\",outcome=\"done\"}") == 1);
    CHECK(source.slots_go_away());
    CHECK(daemon.stop() == 0);
}

TEST_CASE("metrics are off by default, and a reload moves them, all or nothing", "[metrics]") {
    MeasuredDaemon daemon(filled_server(PgVersion::pg15));
    daemon.listen_at("");
    daemon.start();
    CHECK_FALSE(daemon.is_open());
    CHECK_FALSE(contains(daemon.log(), "serves metrics"));

    daemon.listen_at("127.0.0.1:" + std::to_string(daemon.port));
    CHECK(raw_answer(daemon, "reload").at("ok").at("changes") ==
          Json::array({"metrics.listen changed"}));
    CHECK(daemon.get().status == 200);
    CHECK(raw_answer(daemon, "reload").at("ok").at("changes").empty());

    const auto path = daemon.scratch() / "run/metrics.sock";
    daemon.listen_at(path);
    HttpClient kept("127.0.0.1", daemon.port);
    CHECK(kept.get("/healthz").status == 200);
    CHECK(raw_answer(daemon, "reload").contains("ok"));
    CHECK(HttpClient(path).get(page_path).status == 200);
    CHECK_FALSE(daemon.is_open());
    CHECK(kept.is_closed());

    // Where somebody else listens nothing is taken over, not even the rest of the file.
    const auto taken = daemon.scratch() / "run/control.sock";
    daemon.listen_at(taken);
    const Json error = raw_answer(daemon, "reload").at("error");
    CHECK(error.at("code") == "busy");
    CHECK(contains(error.at("hint"), "metrics.listen"));
    CHECK(HttpClient(path).get("/readyz").status == 200);
    CHECK(raw_answer(daemon, "version").contains("ok"));

    daemon.listen_at("");
    CHECK(raw_answer(daemon, "reload").contains("ok"));
    CHECK_FALSE(std::filesystem::exists(path));
    daemon.listen_at(path);
    CHECK(raw_answer(daemon, "reload").contains("ok"));
    CHECK(daemon.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(path));

    // One that was killed leaves its socket, which the next start replaces.
    daemon.start();
    daemon.kill9();
    CHECK(std::filesystem::exists(path));
    daemon.start();
    CHECK(HttpClient(path).get(page_path).status == 200);
}

TEST_CASE("without its repository the daemon says that it is not ready, and lives", "[metrics]") {
    MeasuredDaemon daemon(filled_server(PgVersion::pg15));
    daemon.start();
    CHECK(daemon.get("/readyz").status == 200);
    const auto away = daemon.scratch() / "away";
    std::filesystem::rename(daemon.repository(), away);
    CHECK(eventually([&] { return daemon.get("/readyz").status == 503; }));
    CHECK(eventually([&] { return contains(daemon.get().body, "\ntsbackup_repository_up 0\n"); }));
    CHECK(daemon.get("/healthz").status == 200);
    std::filesystem::rename(away, daemon.repository());
    CHECK(eventually([&] { return daemon.get("/readyz").status == 200; }));
    CHECK(eventually([&] { return contains(daemon.get().body, "\ntsbackup_repository_up 1\n"); }));
}
