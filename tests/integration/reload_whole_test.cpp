// A reload is taken over as a whole or not at all: what it says of the log, of rights, of jobs, of
// hooks and of clusters.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/integration/ground.hpp"
#include "tests/integration/raw_request.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// A daemon on one file, and another file of which everything is different.
class TwoFiles {
public:
    explicit TwoFiles(PgServer& server) : daemon(server), connection_(server.connection()) {
        write_file(script(), "cat >>\"$1\"\n");
        for (const char* name : {"told-before", "told-after"}) {
            write_file(daemon.scratch() / name, "");
            give_to_server_user(daemon.scratch() / name);
        }
        put(before());
        daemon.start();
    }

    std::string before() const {
        return text("debug", "1234", "10s", "before", {"main"}, "compression: lz4");
    }
    std::string after() const {
        return text("error", "4321", "9s", "after", {"main", "added"}, "compression: none");
    }
    /// All that differs, as a reload tells it.
    static Lines all_changes() {
        return {"cluster main changed",   "cluster added added", "log changed",
                "control.rights changed", "jobs changed",        "hooks or webhooks changed"};
    }

    /// Puts `text` in the place of the daemon's file, all at once.
    void put(const std::string& text) const {
        const auto next = daemon.scratch() / "next.yaml";
        write_file(next, text);
        give_to_server_user(next);
        std::filesystem::rename(next, daemon.config_file());
    }
    Json reload() const { return raw_answer(daemon, "reload"); }
    Lines told(const std::string& name) const {
        return lines_of(read_file(daemon.scratch() / ("told-" + name)));
    }
    std::string status() const { return raw_answer(daemon, "status").dump(); }

    /// The first file is in force, and nothing of the other one.
    void check_unchanged() {
        put(before());
        const auto logged = count_of("reloaded '");
        const Json answer = reload();
        INFO(answer.dump());
        CHECK(answer.at("ok").at("changes").empty());
        // At level error it would not be told.
        CHECK(count_of("reloaded '") == logged + 1);
        CHECK_FALSE(contains(status(), "added"));
    }
    /// The first file's hooks, and they alone, are run, and backups are taken as it says.
    void check_tells_as_before() {
        const std::size_t count = told("before").size();
        CHECK(daemon.ask({"backup", "main", "--no-progress"}).at("backup").at("compression") ==
              "lz4:1");
        CHECK(eventually([&] { return told("before").size() > count; }));
        CHECK(told("before").size() == count + 1);
        CHECK(told("after").empty());
    }

    Daemon daemon;

private:
    std::ptrdiff_t count_of(const std::string& part) const {
        const Lines lines = lines_of(daemon.log());
        return std::count_if(lines.begin(), lines.end(),
                             [&](const std::string& line) { return contains(line, part); });
    }
    std::filesystem::path script() const { return daemon.scratch() / "tell.sh"; }
    std::string text(const std::string& level, const std::string& reader, const std::string& grace,
                     const std::string& hook, const Lines& clusters,
                     const std::string& backup) const {
        std::string yaml =
            "repository: " + daemon.repository().string() + "\nlog:\n  level: " + level +
            "\ncontrol:\n  socket: " + socket_of(daemon).string() + "\n  rights:\n    read: [" +
            reader + "]\njobs:\n  shutdown_grace: " + grace +
            "\nhooks:\n  - events: [success]\n    command: [/bin/sh, " + script().string() + ", " +
            (daemon.scratch() / ("told-" + hook)).string() + "]\nclusters:\n";
        for (const std::string& name : clusters) {
            yaml += "  " + name + ":\n    connection: \"" + connection_ +
                    "\"\n    backup:\n      " + backup + "\n";
        }
        return yaml;
    }

    const std::string connection_;
};

/// How many processes and threads the account of `daemon` may have, as far as that is concerned,
/// while this lives. Set by that account: root may lack the right.
class ThreadLimit {
public:
    ThreadLimit(const Daemon& daemon, std::size_t most) : pid_(std::to_string(daemon.pid())) {
        const std::string soft = must_run(
            {"prlimit", "--pid", pid_, "--nproc", "--raw", "--noheadings", "--output", "SOFT"},
            program_options());
        before_ = lines_of(soft).at(0);
        set(std::to_string(most));
    }
    ~ThreadLimit() { set(before_); }
    ThreadLimit(const ThreadLimit&) = delete;

private:
    void set(const std::string& soft) const {
        must_run({"prlimit", "--pid", pid_, "--nproc=" + soft + ":"}, program_options());
    }

    const std::string pid_;
    std::string before_;
};

std::string status_field(const std::filesystem::path& file, const std::string& name) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(name + ":", 0) != 0) continue;
        std::istringstream fields(line.substr(name.size() + 1));
        std::string first;
        fields >> first;
        return first;
    }
    return {};
}

/// Threads of all processes of the account that `pid` runs as.
std::size_t threads_beside(pid_t pid) {
    const std::string uid = status_field("/proc/" + std::to_string(pid) + "/status", "Uid");
    std::size_t count = 0;
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
        const auto file = process.path() / "status";
        if (status_field(file, "Uid") != uid) continue;
        const std::string threads = status_field(file, "Threads");
        if (!threads.empty()) count += std::stoul(threads);
    }
    return count;
}

}  // namespace

TEST_CASE("a file of which any part is bad is taken over in no part", "[reload]") {
    TwoFiles files(filled_server(PgVersion::pg15));
    const std::string after = files.after();
    for (const std::string& bad :
         {after + "webhooks: [{url: \"ftp://example.org\"}]\n", after + "  broken: 1\n",
          after + "unknown: 1\n", after + "  main:\n    connection: host=/nowhere\n"}) {
        files.put(bad);
        const Json answer = files.reload();
        INFO(answer.dump());
        CHECK(answer.at("error").at("code") == "config");
        files.check_unchanged();
    }
    files.check_tells_as_before();
    files.put(after);
    CHECK(files.reload().at("ok").at("changes") == Json(TwoFiles::all_changes()));
}

TEST_CASE("a reload that cannot have the threads of its hooks changes nothing", "[reload]") {
    TwoFiles files(filled_server(PgVersion::pg15));
    files.put(files.after());
    {
        const ThreadLimit limit(files.daemon, 1);
        const Json answer = files.reload();
        INFO(answer.dump());
        CHECK(answer.contains("error"));
    }
    files.check_unchanged();
    files.check_tells_as_before();

    // It needs several; whichever of them it does not get, it is all or nothing.
    for (std::size_t more = 0; more < 6; ++more) {
        files.put(files.after());
        Json answer;
        {
            const ThreadLimit limit(files.daemon, threads_beside(files.daemon.pid()) + more);
            answer = files.reload();
        }
        INFO(more << " more threads: " << answer.dump());
        if (answer.contains("error")) {
            files.check_unchanged();
            continue;
        }
        CHECK(answer.at("ok").at("changes") == Json(TwoFiles::all_changes()));
        CHECK(contains(files.status(), "added"));
        files.put(files.before());
        CHECK(files.reload().at("ok").at("changes").size() == TwoFiles::all_changes().size());
    }
    files.check_tells_as_before();
    files.put(files.after());
    CHECK(files.reload().at("ok").at("changes") == Json(TwoFiles::all_changes()));
}
