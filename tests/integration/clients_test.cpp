// A thousand clients, half of them hostile, while a backup runs: nobody is harmed but those who
// harm themselves.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <list>
#include <optional>
#include <sstream>

#include "tests/integration/ground.hpp"
#include "tests/integration/raw_request.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using Json = nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t waves = 20;
constexpr std::size_t hostile_each = 25;
constexpr std::size_t friendly_each = 25;

/// What a client that asks for the status got, and how long that took.
struct Answer {
    std::string problem;  // empty: answered as it should be, or told "busy"
    bool busy = false;
    bool shows_backup = false;  // as a job that has not ended
    double milliseconds = 0;
};

std::string problem_with(const Json& reply) {
    const Json& clusters = reply.at("ok").at("clusters");
    if (clusters.size() != 1 || clusters.at(0).at("cluster") != "main") return "other clusters";
    if (clusters.at(0).at("good").get<int>() < 1) return "no good backup";
    return reply.at("ok").at("healthy") == true ? "" : "unhealthy";
}

bool has_job(const Json& reply, const std::string& job) {
    const Json& jobs = reply.at("ok").at("jobs");
    return std::any_of(jobs.begin(), jobs.end(),
                       [&](const Json& each) { return each.at("job") == job; });
}

Answer ask_status(const std::filesystem::path& socket, const std::string& job) {
    Answer answer;
    const auto begin = SteadyClock::now();
    try {
        RawClient client(socket);
        client.send(request_line("status"));
        const std::string line = client.line();
        answer.milliseconds =
            std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
        const Json reply = Json::parse(line);
        answer.busy = reply.contains("error") && reply.at("error").at("code") == "busy";
        if (!answer.busy) answer.problem = problem_with(reply);
        answer.shows_backup = answer.problem.empty() && !answer.busy && has_job(reply, job);
        if (!answer.problem.empty()) answer.problem += ": " + line;
        if (!client.line().empty()) answer.problem = "more than one line";
    } catch (const std::exception& error) {
        answer.problem = error.what();
    }
    return answer;
}

enum Ill { silent, slow, huge, malformed, nested, vanishing, asking_and_vanishing, deaf, kinds };

/// A client that means ill. It stays connected until it is destroyed.
class HostileClient {
public:
    HostileClient(const std::filesystem::path& socket, std::size_t number)
        : kind_(static_cast<Ill>(number % kinds)), client_(std::make_unique<RawClient>(socket)) {
        if (kind_ == huge) client_->send(std::string(80000, 'x'));
        if (kind_ == malformed) client_->send(std::string("{\"v\":1,\0\xFF}\n", 11));
        if (kind_ == nested) client_->send(std::string(60000, '[') + "\n");
        if (kind_ == asking_and_vanishing) client_->send(request_line("status"));
        if (kind_ == deaf) client_->send(request_line("watch"));
        if (kind_ == vanishing || kind_ == asking_and_vanishing) client_.reset();
    }

    void drip() {
        if (kind_ == slow) client_->send(" ");
    }
    /// True when the daemon closes the connection by itself, if it should.
    bool is_dropped() { return (kind_ != silent && kind_ != slow) || client_->is_closed(); }

private:
    Ill kind_;
    std::unique_ptr<RawClient> client_;
};

/// Runs a wave of clients; the hostile ones are appended to `hostile`.
std::vector<Answer> run_wave(const std::filesystem::path& socket, const std::string& job,
                             std::list<HostileClient>& hostile) {
    for (std::size_t i = 0; i < hostile_each / 2; ++i) hostile.emplace_back(socket, i);
    std::vector<std::future<Answer>> asking;
    asking.reserve(friendly_each);
    for (std::size_t i = 0; i < friendly_each; ++i) {
        asking.push_back(std::async(std::launch::async, ask_status, socket, job));
    }
    for (std::size_t i = hostile_each / 2; i < hostile_each; ++i) {
        hostile.emplace_back(socket, i);
        for (HostileClient& each : hostile) each.drip();
    }
    std::vector<Answer> answers;
    answers.reserve(asking.size());
    for (auto& each : asking) answers.push_back(each.get());
    return answers;
}

