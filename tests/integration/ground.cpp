#include "tests/integration/ground.hpp"

#include <atomic>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace tsb::test {
namespace {

constexpr const char* sample = R"sql(
create table accounts (id int primary key, owner text not null, balance numeric not null);
insert into accounts select g, 'owner ' || g, g * 1.25 from generate_series(1, 5000) g;
create index on accounts (owner);
create table wide as select g as id, repeat(md5(g::text), 200) as body from generate_series(1, 300) g;
create unlogged table cache as select g from generate_series(1, 500) g;
create sequence tickets;
select setval('tickets', 77);
create table "Weird ""Table""" ("select" int);
insert into "Weird ""Table""" values (1), (2);
select lo_from_bytea(0, 'a large object');
create table empty_table (id int);
)sql";

constexpr const char* hypertable = R"sql(
set client_min_messages = error;
create extension timescaledb;
create table readings (at timestamptz not null, sensor int, value float8);
select create_hypertable('readings', 'at', chunk_time_interval => interval '1 day');
insert into readings select timestamptz '2026-01-01' + g * interval '10 min', g % 7, g
    from generate_series(1, 3000) g;
delete from readings where at >= '2026-01-05' and at < '2026-01-06';
)sql";

std::set<PgVersion>& filled() {
    static std::set<PgVersion> versions;
    return versions;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

PgServer& filled_server(PgVersion version) {
    auto& server = shared_server(version);
    if (filled().insert(version).second) {
        server.query("create database shop");
        server.query("create database \"Quoted \"\"Name\"\" 'x'\"");
        server.query(sample, "shop");
        if (version == PgVersion::pg17) server.query(hypertable, "shop");
    }
    return server;
}

std::string fingerprint(PgServer& server) {
    std::string text;
    const auto databases =
        server.query("select datname from pg_database where not datistemplate order by datname");
    for (const auto& database : lines_of(databases)) {
        std::string escaped;
        for (const char c : database)
            escaped += (c == '\'' || c == '\\') ? std::string{'\\', c} : std::string{c};
        const auto statement = server.query(
            "select string_agg(format('select %L, count(*), sum(hashtextextended(x::text, 0))"
            " from %I.%I x', nspname || '.' || relname, nspname, relname), ' union all '"
            " order by nspname, relname) from pg_class c join pg_namespace n"
            " on n.oid = relnamespace where relkind in ('r', 'p') and relpersistence = 'p'"
            " and nspname !~ '^(pg_|_timescale|timescale|information_schema)'",
            escaped);
        text += "database " + database + "\n";
        if (!statement.empty()) text += server.query(statement, escaped) + "\n";
    }
    return text;
}

void add_bulk(PgServer& server, const std::string& name, int mebibytes) {
    // 32 random hex digits twice a row come to about 100 bytes with its header.
    server.query("create table " + name + " as select gen_random_uuid()::text || " +
                 "gen_random_uuid()::text as noise from generate_series(1, " +
                 std::to_string(mebibytes) + " * 10000); checkpoint");
}

std::filesystem::path new_target(const Daemon& daemon) {
    static std::atomic<int> number{0};
    return daemon.scratch() / ("restored/data" + std::to_string(++number));
}

std::unique_ptr<PgServer> restored(Daemon& daemon, const std::string& id, PgVersion version,
                                   const Arguments& options) {
    const auto target = new_target(daemon);
    Arguments arguments{"restore", id, "--target", target, "--no-progress"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    daemon.ask(arguments);
    return std::make_unique<PgServer>(version, ExistingData::at(target));
}

std::unique_ptr<PgServer> restored_running(Daemon& daemon, const std::string& id, PgVersion version,
                                           const Arguments& options) {
    auto server = restored(daemon, id, version, options);
    server->start();
    server->wait_for_writes();
    return server;
}

std::string restore_problems(PgServer& server) {
    std::string problems;
    const auto want = [&](bool good, const std::string& what) {
        if (!good) problems += what + "\n";
    };
    const auto log = server.log();
    want(contains(log, "completed backup recovery"), "no 'completed backup recovery' in the log");
    want(server.query("select timeline_id > 1 from pg_control_checkpoint()") == "t" ||
             contains(log, "selected new timeline ID"),
         "no new timeline");
    want(!std::filesystem::exists(server.data() / "backup_label"), "backup_label is still there");
    want(!std::filesystem::exists(server.data() / "recovery.signal"), "recovery.signal is there");
    want(server.slots() == "0", "there are replication slots");
    const auto damage = server.amcheck();
    want(damage.empty(), "pg_amcheck: " + damage);
    server.query("create table written_after_restore (id int)");
    return problems;
}

Refusal refusal_of(const CommandResult& json_result) {
    Refusal refusal;
    refusal.status = json_result.status;
    refusal.all = failure_text(json_result);
    const auto lines = lines_of(json_result.out);
    if (lines.empty()) return refusal;
    const auto answer = nlohmann::json::parse(lines.back(), nullptr, false);
    if (answer.is_discarded() || !answer.contains("error")) return refusal;
    refusal.code = answer["error"].value("code", "");
    refusal.message = answer["error"].value("message", "");
    refusal.hint = answer["error"].value("hint", "");
    return refusal;
}

Refusal refused(Daemon& daemon, const Arguments& arguments) {
    Arguments json{"--json"};
    json.insert(json.end(), arguments.begin(), arguments.end());
    return refusal_of(daemon.ctl(json));
}

std::string backup_under_way(Daemon& daemon, std::uint64_t bytes, const Arguments& options) {
    Arguments arguments{"backup", "main", "--detach"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const std::string job = daemon.ask(arguments).at("job");
    const auto reached = [&] {
        const auto state = daemon.ask({"jobs", job}).at("jobs").at(0);
        if (state.at("state") != "running" && state.at("state") != "queued") {
            throw std::runtime_error("ended too early: " + state.dump());
        }
        return state.at("bytes_done").get<std::uint64_t>() >= bytes;
    };
    if (!eventually(reached)) throw std::runtime_error("backup does not get on");
    return job;
}

Refusal failure_of(Daemon& daemon, const std::string& job) {
    return refused(daemon, {"watch", job, "--no-progress"});
}

std::string leftovers(Daemon& daemon, const std::vector<std::string>& expected) {
    std::string problems;
    if (daemon.listed() != expected) problems += "listed: " + daemon.ctl({"list"}).out;
    const auto unfinished = daemon.repository() / "main/inprogress";
    if (std::filesystem::exists(unfinished) && !std::filesystem::is_empty(unfinished)) {
        problems += "inprogress is not empty\n";
    }
    for (const auto& id : expected) {
        const auto verified = daemon.ctl({"verify", id, "--no-progress"});
        if (verified.status != 0) problems += failure_text(verified);
    }
    return problems;
}

std::map<std::string, std::string> content_of(const std::filesystem::path& root) {
    std::map<std::string, std::string> content;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        std::string& text = content[entry.path().string()];
        if (entry.is_symlink()) {
            text = std::filesystem::read_symlink(entry.path()).string();
        } else if (entry.is_regular_file()) {
            text = read_file(entry.path());
        }
    }
    return content;
}

std::string processes_with(const std::string& text) {
    std::string found;
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
        std::ifstream stream(process.path() / "cmdline");
        std::ostringstream command;
        command << stream.rdbuf();  // of a process that has just ended: nothing
        if (contains(command.str(), text)) found += process.path().string() + "\n";
    }
    return found;
}

std::string drill_leftovers(const std::filesystem::path& place) {
    const bool files = std::filesystem::exists(place) && !std::filesystem::is_empty(place);
    return (files ? "files\n" : "") + processes_with(place.string());
}

std::string failure_text(const CommandResult& result) {
    return "exit status " + std::to_string(result.status) + "\n" + result.out + result.err;
}

bool says(const CommandResult& result, const std::string& part) {
    const auto lines = lines_of(result.err);
    if (lines.empty() || lines.size() > 2) return false;
    return contains(lines[0], part) && (lines.size() == 1 || lines[1].rfind("hint: ", 0) == 0);
}

}  // namespace tsb::test
