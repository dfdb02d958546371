// Verify looks twice before it calls a backup damaged.
#include <fstream>

#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

constexpr const char* was_not_found_again = "a second look did not find again";

/// A repository with one backup.
class StoredGround : public ScheduleGround {
public:
    explicit StoredGround(const std::string& format)
        : ScheduleGround(std::vector{scheduled_cluster("main", {})}) {
        const JobPointer backup =
            start_backup(service(), cluster(), Json({{"format", format}}), "uid 0");
        finish_jobs();
        REQUIRE(end_of(backup) == "done");
        id_ = backup->outcome.result.at("backup_id");
    }

    JobPointer verify() {
        JobPointer job = start_verify(service(), {{"main", id_}}, "uid 0");
        loop().restart();
        loop().run();
        return job;
    }
    BackupEntry entry() { return repository.list("main").at(0); }

    /// Each stored file that holds something; metadata.json is not among them: without it a backup
    /// is broken, and found so without verify.
    std::vector<fsys::path> files() const {
        std::vector<fsys::path> found;
        const fsys::path backup = repository.path() / "main/backups" / id_;
        for (const auto& each : fsys::recursive_directory_iterator(backup)) {
            const bool counts = each.is_regular_file() && each.file_size() > 0 &&
                                each.path().filename() != "metadata.json";
            if (counts) found.push_back(each.path());
        }
        return found;
    }

private:
    std::string id_;
};

void flip(const fsys::path& file) {
    std::string text = read_file(file);
    char& middle = text.at(text.size() / 2);
    middle = static_cast<char>(middle ^ 4);
    std::ofstream(file, std::ios::binary) << text;
}

/// `file` holds another byte until the backup is opened for the second time. Gives how often it
/// was.
std::shared_ptr<int> differ_in_first_look(FaultFs& fs, const std::string& id,
                                          const fsys::path& file) {
    flip(file);
    auto opened = std::make_shared<int>(0);
    fs.at_each_call([opened, id, file](const std::string& call) {
        if (call == "open 'backups/" + id + "'" && ++*opened == 2) flip(file);
    });
    return opened;
}

}  // namespace

TEST_CASE("a read that fails once, whichever it is, marks no backup as damaged") {
    StoredGround ground(GENERATE("tar", "plain"));
    const LogCapture log;
    bool reached = true;
    for (std::uint64_t number = 1; reached; ++number) {
        ground.fs.fail_call(number, Fault::io_error);
        const JobPointer job = ground.verify();
        reached = ground.fs.fired();
        INFO("call " << number << ", " << ground.fs.faulty_call() << ": " << end_of(job));
        ground.fs.heal();
        REQUIRE(job->has_ended());
        const bool failed = job->outcome.failure.has_value();
        CHECK_FALSE((failed && job->outcome.failure->code() == ErrorCode::damaged));
        CHECK_FALSE(ground.entry().notes.found_damaged());
        CHECK(ground.entry().good());
    }
    CHECK(log.lines_with(was_not_found_again) > 10);
}

TEST_CASE("a byte that differs once marks no backup as damaged") {
    StoredGround ground(GENERATE("tar", "plain"));
    REQUIRE(ground.files().size() > 3);
    for (const fsys::path& file : ground.files()) {
        const LogCapture log;
        const auto opened = differ_in_first_look(ground.fs, ground.entry().id, file);
        const JobPointer job = ground.verify();
        ground.fs.heal();
        INFO(file << ": " << end_of(job) << "\n" << log.text());
        CHECK(*opened == 2);
        CHECK(end_of(job) == "done");
        CHECK(log.lines_with(was_not_found_again) == 1);
        CHECK(ground.entry().good());
        REQUIRE(ground.entry().notes.verification);
        CHECK(ground.entry().notes.verification->outcome == VerificationOutcome::good);
    }
}

TEST_CASE("a byte that is another one marks the backup as damaged, until it is mended") {
    StoredGround ground(GENERATE("tar", "plain"));
    for (const fsys::path& file : ground.files()) {
        INFO(file);
        flip(file);
        const JobPointer damaged = ground.verify();
        INFO(end_of(damaged));
        REQUIRE(damaged->state == JobState::failed);
        CHECK(damaged->outcome.failure->code() == ErrorCode::damaged);
        CHECK(ground.entry().notes.found_damaged());
        CHECK_FALSE(ground.entry().good());
        CHECK(ground.entry().notes.verification->job_id == damaged->id);
        flip(file);
        CHECK(end_of(ground.verify()) == "done");
        CHECK(ground.entry().good());
    }
}
