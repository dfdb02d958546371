// Drills by the daemon, asked for by tsbackupctl: what is told and kept, what a kill leaves, and
// that a cluster which is written to makes no good backup a bad one.
#include <algorithm>
#include <functional>
#include <thread>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

fs::path place_of(const Daemon& daemon) {
    return daemon.scratch() / "restored/tsbackup-drill";
}

json drill(Daemon& daemon, const std::string& id, const Arguments& options = {}) {
    Arguments arguments{"drill", id, "--no-progress"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return daemon.ask(arguments);
}

const json& database_of(const json& answer, const std::string& name) {
    const json& databases = answer.at("databases");
    const auto found = std::find_if(databases.begin(), databases.end(),
                                    [&](const json& each) { return each.at("name") == name; });
    REQUIRE(found != databases.end());
    return *found;
}

/// Makes and drops databases, tables and extensions until it is destroyed.
class Restless {
public:
    explicit Restless(PgServer& server)
        : thread_([&server](const std::stop_token& stop) {
              while (!stop.stop_requested()) turn(server);
          }) {}

private:
    static void turn(PgServer& server) {
        server.query("create database restless template template0");
        server.query("create extension hstore; create table t (id int)", "restless");
        server.query("drop extension hstore; drop table t", "restless");
        server.query("drop database restless with (force)");  // the backup may look at it
    }

    std::jthread thread_;
};

}  // namespace

TEST_CASE("a drill by the daemon is told in full and noted beside the backup", "[drill]") {
    for (const auto version : server_versions()) {
        auto& source = filled_server(version);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        const auto answer = drill(daemon, id);
        CHECK(answer.at("backup_id") == id);
        CHECK(answer.at("problems").empty());
        CHECK(answer.at("notes").empty());
        const json& shop = database_of(answer, "shop");
        CHECK(shop.at("rows_exact") == false);
        CHECK(shop.at("contents").at("tables") > 4);
        CHECK(shop.at("contents") == shop.at("recorded"));

        const auto exact = drill(daemon, id, {"--exact"});
        // accounts, wide and the one with a quoted name; what is not logged is empty after
        // recovery.
        std::uint64_t rows = 5000 + 300 + 2;
        if (version == PgVersion::pg17) {
            rows += std::stoull(source.query("select count(*) from readings", "shop"));
            CHECK(shop.at("contents").at("hypertables") == 1);
        }
        CHECK(database_of(exact, "shop").at("rows") == rows);
        CHECK(database_of(exact, "shop").at("rows_exact") == true);

        const json noted = daemon.ask({"list"}).at("backups").at(0).at("drill");
        CHECK(noted.at("passed") == true);
        CHECK(noted.at("recovered_ms") == exact.at("recovered_ms"));
        CHECK(daemon.ask({"show", id}).at("backup").at("drill") == noted);
        CHECK(contains(daemon.ctl({"list"}).out, "good, drill passed in "));
        CHECK(drill_leftovers(place_of(daemon)).empty());
    }
}

TEST_CASE("a drill by the daemon leaves the live cluster and its archive as they are", "[drill]") {
    const Scratch outside;
    const auto archive = outside.directory("archive");
    PgServer source(PgVersion::pg15,
                    {"archive_mode = on", "archive_command = 'cp %p " + archive.string() + "/%f'"});
    source.start();
    source.query("create table t as select g from generate_series(1, 1000) g");
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    source.query("select pg_switch_wal()");
    source.stop();
    const auto data = content_of(source.data());
    const auto archived = content_of(archive);
    REQUIRE_FALSE(archived.empty());
    CHECK(drill(daemon, id).at("problems").empty());
    CHECK((content_of(source.data()) == data));
    CHECK((content_of(archive) == archived));
    source.start();
    CHECK(source.slots() == "0");
}

TEST_CASE("a daemon killed in a drill leaves no server, and the next drill clears up", "[drill]") {
    const auto version = server_versions().back();
    Daemon daemon(filled_server(version));
    daemon.start();
    const auto id = daemon.backup();
    const auto place = place_of(daemon);
    const auto scratch = place / ("drill-" + id);
    const auto server = [&] { return processes_with((scratch / "data").string()); };
    const std::string amcheck = std::string("--host") + '\0' + (scratch / "run").string();
    const std::vector<std::function<bool()>> moments = {
        [&] { return fs::exists(scratch / "data/base"); },
        [&] { return !server().empty(); },
        [&] { return fs::exists(scratch / "run/.s.PGSQL.5432"); },
        [&] { return !processes_with(amcheck).empty(); },
    };
    for (std::size_t i = 0; i < moments.size(); ++i) {
        CAPTURE(i);
        daemon.ask({"drill", id, "--detach"});
        CHECK(eventually(moments[i]));
        daemon.kill9();
        CHECK(fs::exists(scratch));
        CHECK(eventually([&] { return processes_with(place.string()).empty(); }));
        daemon.start();
        const auto next = drill(daemon, id);
        CHECK(next.at("problems").empty());
        CHECK(drill_leftovers(place).empty());
    }
}

TEST_CASE("what changes during a backup is no fault of it", "[drill]") {
    PgServer source(PgVersion::pg15);
    source.start();
    Daemon daemon(source);
    daemon.start();
    for (int round = 0; round < 3; ++round) {
        std::string id;
        {
            const Restless restless(source);
            id = daemon.backup();
        }
        const auto answer = drill(daemon, id);
        INFO(answer.dump());
        CHECK(answer.at("problems").empty());
    }
    CHECK(drill_leftovers(place_of(daemon)).empty());
}
