// Completions that ask the daemon, by real shells.
#include <algorithm>
#include <csignal>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell_completion.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr std::array shells = {Shell::bash, Shell::zsh, Shell::fish};

/// With the programs of the build first in the path, for the daemon of the test.
RunOptions shell_options(const Daemon& daemon) {
    RunOptions options = program_options();
    // A shell makes the home that it misses; other tests rely on there being none.
    for (auto& [name, value] : options.environment) {
        if (name == "HOME") value = daemon.scratch() / "home";
    }
    const std::string programs = fs::path(program_path("tsbackupctl")).parent_path();
    options.environment.emplace_back("PATH", programs + ":/usr/bin:/bin");
    options.environment.emplace_back("TSBACKUP_SOCKET", daemon.scratch() / "run/control.sock");
    return options;
}

bool has(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string shown(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
}

}  // namespace

TEST_CASE("shells offer the daemon's backups, clusters and jobs", "[completion]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon({ClusterEntry("main", source.connection()),
                   ClusterEntry("other-one", source.connection())});
    daemon.start();
    const auto first = daemon.backup({"--compress", "none"});
    const auto second = daemon.backup({"--compress", "none"});
    const std::string job = daemon.ask({"jobs"}).at("jobs").at(0).at("job");
    for (const Shell shell : shells) {
        const auto answers = offers(shell, TSB_PAGES_DIR,
                                    {{"tsbackupctl", "restore", ""},
                                     {"tsbackupctl", "show", first.substr(0, first.size() - 1)},
                                     {"tsbackupctl", "backup", ""},
                                     {"tsbackupctl", "show", "--cluster", "ot"},
                                     {"tsbackupctl", "cancel", ""},
                                     {"tsbackupd", "verify", "cluster_"}},
                                    shell_options(daemon));
        INFO("shell " << static_cast<int>(shell) << ": " << shown(answers[0]));
        for (const std::string& word :
             {std::string("latest"), std::string("latest-before"), first, second}) {
            CHECK(has(answers[0], word));
        }
        CHECK(has(answers[1], first));
        CHECK(answers[2].size() == 2);
        CHECK((has(answers[2], "main") && has(answers[2], "other-one")));
        CHECK(answers[3] == Words{"other-one"});
        CHECK(has(answers[4], job));
        CHECK((has(answers[5], first) && has(answers[5], second)));
    }
}

TEST_CASE("shells ask the daemon whose socket was named before", "[completion]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    RunOptions options = shell_options(daemon);
    options.environment.back().second = "/nonexistent";
    const std::string socket = daemon.scratch() / "run/control.sock";
    for (const Shell shell : shells) {
        CAPTURE(static_cast<int>(shell));
        CHECK(offer(shell, TSB_PAGES_DIR, {"tsbackupctl", "--socket", socket, "check", ""},
                    options) == Words{"main"});
    }
}

TEST_CASE("what completes is printed newest first, and nothing else", "[completion]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto first = daemon.backup({"--compress", "none"});
    const auto second = daemon.backup({"--compress", "none"});
    const auto backups = daemon.ctl({"--complete", "backups"});
    CHECK(backups.status == 0);
    CHECK(backups.out == second + "\n" + first + "\n");
    CHECK(backups.err.empty());
    CHECK(daemon.ctl({"--complete", "clusters"}).out == "main\n");
    CHECK(daemon.ctl({"--complete", "verbs"}).out.empty());
    CHECK(daemon.ctl({"--complete", "backups", "list"}).status == 2);
}

TEST_CASE("without a daemon, or with one that hangs, nothing is offered and nothing said",
          "[completion]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    const auto silent = [&] {
        const auto result = daemon.ctl({"--complete", "backups"});
        return result.status == 0 && result.out.empty() && result.err.empty();
    };
    CHECK(silent());
    daemon.start();
    daemon.signal(SIGSTOP);
    CHECK(silent());
    daemon.signal(SIGCONT);
    for (const Shell shell : shells) {
        RunOptions options = shell_options(daemon);
        options.environment.back().second = "/nonexistent";
        CAPTURE(static_cast<int>(shell));
        CHECK(offer(shell, TSB_PAGES_DIR, {"tsbackupctl", "check", ""}, options).empty());
    }
}
