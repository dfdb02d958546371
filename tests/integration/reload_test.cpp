// Reloads, good and bad ones, by signal and by verb, while a backup runs.
#include <functional>
#include <set>
#include <sstream>

#include "tests/integration/ground.hpp"
#include "tests/integration/raw_request.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using Json = nlohmann::json;

namespace {

constexpr int reloads = 200;

struct Files {
    explicit Files(Daemon& d, const PgServer& server)
        : daemon(d), connection(server.connection()), repository(d.repository()) {}

    /// A file with these clusters; `backup` is a line of the backup section of each.
    std::string yaml(const std::vector<std::string>& clusters, const std::string& backup) const {
        std::string text = "repository: " + repository + "\nlog:\n  level: debug\ncontrol:\n" +
                           "  socket: " + socket + "\nclusters:\n";
        for (const std::string& cluster : clusters) {
            text +=
                "  " + cluster + ":\n    connection: \"" + connection +
                "\"\n    schedule: [{cron: \"0 3 1 1 *\", timezone: UTC}]\n    backup:\n      " +
                backup + "\n";
        }
        return text;
    }

    /// Puts `text` in the place of the daemon's file, all at once.
    void put(const std::string& text) const {
        const auto next = daemon.scratch() / "next.yaml";
        write_file(next, text);
        give_to_server_user(next);
        std::filesystem::rename(next, daemon.config_file());
    }

    Daemon& daemon;
    std::string connection;
    std::string repository;
    std::string socket = socket_of(daemon);
};

/// A file that must change nothing, and what the error says.
struct BadFile {
    std::string text;
    std::string code;
    std::vector<std::string> says;
};

std::vector<BadFile> bad_files(const Files& files) {
    const std::string name = files.daemon.config_file();
    const std::string good = files.yaml({"main"}, "compression: none");
    Files moved = files;
    moved.repository += "2";
    Files elsewhere = files;
    elsewhere.socket += "2";
    return {
        {files.yaml({"main"}, "compresion: none"),
         "config",
         {name + ":11:7: key 'clusters.main.backup.compresion'", "compression"}},
        {files.yaml({"main"}, "compression: gzip:99"),
         "config",
         {name + ":11:20: key 'clusters.main.backup.compression'", "gzip[:0-9]"}},
        {good + "log:\n  level: info\n", "config", {name + ":12:1: key 'log'", "duplicate"}},
        {good + "  main: [\n", "config", {name + ":1"}},
        {"", "config", {name}},
        {moved.yaml({"main"}, "compression: none"), "refused", {"'repository'", "restart"}},
        {elsewhere.yaml({"main"}, "compression: none"), "refused", {"'control.socket'", "restart"}},
    };
}

std::set<std::string> scheduled(const Daemon& daemon) {
    std::set<std::string> names;
    const Json answer = raw_answer(daemon, "schedule");
    for (const Json& cluster : answer.at("ok").at("clusters")) names.insert(cluster.at("cluster"));
    return names;
}

std::size_t lines_with(const std::string& text, const std::string& part) {
    std::istringstream lines(text);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += contains(line, part) ? 1 : 0;
    return count;
}

/// Reloads by signal, and waits until the daemon has logged `expected` once more.
void reload_by_signal(Daemon& daemon, const std::string& expected) {
    const std::size_t before = lines_with(daemon.log(), expected);
    daemon.signal(SIGHUP);
    INFO(expected);
    REQUIRE(eventually([&] { return lines_with(daemon.log(), expected) > before; }));
}

void reload_bad(Daemon& daemon, const BadFile& bad, bool by_signal) {
    if (by_signal) {
        reload_by_signal(daemon, "kept the configuration as it was: ");
        return;
    }
    const Json error = raw_answer(daemon, "reload").at("error");
    INFO(error.dump());
    CHECK(error.at("code") == bad.code);
    const std::string text =
        error.at("message").get<std::string>() + " " + error.at("hint").get<std::string>();
    for (const std::string& part : bad.says) CHECK(contains(text, part));
}

void reload_good(Daemon& daemon, bool by_signal) {
    if (by_signal) {
        reload_by_signal(daemon, "reloaded '");
        return;
    }
    const Json answer = raw_answer(daemon, "reload");
    INFO(answer.dump());
    CHECK(answer.contains("ok"));
}

}  // namespace

TEST_CASE("a storm of reloads, half of them of bad files, leaves a running backup alone",
          "[reload]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    const Files files(daemon, source);
    files.put(files.yaml({"main"}, "compression: lz4"));
    daemon.start();
    const auto job = backup_under_way(daemon, 1, {"--max-rate", "1MB"});

    const std::vector<BadFile> bad = bad_files(files);
    const std::vector<std::set<std::string>> good = {{"main", "one"}, {"two"}, {"main"}};
    std::set<std::string> in_force = {"main"};
    for (std::size_t i = 0; i < reloads; ++i) {
        const bool by_signal = i % 4 < 2;
        if (i % 2 == 0) {
            const BadFile& file = bad.at(i / 2 % bad.size());
            files.put(file.text);
            reload_bad(daemon, file, by_signal);
        } else {
            in_force = good.at(i / 2 % good.size());
            files.put(files.yaml({in_force.begin(), in_force.end()}, "compression: gzip:1"));
            reload_good(daemon, by_signal);
        }
        CHECK(scheduled(daemon) == in_force);
    }
    files.put(files.yaml({"main", "last"}, "compression: none"));
    for (int i = 0; i < 50; ++i) daemon.signal(SIGHUP);
    reload_good(daemon, false);

    const Json state = raw_answer(daemon, "jobs", {{"job", job}}).at("ok").at("jobs").at(0);
    if (state.at("state") != "running") WARN("the backup ended before the storm did");
    const auto ended = daemon.ctl({"watch", job, "--no-progress"});
    INFO(failure_text(ended));
    REQUIRE(ended.status == 0);
    CHECK(daemon.ask({"show", "latest", "--cluster", "main"}).at("backup").at("compression") ==
          "lz4:1");
    CHECK(daemon.ctl({"verify", "latest", "--cluster", "main", "--no-progress"}).status == 0);
    CHECK(scheduled(daemon) == std::set<std::string>{"last", "main"});
    const auto status = raw_answer(daemon, "status").dump();
    CHECK(contains(status, R"("cluster":"last")"));
    CHECK(daemon.ask({"backup", "main", "--no-progress"}).at("backup").at("compression") == "none");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a reload tells what changed, and nothing when nothing did", "[reload]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    const Files files(daemon, source);
    files.put(files.yaml({"main", "old"}, "compression: lz4"));
    daemon.start();
    CHECK(raw_answer(daemon, "reload").at("ok").at("changes").empty());
    files.put(files.yaml({"main", "new"}, "compression: none"));
    const Json changes = raw_answer(daemon, "reload").at("ok").at("changes");
    CHECK(changes == Json({"cluster main changed", "cluster old removed; its backups stay",
                           "cluster new added"}));
    CHECK(daemon.ctl({"reload"}).status == 0);
}

TEST_CASE("a file that is not there or not for reading changes nothing", "[reload]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto before = read_file(daemon.config_file());
    std::filesystem::remove(daemon.config_file());
    const Json error = raw_answer(daemon, "reload").at("error");
    CHECK(error.at("code") == "config");
    CHECK(contains(error.at("message"), daemon.config_file()));
    CHECK(scheduled(daemon) == std::set<std::string>{"main"});
    CHECK(daemon.ctl({"check"}).status == 0);
    Files(daemon, source).put(before);
    CHECK(daemon.ctl({"reload"}).status == 0);
}
