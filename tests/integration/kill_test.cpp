// kill -9 of the real daemon at fifty points of a backup: half of them by what it has stored, half
// at its Nth file-system call. After the restart nothing partial is listed, what is listed
// verifies, and the server keeps no slot.
#include <algorithm>
#include <map>
#include <sstream>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t points = 25;

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

constexpr const char* traced = "fsync,renameat2,mkdirat,openat,write,unlinkat,close";

Arguments strace(const fs::path& output, const std::string& more) {
    return {"strace",
            "--daemonize",
            "--follow-forks",
            "--quiet=all",
            "--trace=" + std::string(traced),
            "--output=" + output.string(),
            more};
}

struct Call {
    std::string name;
    int number;  // of its name, within the thread that is the first to get so far
};

// The calls of one backup in the order they happen, so that a kill can be aimed at each.
std::vector<Call> calls_of_a_backup(Daemon& daemon) {
    const auto trace = daemon.scratch() / "trace";
    daemon.start_under(strace(trace, "--signal=none"));
    const auto before = fs::file_size(trace);
    daemon.backup();
    REQUIRE(daemon.stop() == 0);
    std::vector<Call> calls;
    std::map<std::string, int> reached;
    std::map<std::pair<std::string, std::string>, int> by_thread;
    const auto text = read_file(trace);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string thread;
        std::string name;
        words >> thread;
        std::getline(words >> std::ws, name, '(');
        if (name.empty() || name.find_first_of(" .<+") != std::string::npos) continue;
        const int number = ++by_thread[{thread, name}];
        if (number <= reached[name]) continue;
        reached[name] = number;
        const bool in_backup = static_cast<std::uintmax_t>(lines.tellg()) > before;
        if (in_backup) calls.push_back({name, number});
    }
    return calls;
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
    for (std::size_t point = 0; point < points; ++point) {
        const auto enough = total * point / points;
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
    const auto candidates = calls_of_a_backup(daemon);
    REQUIRE(candidates.size() >= points);
    daemon.start();
    auto known = daemon.listed();
    REQUIRE(known.size() == 1);
    REQUIRE(daemon.stop() == 0);
    std::size_t killed = 0;
    for (std::size_t point = 0; point < points; ++point) {
        const auto& call = candidates[point * (candidates.size() - 1) / (points - 1)];
        INFO("killed at " << call.name << " number " << call.number);
        daemon.start_under(strace("/dev/null", "--inject=" + call.name + ":signal=KILL:when=" +
                                                   std::to_string(call.number) + "+"));
        daemon.ctl({"backup", "main", "--no-progress"});
        const bool gone = eventually([&] { return !daemon.running(); }, std::chrono::seconds{1});
        killed += gone ? 1 : 0;
        daemon.kill9();
        check_after_restart(daemon, server, known);
        CHECK(daemon.stop() == 0);
    }
    // Threads share the work differently from run to run, so a late number may not be reached.
    CHECK(killed >= points * 4 / 5);
}
