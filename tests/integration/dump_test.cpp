// One database out of a physical backup: the file brings it back by the commands that are printed,
// and whatever fails leaves neither file nor server.
#include <fcntl.h>
#include <sys/file.h>

#include <fstream>

#include "core/base/fs.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* quoted_name = "Quoted \"Name\" 'x'";

/// The part of fingerprint() that tells of `database`.
std::string fingerprint_of(PgServer& server, const std::string& database) {
    const std::string all = "\n" + fingerprint(server);
    const std::string head = "\ndatabase " + database + "\n";
    const std::size_t start = all.find(head);
    if (start == std::string::npos) throw std::runtime_error("no database " + database);
    return all.substr(start, all.find("\ndatabase ", start + 1) - start);
}

/// Runs what a person would copy from the client's output.
void run_in_shell(const std::string& command, const PgServer& server) {
    RunOptions options;
    options.as_server_user = true;
    const std::string connection = server.connection();
    const std::size_t host = connection.find("host=") + 5;
    options.environment = {{"PGHOST", connection.substr(host, connection.find(' ', host) - host)},
                           {"PGPORT", std::to_string(server.port())},
                           {"PGUSER", "postgres"},
                           {"PATH", server_programs(server.version()).string() + ":/usr/bin:/bin"}};
    must_run({"/bin/sh", "-ec", command}, options);
}

/// A new directory that the daemon may write to.
fs::path dump_place(const Daemon& daemon) {
    fs::path place = daemon.scratch().directory("dumps");
    give_to_server_user(place);
    return place;
}

void check_nothing_left(const Daemon& daemon) {
    CHECK(drill_leftovers(daemon.scratch() / "restored/tsbackup-drill").empty());
}

/// Locked, as by a dump that is writing it.
class Held {
public:
    explicit Held(const fs::path& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
        REQUIRE(::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0);
    }

private:
    tsb::Fd fd_;
};

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) {
        names.push_back(entry.path().filename());
    }
    return names;
}

}  // namespace

TEST_CASE("a database comes back from its dump by the commands that are printed", "[dump]") {
    for (const auto version : server_versions()) {
        CAPTURE(static_cast<int>(version));
        auto& source = filled_server(version);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        const auto place = dump_place(daemon);
        PgServer other(version);
        other.start();
        for (const std::string database : {"shop", quoted_name}) {
            CAPTURE(database);
            const auto file = place / ("of " + database.substr(0, 4) + ".dump");
            const json answer = daemon.ask({"restore", id, "--database", database, "--to", file});
            CHECK(answer.at("backup_id") == id);
            CHECK(answer.at("database") == database);
            CHECK(answer.at("file") == file.string());
            CHECK(answer.at("bytes") == fs::file_size(file));
            CHECK((fs::status(file).permissions() & fs::perms::others_all) == fs::perms::none);
            const bool timescaledb = version == PgVersion::pg17 && database == "shop";
            CHECK(answer.at("commands").size() == (timescaledb ? 5U : 1U));
            CHECK(answer.at("notes").empty());
            for (const json& command : answer.at("commands")) run_in_shell(command, other);
            CHECK(fingerprint_of(other, database) == fingerprint_of(source, database));
        }
        if (version == PgVersion::pg17) {
            CHECK(other.query("select count(*) from timescaledb_information.hypertables", "shop") ==
                  "1");
            CHECK(other.query("select current_setting('timescaledb.restoring', true)", "shop") !=
                  "on");
        }
        const auto told =
            daemon.ctl({"restore", id, "--database", "shop", "--to", place / "again.dump"});
        CHECK(contains(told.out, "Database shop of backup " + id + " of main is in"));
        CHECK(contains(told.out, "bring it back with:\n  "));
        CHECK(names_in(place).size() == 3);
        check_nothing_left(daemon);
    }
}

TEST_CASE("what a database with TimescaleDB is by itself comes back with it", "[dump]") {
    const auto version = PgVersion::pg17;
    PgServer source(version);
    source.start();
    source.query("create role reader");
    source.query("create database odd template template0 encoding 'LATIN1' locale 'C'");
    source.query("alter database odd set statement_timeout = '77s'");
    source.query("alter role reader in database odd set work_mem = '7MB'");
    source.query("comment on database odd is 'a DATABASE of its own'");
    source.query("revoke connect on database odd from public");
    source.query("create extension timescaledb; create table \"x DATABASE y\" (n int)", "odd");
    source.query("comment on table \"x DATABASE y\" is 'once'", "odd");
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    const auto file = dump_place(daemon) / "odd.dump";
    const json answer = daemon.ask({"restore", id, "--database", "odd", "--to", file});
    PgServer other(version);
    other.start();
    other.query("create role reader");
    for (const json& command : answer.at("commands")) run_in_shell(command, other);
    for (const std::string question :
         {"select pg_encoding_to_char(encoding), datcollate, datctype,"
          " array(select acl::text from unnest(datacl) acl order by 1),"
          " shobj_description(oid, 'pg_database') from pg_database where datname = 'odd'",
          "select setrole::regrole, setconfig from pg_db_role_setting order by setrole = 0"}) {
        const auto expected = source.query(question);
        CHECK_FALSE(expected.empty());
        CHECK(other.query(question) == expected);
    }
    CHECK(other.query("select obj_description('\"x DATABASE y\"'::regclass)", "odd") == "once");
}