/// Nothing for whom the kernel does not tell: the daemon forbids being looked into.
std::optional<std::ptrdiff_t> open_descriptors(const Daemon& daemon) {
    const std::filesystem::path directory = "/proc/" + std::to_string(daemon.pid()) + "/fd";
    std::error_code refused;
    const std::filesystem::directory_iterator entries(directory, refused);
    if (refused) return std::nullopt;
    return std::distance(entries, {});
}

/// When it has stayed the same for many looks: what a job has just ended with is still being
/// closed.
std::optional<std::ptrdiff_t> settled_descriptors(const Daemon& daemon) {
    constexpr int looks = 50;
    std::optional<std::ptrdiff_t> last;
    int same = 0;
    const bool settled = eventually([&] {
        const auto now = open_descriptors(daemon);
        same = now == last ? same + 1 : 0;
        last = now;
        return same == looks;
    });
    REQUIRE(settled);
    return last;
}

/// Connections of this process that the log accounts for: each has one line, or is counted in one.
std::size_t accounted_for(const std::string& log) {
    const std::string own = " pid " + std::to_string(getpid()) + ": ";
    std::istringstream lines(log);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        if (contains(line, "client uid") && contains(line, own)) ++count;
        const auto more = line.find(" more refused clients");
        if (more == std::string::npos) continue;
        count += std::stoul(line.substr(line.rfind(' ', more - 1) + 1));
    }
    return count;
}

void print_times(std::vector<double> milliseconds, int busy) {
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto at = [&](double part) {
        return milliseconds.at(
            static_cast<std::size_t>(part * static_cast<double>(milliseconds.size() - 1)));
    };
    WARN("status was answered " << milliseconds.size() << " times, " << busy
                                << " times busy; median " << at(0.5) << " ms, 99th percentile "
                                << at(0.99) << " ms, slowest " << at(1) << " ms");
}

}  // namespace

TEST_CASE("a thousand clients, half of them hostile, harm neither a backup nor each other",
          "[clients]") {
    Daemon daemon(filled_server(PgVersion::pg15));
    daemon.start();
    daemon.backup({"--compress", "none"});
    const auto socket = socket_of(daemon);
    const auto descriptors = settled_descriptors(daemon);
    if (!descriptors) WARN("NOT RUN: counting descriptors needs root");
    const std::size_t before = accounted_for(daemon.log());
    const auto job = backup_under_way(daemon, 1, {"--max-rate", "1MB", "--compress", "none"});

    std::list<HostileClient> hostile;
    std::vector<double> milliseconds;
    int busy = 0;
    std::size_t during_backup = 0;
    for (std::size_t wave = 0; wave < waves; ++wave) {
        while (hostile.size() > hostile_each) hostile.pop_front();
        for (const Answer& answer : run_wave(socket, job, hostile)) {
            CHECK(answer.problem == "");
            busy += answer.busy ? 1 : 0;
            during_backup += answer.shows_backup ? 1 : 0;
            if (!answer.busy) milliseconds.push_back(answer.milliseconds);
        }
    }
    REQUIRE(during_backup > 0);
    if (during_backup < milliseconds.size()) WARN("the backup ended before the last client");
    print_times(milliseconds, busy);
    for (HostileClient& each : hostile) CHECK(each.is_dropped());
    hostile.clear();

    const auto ended = daemon.ctl({"watch", job, "--no-progress"});
    INFO(failure_text(ended));
    CHECK(ended.status == 0);
    CHECK(daemon.ctl({"verify", "latest", "--no-progress"}).status == 0);
    CHECK(daemon.ctl({"status"}).status == 0);
    CHECK(eventually([&] { return open_descriptors(daemon) == descriptors; }));
    CHECK(daemon.stop() == 0);
    CHECK(accounted_for(daemon.log()) - before == waves * (hostile_each + friendly_each));
}
