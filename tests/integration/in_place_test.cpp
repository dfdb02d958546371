// Restores in place against real servers, asked for by tsbackupctl: the server comes back on the
// backup, the old data can be put back, what must be refused is refused while the server runs on,
// and a kill at any rename leaves something that the next restore settles (I4).
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/integration/in_place_site.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

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
