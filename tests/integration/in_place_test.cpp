// Restores in place against real servers, asked for by tsbackupctl: the server comes back on the
// backup, the old data can be put back, what must be refused is refused while the server runs on,
// and a kill at any rename leaves something that the next restore settles (I4).
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string in_quotes(const Arguments& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "\"" : ", \"") + word + "\"";
    return "[" + list + "]";
}

/// A cluster in `directory`, which is not there yet.
ExistingData new_cluster(PgVersion version, const fs::path& directory) {
    const PgServer made(version);
    fs::rename(made.data(), directory);
    return ExistingData::at(directory);
}

/// A server that a daemon stops by signal and starts with pg_ctl.
class Site {
public:
    explicit Site(PgVersion version)
        : server_(version, new_cluster(version, place_.directory("pg") / "main")),
          daemon_(entries()) {
        const fs::path fast = tablespace();
        fs::create_directories(fast);
        give_to_server_user(fast.parent_path(), true);
        server_.start();
        fs::permissions(server_.scratch() / "log", fs::perms::all);  // pg_ctl goes on with it
        server_.query("create tablespace fast location '" + fast.string() + "'");
        server_.query(
            "create table kept (id int); create table moved (id int) tablespace fast;"
            "insert into kept select generate_series(1, 1000);"
            "insert into moved select generate_series(1, 500)");
        if (version == PgVersion::pg17) {
            server_.query(
                "set client_min_messages = error; create extension timescaledb;"
                "create table readings (at timestamptz not null, value int);"
                "select create_hypertable('readings', 'at');"
                "insert into readings select '2026-01-01'::timestamptz + g *"
                " interval '1 hour', g from generate_series(1, 2000) g");
        }
        daemon_.start();
    }
    /// The server that runs now may be one that pg_ctl started.
    ~Site() {
        run({server_.program("pg_ctl"), "-D", data().string(), "-m", "immediate", "stop"},
            as_server());
    }
    Site(const Site&) = delete;

    fs::path data() const { return server_.data(); }
    fs::path tablespace() const { return place_ / "fast" / "here"; }
    PgServer& server() { return server_; }
    Daemon& daemon() { return daemon_; }
    std::string rows() {
        return server_.query("select (select count(*) from kept), (select count(*) from moved)");
    }
    void damage() { server_.query("delete from kept; delete from moved where id > 7"); }
    std::string started_at() { return server_.query("select pg_postmaster_start_time()"); }
    json restore(const std::string& id, const Arguments& options = {}) {
        Arguments arguments{"restore", id, "--no-progress"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return daemon_.ask(arguments);
    }
    std::vector<ClusterEntry> entries() const {
        ClusterEntry entry("main", server_.connection());
        const std::string settings = "-c port=" + std::to_string(server_.port()) +
                                     " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" +
                                     server_.scratch().path().string() +
                                     " -c logging_collector=off";
        entry.restore = {
            "data_directory: " + data().string(),
            "start_command: " +
                in_quotes({server_.program("pg_ctl"), "-D", data().string(), "-w", "-t", "60", "-l",
                           (server_.scratch() / "log").string(), "-o", settings, "start"})};
        return {entry};
    }

private:
    static RunOptions as_server() {
        RunOptions options;
        options.as_server_user = true;
        return options;
    }

    Scratch place_;
    PgServer server_;
    Daemon daemon_;
};

constexpr const char* whole = "1000|500";
constexpr const char* damaged = "0|7";

std::vector<std::string> names_beside(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory.parent_path())) {
        const std::string name = entry.path().filename().string();
        const std::string own = directory.filename().string();
        if (name != own && name.starts_with(own + ".")) names.push_back(name);
    }
    return names;
}