TEST_CASE("what a dump cannot do is said, and leaves nothing", "[dump]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    const auto place = dump_place(daemon);
    const auto file = place / "shop.dump";
    const auto ask = [&](const Arguments& more) {
        Arguments arguments{"restore", id};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return refused(daemon, arguments);
    };
    CHECK(ask({"--database", "shop"}).code == "usage");
    CHECK(ask({"--to", file}).code == "usage");
    for (const Arguments& wrong :
         {Arguments{"--target", place / "x"}, Arguments{"--plan"}, Arguments{"--undo"},
          Arguments{"--no-start"}, Arguments{"--owner", "postgres"}}) {
        Arguments arguments{"--database", "shop", "--to", file};
        arguments.insert(arguments.end(), wrong.begin(), wrong.end());
        CAPTURE(wrong[0]);
        CHECK(ask(arguments).code == "usage");
    }
    const Refusal unknown = ask({"--database", "shpo", "--to", file});
    CHECK(unknown.code == "not_found");
    CHECK(contains(unknown.hint, "shop"));
    CHECK(ask({"--database", "shop", "--to", place / "missing" / "shop.dump"}).code == "io");
    CHECK(names_in(place).empty());

    const auto restored_to = new_target(daemon);
    daemon.ask({"restore", id, "--target", restored_to});
    for (const fs::path& guarded :
         {daemon.repository(), daemon.backup_directory(id), restored_to, restored_to / "base"}) {
        CAPTURE(guarded.string());
        CHECK(ask({"--database", "shop", "--to", guarded / "standby.signal"}).code == "refused");
        CHECK_FALSE(fs::exists(guarded / "standby.signal"));
    }

    const auto archive = daemon.backup_directory(id) / "base.tar";
    const auto whole = fs::file_size(archive);
    fs::resize_file(archive, whole / 2);
    CHECK(ask({"--database", "shop", "--to", file}).code == "damaged");
    CHECK(names_in(place).empty());

    std::ofstream(file) << "somebody's";
    const auto other = daemon.backup();
    const Refusal there = refused(daemon, {"restore", other, "--database", "shop", "--to", file});
    CHECK(there.code == "target_not_empty");
    CHECK(fs::file_size(file) == 10);
    check_nothing_left(daemon);
}

TEST_CASE("two dumps to one file: the second does not touch what the first writes", "[dump]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    const auto place = dump_place(daemon);
    const auto unfinished = place / ".tsbackup-shop.dump.new";
    std::ofstream(unfinished) << "half";
    give_to_server_user(unfinished);
    const Arguments arguments{"restore", id, "--database", "shop", "--to", place / "shop.dump"};
    {
        const Held held(unfinished);
        CHECK(refused(daemon, arguments).code == "busy");
        CHECK(fs::file_size(unfinished) == 4);
    }
    fs::create_directory_symlink(place, daemon.scratch() / "link");
    Arguments by_link = arguments;
    by_link.back() = daemon.scratch() / "link" / "shop.dump";
    CHECK(daemon.ask(by_link).at("file") == (place / "shop.dump").string());
    CHECK(names_in(place) == std::vector<std::string>{"shop.dump"});
}

TEST_CASE("a dump that was killed is begun anew under its name", "[dump]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    const auto place = dump_place(daemon);
    const Arguments arguments{"restore", id, "--database", "shop", "--to", place / "shop.dump"};
    int killed = 0;
    for (int number = 1; number < 100; number += 7) {
        CHECK(daemon.stop() == 0);
        daemon.start_under({"strace", "--daemonize", "--follow-forks", "--quiet=all",
                            "--trace=openat2", "--output=/dev/null",
                            "--inject=openat2:signal=KILL:when=" + std::to_string(number)});
        daemon.ctl(arguments);
        killed += daemon.running() ? 0 : 1;
        daemon.kill9();
        daemon.start();
        fs::remove(place / "shop.dump");  // it may have got so far
        daemon.ask(arguments);
        CHECK(names_in(place) == std::vector<std::string>{"shop.dump"});
        fs::remove(place / "shop.dump");
        check_nothing_left(daemon);
    }
    CHECK(killed > 3);
}
