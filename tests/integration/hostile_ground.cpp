#include "tests/integration/hostile_ground.hpp"

#include <algorithm>
#include <iterator>

#include "tests/support/catch.hpp"

namespace tsb::test {
namespace {

namespace fs = std::filesystem;

PgServer& started(PgServer& server) {
    server.start();
    return server;
}

ClusterEntry through(const TamperingProxy& proxy) {
    ClusterEntry cluster("main", "host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                                     " user=postgres dbname=postgres sslmode=disable"
                                     " gssencmode=disable");
    cluster.backup = {"compression: none", "stall_timeout: 20s"};
    return cluster;
}

/// What is in only one of the two, a line each.
std::string difference(const std::vector<std::string>& before,
                       const std::vector<std::string>& after) {
    std::vector<std::string> changes;
    std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(),
                                  std::back_inserter(changes));
    std::string text;
    for (const auto& path : changes) text += path + "\n";
    return text;
}

}  // namespace

HostileGround::HostileGround(PgVersion version, const Arguments& backup_options)
    : options_(backup_options),
      server_(version),
      proxy_(started(server_).port()),
      daemon_({through(proxy_)}) {
    daemon_.start();
    first_ = daemon_.backup(options_);
}

CommandResult HostileGround::back_up(const Tampering& tampering) {
    Arguments arguments{"backup", "main", "--no-progress"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    proxy_.tamper(tampering);
    auto result = daemon_.ctl(arguments);
    changed_ = proxy_.changed();
    proxy_.tamper({});
    if (!daemon_.running()) FAIL("the daemon ended:\n" << daemon_.log());
    return result;
}

void HostileGround::check_refused(const HostileCase& hostile) {
    INFO(hostile.name);
    const auto before = paths();
    const auto result = back_up(hostile.tampering);
    CHECK(changed_ > 0);
    if (result.status != 0) return check_failed(result, hostile.cause, before);
    FAIL_CHECK("accepted: " << failure_text(result));
    discard_newest();
}

void HostileGround::check_harmless(const HostileCase& hostile, const Look& look) {
    INFO(hostile.name);
    const auto result = back_up(hostile.tampering);
    INFO(failure_text(result));
    CHECK(changed_ > 0);
    REQUIRE(result.status == 0);
    check_good(look);
}

void HostileGround::check_refused_or_harmless(const HostileCase& hostile) {
    INFO(hostile.name);
    const auto before = paths();
    const auto result = back_up(hostile.tampering);
    if (result.status != 0) return check_failed(result, hostile.cause, before);
    check_good({});
}

void HostileGround::check_failed(const CommandResult& result, const std::string& cause,
                                 const Paths& before) {
    INFO(failure_text(result));
    CHECK(result.status == 1);
    CHECK(says(result, cause));
    // A line that ends, or goes on with its code, before its cause.
    CHECK_FALSE((contains(result.err, ": \n") || contains(result.err, ": [")));
    CHECK(daemon_.listed() == std::vector<std::string>{first_});
    CHECK(difference(before, paths()) == "");
    CHECK(server_.slots_go_away());
}

void HostileGround::check_good(const Look& look) {
    const auto id = daemon_.listed().back();
    CHECK(leftovers(daemon_, {first_, id}) == "");
    if (look) look(daemon_.backup_directory(id));
    discard_newest();
    CHECK(server_.slots_go_away());
}

void HostileGround::discard_newest() {
    const auto listed = daemon_.listed();
    if (listed.back() != first_) fs::remove_all(daemon_.backup_directory(listed.back()));
}

/// Everything in and beside the repository, sorted: where a hostile name could lead. Without
/// the daemon's own state (history/space.json and kin), which it writes after a job's answer.
HostileGround::Paths HostileGround::paths() const {
    Paths found;
    const fs::path state = daemon_.repository() / "main" / "history";
    for (const auto& entry : fs::recursive_directory_iterator(daemon_.scratch().path())) {
        if (entry.path().parent_path() != state) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

void HostileGround::check_end() {
    CHECK(leftovers(daemon_, {first_}) == "");
    CHECK(daemon_.stop() == 0);
}

}  // namespace tsb::test
