// "latest" is the backup that is the newest when a restore begins, whatever is committed meanwhile.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <fstream>

#include "daemon/verbs.hpp"
#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;
namespace fsys = std::filesystem;

namespace {

/// A backup, and a younger one that is not committed yet. One of them is damaged.
class TwoBackups : public ScheduleGround {
public:
    enum class Damaged { older, younger };

    explicit TwoBackups(Damaged damaged)
        : ScheduleGround(std::vector{scheduled_cluster("main", {})}),
          older_(take_backup()),
          younger_(take_backup()) {
        const std::string& bad = damaged == Damaged::older ? older_ : younger_;
        const fsys::path archive = backups() / bad / "base.tar.gz";
        std::string text = read_file(archive);
        text.at(text.size() / 2) = static_cast<char>(text.at(text.size() / 2) ^ 4);
        std::ofstream(archive, std::ios::binary) << text;
        take_back();
    }

    const std::string& older() const { return older_; }
    const std::string& younger() const { return younger_; }
    void commit() const { fsys::rename(aside(), backups() / younger_); }
    /// Undoes commit() and what was noted of backups.
    void take_back() const {
        fsys::rename(backups() / younger_, aside());
        fsys::remove_all(repository.path() / "main/notes");
        fsys::remove_all(target());
    }

    /// Restores the latest, and commits the younger one before file-system call `number` of the
    /// job. Returns when whatever follows has ended too.
    Outcome restore_committing_at(std::uint64_t number) {
        const Json args = {{"backup", "latest"},
                           {"cluster", "main"},
                           {"target", target().string()},
                           {"any-version", true},
                           {"owner", geteuid() == 0 ? "65534:65534" : ""}};
        const Request request("restore", args);
        const Caller caller = local_caller();
        const EmitEvent emit = [](const Json&) -> asio::awaitable<void> { co_return; };
        std::optional<Outcome> outcome;
        asio::co_spawn(loop(), handle_request(service(), caller, request, emit),
                       [&](const std::exception_ptr& thrown, Outcome result) {
                           outcome = thrown ? outcome_of(thrown) : std::move(result);
                       });
        const std::size_t before = jobs("restore").size();
        loop().restart();
        while (jobs("restore").size() == before && !outcome) loop().run_one();
        fs.at_call(number, [this] { commit(); });
        loop().run();
        return outcome.value();
    }
    BackupEntry entry(const std::string& id) {
        for (BackupEntry& each : repository.list("main")) {
            if (each.id == id) return each;
        }
        FAIL("not listed: " << id);
        return {};
    }

private:
    std::string take_backup() {
        const JobPointer job = start_backup(service(), cluster(), Json::object(), "uid 0");
        finish_jobs();
        REQUIRE(end_of(job) == "done");
        clock.advance(std::chrono::hours(1));
        return job->outcome.result.at("backup_id");
    }
    fsys::path backups() const { return repository.path() / "main/backups"; }
    fsys::path aside() const { return directory.path() / "aside"; }
    fsys::path target() const { return directory.path() / "restored"; }

    const std::string older_;
    const std::string younger_;
};

}  // namespace

TEST_CASE("a backup that is committed while the latest is restored is not the one restored") {
    TwoBackups ground(TwoBackups::Damaged::younger);
    std::uint64_t number = 1;
    for (bool reached = true; reached; ++number) {
        const Outcome outcome = ground.restore_committing_at(number);
        reached = ground.fs.fired();
        INFO("call " << number << ", " << ground.fs.faulty_call());
        ground.fs.heal();
        if (outcome.failure) FAIL(outcome.failure->what());
        CHECK(outcome.result.at("backup_id") == ground.older());
        if (!reached) break;
        CHECK_FALSE(ground.entry(ground.younger()).notes.verification);
        ground.take_back();
    }
    CHECK(number > 20);
}

TEST_CASE("a backup that is committed while a damaged latest is restored is not blamed for it") {
    TwoBackups ground(TwoBackups::Damaged::older);
    std::uint64_t number = 1;
    for (bool reached = true; reached; ++number) {
        const Outcome outcome = ground.restore_committing_at(number);
        reached = ground.fs.fired();
        INFO("call " << number << ", " << ground.fs.faulty_call());
        ground.fs.heal();
        REQUIRE(outcome.failure);
        CHECK(outcome.failure->code() == ErrorCode::damaged);
        CHECK(ground.entry(ground.older()).notes.found_damaged());
        if (!reached) break;
        CHECK_FALSE(ground.entry(ground.younger()).notes.verification);
        CHECK(ground.entry(ground.younger()).good());
        ground.take_back();
    }
    CHECK(number > 20);
}
