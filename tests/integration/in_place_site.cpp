#include "tests/integration/in_place_site.hpp"

#include "tests/support/catch.hpp"

namespace tsb::test {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* disk_size = "600M";

std::string in_quotes(const Arguments& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "\"" : ", \"") + word + "\"";
    return "[" + list + "]";
}

/// A cluster in `directory`, which may be a mount point.
ExistingData new_cluster(PgVersion version, const fs::path& directory) {
    const PgServer made(version);
    if (fs::exists(directory)) {
        must_run({"cp", "-a", made.data().string() + "/.", directory.string()});
    } else {
        fs::rename(made.data(), directory);
    }
    return ExistingData::at(directory);
}

void mount_at(std::optional<SmallDisk>& disk, SiteKind kind, const fs::path& directory) {
    if (kind == SiteKind::directories) return;
    fs::create_directories(directory);
    disk.emplace(directory, disk_size);
}

RunOptions as_server() {
    RunOptions options;
    options.as_server_user = true;
    return options;
}

}  // namespace

Site::Site(PgVersion version, SiteKind kind)
    : server_(version,
              [&] {
                  const fs::path data = place_.directory("pg") / "main";
                  mount_at(data_disk_, kind, data);
                  return new_cluster(version, data);
              }()),
      daemon_(entries()) {
    const fs::path fast = tablespace();
    fs::create_directories(fast);
    mount_at(tablespace_disk_, kind, fast);
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

Site::~Site() {
    run({server_.program("pg_ctl"), "-D", data().string(), "-m", "immediate", "stop"}, as_server());
}

std::string Site::rows() {
    return server_.query("select (select count(*) from kept), (select count(*) from moved)");
}

void Site::damage() {
    server_.query("delete from kept; delete from moved where id > 7");
}

std::string Site::started_at() {
    return server_.query("select pg_postmaster_start_time()");
}

json Site::restore(const std::string& id, const Arguments& options) {
    Arguments arguments{"restore", id, "--no-progress"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return daemon_.ask(arguments);
}

Arguments Site::start_command() const {
    const std::string settings = "-c port=" + std::to_string(server_.port()) +
                                 " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" +
                                 server_.scratch().path().string() + " -c logging_collector=off";
    return {server_.program("pg_ctl"),
            "-D",
            data().string(),
            "-w",
            "-t",
            "60",
            "-l",
            (server_.scratch() / "log").string(),
            "-o",
            settings,
            "start"};
}

std::vector<ClusterEntry> Site::entries() const {
    ClusterEntry entry("main", server_.connection());
    entry.restore = {"data_directory: " + data().string(),
                     "start_command: " + in_quotes(start_command())};
    return {entry};
}

void Site::start_server() {
    must_run(start_command(), as_server());
}

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

}  // namespace tsb::test