void check_there_and_back(Site& site) {
    Daemon& daemon = site.daemon();
    const std::string id = daemon.backup();
    site.damage();

    const json plan = daemon.ask({"restore", id, "--plan"});
    CHECK(plan.at("refusals").empty());
    CHECK(plan.at("in_place").at("server_pid") > 0);
    CHECK(site.rows() == damaged);

    const json done = site.restore(id);
    CHECK(done.at("started") == true);
    CHECK(done.at("databases").size() >= 2);
    CHECK(site.rows() == whole);
    CHECK(restore_problems(site.server()) == "");
    for (const char* left : {"backup_label.old", "tablespace_map.old", "recovery.signal"}) {
        INFO(left);
        CHECK_FALSE(fs::exists(site.data() / left));
    }
    CHECK(read_file(site.data() / "postgresql.auto.conf").find("restore_command") ==
          std::string::npos);
    CHECK(fs::exists(done.at("kept_at").get<std::string>()));
    const std::string status = daemon.ctl({"status"}).out;
    CHECK(status.find("keeps") != std::string::npos);
    CHECK(status.find("--cleanup") != std::string::npos);

    const json undone = daemon.ask({"restore", "--undo", "--no-progress"});
    CHECK(undone.at("undone") == true);
    CHECK(site.rows() == damaged);
    CHECK(refused(daemon, {"restore", "--undo"}).code == "not_found");

    CHECK(daemon.ask({"restore", "--cleanup"}).at("removed").size() == 1);
    CHECK(daemon.ctl({"status"}).out.find("keeps") == std::string::npos);
    CHECK(names_beside(site.data()).empty());
    CHECK(names_beside(site.tablespace()).empty());
    CHECK(site.rows() == damaged);
}

/// Nobody but root may rename in this directory while it lives.
class Closed {
public:
    explicit Closed(const fs::path& directory) : directory_(directory) {
        struct stat now {};
        REQUIRE(::stat(directory.c_str(), &now) == 0);
        mode_ = now.st_mode;
        REQUIRE(::chmod(directory.c_str(), 0555) == 0);
    }
    ~Closed() { ::chmod(directory_.c_str(), mode_); }
    Closed(const Closed&) = delete;

private:
    const fs::path directory_;
    mode_t mode_ = 0;
};

}  // namespace

TEST_CASE("a restore in place brings the server back on the backup, an undo on the old data",
          "[in_place]") {
    for (const auto version : server_versions()) {
        Site site(version);
        check_there_and_back(site);
    }
}

TEST_CASE("where the directories cannot be renamed, what lies in them is moved", "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    site.damage();
    {
        const Closed data(site.data().parent_path());
        const Closed fast(site.tablespace().parent_path());
        const json done = site.restore(id);
        CHECK(done.at("kept_at").get<std::string>().starts_with(site.data().string() + "/"));
        CHECK(site.rows() == whole);
        // A second one, over what keeps something already.
        site.damage();
        site.restore(id);
        CHECK(site.rows() == whole);
        site.daemon().ask({"restore", "--undo", "--no-progress"});
        CHECK(site.rows() == damaged);
        CHECK(site.daemon().ask({"restore", "--cleanup"}).at("removed").size() == 2);
        for (const fs::path& place : {site.data(), site.tablespace()}) {
            for (const auto& entry : fs::directory_iterator(place)) {
                INFO(entry.path().string());
                CHECK_FALSE(entry.path().filename().string().starts_with("tsbackup-"));
            }
        }
    }
}

TEST_CASE("a corrupt backup is refused before the running server is stopped", "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    const std::string running_since = site.started_at();
    const fs::path archive = site.daemon().backup_directory(id) / "base.tar.gz";
    {
        std::fstream file(archive, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(fs::file_size(archive) / 2));
        file.put('\xa5').put('\x5a').put('\xa5');
    }
    const Refusal refusal = refused(site.daemon(), {"restore", id});
    INFO(refusal.all);
    CHECK(refusal.code == "damaged");
    CHECK(site.started_at() == running_since);
    CHECK(names_beside(site.data()).empty());
    CHECK(names_beside(site.tablespace()).empty());
}

TEST_CASE("the data of another cluster is not replaced unless that is forced", "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    PgServer other(PgVersion::pg15);
    other.start();
    const std::string running_since = other.query("select pg_postmaster_start_time()");
    CHECK(site.daemon().stop() == 0);
    std::vector<ClusterEntry> entries = site.entries();
    entries[0].restore[0] = "data_directory: " + other.data().string();
    site.daemon().configure(entries);
    site.daemon().start();
    const Refusal refusal = refused(site.daemon(), {"restore", id});
    INFO(refusal.all);
    CHECK(refusal.code == "wrong_cluster");
    CHECK(refusal.hint.find("--force-foreign") != std::string::npos);
    CHECK(other.query("select pg_postmaster_start_time()") == running_since);
    CHECK(names_beside(other.data()).empty());
}

