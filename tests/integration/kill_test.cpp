// kill -9 of the real daemon at fifty points of a backup: half of them by what it has stored, half
// at its Nth file-system call. After the restart nothing partial is listed, what is listed
// verifies, and the server keeps no slot.
#include <algorithm>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

constexpr int points = 25;

std::uintmax_t stored_so_far(const Daemon& daemon) {
    std::uintmax_t size = 0;
    std::error_code ignored;  // files come and go while we look
    const auto unfinished = daemon.repository() / "main/inprogress";
    for (fs::recursive_directory_iterator entry(unfinished, ignored), end; entry != end;
         entry.increment(ignored)) {
        if (ignored) break;
        const auto bytes = entry->file_size(ignored);
        if (!ignored) size += bytes;
    }
    return size;
}

std::uintmax_t directory_size(const fs::path& directory) {
    std::uintmax_t size = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) size += entry.file_size();
    }
    return size;
}

// After a kill: `before` plus at most one new backup, all of them good.
void check_after_restart(Daemon& daemon, PgServer& server, std::vector<std::string>& known) {
    daemon.start();
    const auto now = daemon.listed();
    CHECK((now.size() == known.size() || now.size() == known.size() + 1));
    CHECK(std::includes(now.begin(), now.end(), known.begin(), known.end()));
    CHECK(leftovers(daemon, now).empty());
    CHECK(server.slots_go_away());
    // Keeps the repository small: the first one is the earlier backup that must survive.
    for (std::size_t extra = 1; extra < now.size(); ++extra) {
        fs::remove_all(daemon.backup_directory(now[extra]));
    }
    known.resize(1);
}

}  // namespace

TEST_CASE("kill -9 at twenty-five amounts of stored bytes", "[kill]") {
    auto& server = filled_server(PgVersion::pg15);
    Daemon daemon(server);
    daemon.start();
    std::vector<std::string> known{daemon.backup({"--compress", "none"})};
    const auto total = directory_size(daemon.backup_directory(known[0]));
    for (int point = 0; point < points; ++point) {
        const auto enough = total * static_cast<std::uintmax_t>(point) / points;
        INFO("killed at " << enough << " of " << total << " bytes");
        daemon.ask({"backup", "main", "--detach", "--compress", "none", "--max-rate", "32MB"});
        CHECK(eventually(
            [&] { return stored_so_far(daemon) >= enough || daemon.listed().size() > 1; }));
        daemon.kill9();
        check_after_restart(daemon, server, known);
    }
}

TEST_CASE("kill -9 at twenty-five file-system calls", "[kill]") {
    auto& server = filled_server(PgVersion::pg15);
    Daemon daemon(server);
    daemon.start();
    std::vector<std::string> known{daemon.backup({"--compress", "6"})};
    daemon.stop();
    struct Call {
        const char* name;
        std::vector<int> numbers;
    };
    const std::vector<Call> calls{{"fsync", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
                                  {"renameat2", {1, 2}},
                                  {"mkdirat", {1, 2}},
                                  {"unlinkat", {1, 2}},
                                  {"ftruncate", {1}},
                                  {"write", {5, 20, 40, 60, 80, 100, 130, 160}}};
    for (const auto& call : calls) {
        for (const int number : call.numbers) {
            INFO("killed at " << call.name << " number " << number);
            daemon.start_under({"strace", "--daemonize", "--follow-forks", "--quiet=all",
                                "--output=/dev/null", "--trace=" + std::string(call.name),
                                "--inject=" + std::string(call.name) +
                                    ":signal=KILL:when=" + std::to_string(number) + "+"});
            daemon.ctl({"backup", "main", "--no-progress"});
            CHECK(eventually([&] { return !daemon.running(); }, std::chrono::seconds{5}));
            daemon.kill9();
            check_after_restart(daemon, server, known);
            CHECK(daemon.stop() == 0);
        }
    }
}