TEST_CASE(
    "an emptied data directory is filled again, its tablespace when that is said to be its own",
    "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    const std::string before = site.rows();
    site.server().stop();
    for (const auto& entry : fs::directory_iterator(site.data())) fs::remove_all(entry.path());
    const Refusal refusal = refused(site.daemon(), {"restore", id});
    INFO(refusal.all);
    CHECK(refusal.code == "tablespace_unmapped");
    const std::string own = site.tablespace().string() + "=" + site.tablespace().string();
    CHECK(refusal.hint.find("--tablespace-map '" + own + "'") != std::string::npos);
    CHECK(fs::is_empty(site.data()));

    site.restore(id, {"--tablespace-map", own});
    CHECK(site.rows() == before);
    CHECK(names_beside(site.data()).size() == 1);  // the record of the tablespace that is kept
    CHECK(names_beside(site.tablespace()).size() == 1);
    CHECK(site.daemon().ctl({"restore", "--cleanup"}).status == 0);
    CHECK(names_beside(site.tablespace()).empty());
    CHECK(site.rows() == before);
}

TEST_CASE("a server that does not come up is told with its log and the way back", "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    site.damage();
    site.server().query("alter system set work_mem = '5MB'");
    CHECK(site.daemon().stop() == 0);
    std::vector<ClusterEntry> entries = site.entries();
    const std::string start = entries[0].restore[1];
    entries[0].restore[1] = "start_command: [/bin/false]";
    site.daemon().configure(entries);
    site.daemon().start();
    const Refusal refusal = refused(site.daemon(), {"restore", id});
    INFO(refusal.all);
    CHECK(refusal.code == "command_failed");
    CHECK(refusal.hint.find("restore --undo --cluster main") != std::string::npos);
    CHECK(refused(site.daemon(), {"restore", "--undo"}).code == "command_failed");

    CHECK(site.daemon().stop() == 0);
    entries[0].restore[1] = start;
    site.daemon().configure(entries);
    site.daemon().start();
    site.restore(id);
    CHECK(site.rows() == whole);
}

namespace {

/// A restore whose daemon is killed at the `number`th `call` of one of its threads, and the next
/// one. False when no thread gets so far.
bool survives_kill(Site& site, const std::string& id, const std::string& call, int number) {
    INFO("killed at " << call << " number " << number << " of a thread");
    site.damage();
    CHECK(site.daemon().stop() == 0);
    site.daemon().start_under({"strace", "--daemonize", "--follow-forks", "--quiet=all",
                               "--trace=" + call, "--output=/dev/null",
                               "--inject=" + call + ":signal=KILL:when=" + std::to_string(number)});
    site.daemon().ctl({"restore", id, "--no-progress"});
    const bool killed =
        eventually([&] { return !site.daemon().running(); }, std::chrono::seconds{1});
    site.daemon().kill9();
    site.daemon().start();
    if (number % 2 == 0) {
        site.daemon().ctl({"restore", "--undo", "--no-progress"});
        const std::string rows = site.rows();
        CHECK((rows == damaged || rows == whole));
    }
    const json done = site.restore(id);
    CHECK(done.at("started") == true);
    CHECK(site.rows() == whole);
    CHECK(site.daemon().ctl({"restore", "--cleanup"}).status == 0);
    CHECK(names_beside(site.data()).empty());
    CHECK(names_beside(site.tablespace()).empty());
    return killed;
}

}  // namespace

TEST_CASE("kill -9 of the daemon at each link and rename of a restore in place (I4)",
          "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    int killed = 0;
    // While it extracts and the server runs; and while it exchanges: a rename that replaces is
    // another system call than one that must not, or that exchanges.
    for (const std::string call : {"symlinkat", "renameat2", "renameat"}) {
        for (int number = 1; survives_kill(site, id, call, number); ++number) ++killed;
    }
    CHECK(killed >= 10);
}

TEST_CASE("an undo after a kill before the exchange stops nothing", "[in_place]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    CHECK(site.daemon().stop() == 0);
    site.daemon().start_under({"strace", "--daemonize", "--follow-forks", "--quiet=all",
                               "--trace=symlinkat", "--output=/dev/null",
                               "--inject=symlinkat:signal=KILL:when=1"});
    const std::string running_since = site.started_at();
    site.daemon().ctl({"restore", id, "--no-progress"});
    REQUIRE(eventually([&] { return !site.daemon().running(); }));
    CHECK_FALSE(names_beside(site.data()).empty());
    site.daemon().kill9();
    site.daemon().start();
    const Refusal refusal = refused(site.daemon(), {"restore", "--undo"});
    INFO(refusal.all);
    CHECK(refusal.code == "not_found");
    CHECK(site.started_at() == running_since);
    CHECK(names_beside(site.data()).empty());
}
