#include "daemon/jobs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using test::error_of;
namespace asio = boost::asio;

namespace {

asio::awaitable<Outcome> succeed(JobContext&) {
    co_return Outcome(Json({{"backup_id", "b"}}));
}

asio::awaitable<Outcome> fail(JobContext&) {
    throw Error(ErrorCode::disk_full, "cannot write 'x': full");
    co_return Outcome();
}

asio::awaitable<Outcome> break_down(JobContext&) {
    throw std::runtime_error("a bug");
    co_return Outcome();
}

asio::awaitable<Outcome> until_stopped(JobContext& context) {
    co_await test::wait_for_stop(context.stop);
    co_return Outcome();
}

struct JobsFixture {
    JobPointer start(const JobWork& work, const std::string& exclusive = "") {
        JobSpec spec("backup", "main", "uid 1000");
        if (!exclusive.empty()) spec.exclusive = {exclusive};
        spec.when_busy = WhenBusy::refuse;
        spec.at_once = true;
        return jobs.start(std::move(spec), work);
    }
    void run() {
        loop.restart();
        loop.run();
    }
    asio::awaitable<void> record(const Job& job, JobState end) {
        CHECK_FALSE(job.has_ended());
        recorded.emplace_back(job.id, end);
        if (recorder_fails) throw std::runtime_error("disk full");
        co_return;
    }

    asio::io_context loop{1};
    bool recorder_fails = false;
    std::vector<std::pair<std::string, JobState>> recorded;
    JobRegistry jobs{loop.get_executor(), test::fixed_clock(),
                     [this](const Job& job, JobState end) { return record(job, end); }};
};

}  // namespace

TEST_CASE("every job ends in one state that was recorded before") {
    JobsFixture fixture;
    struct Row {
        JobWork work;
        JobState end;
    };
    for (const Row& row : {Row{succeed, JobState::done}, Row{fail, JobState::failed},
                           Row{break_down, JobState::failed}}) {
        fixture.recorded.clear();
        const JobPointer job = fixture.start(row.work);
        CHECK(job->state == JobState::running);
        fixture.run();
        CHECK(job->state == row.end);
        REQUIRE(fixture.recorded.size() == 1);
        CHECK(fixture.recorded.front() == std::pair(job->id, row.end));
    }
}

TEST_CASE("a job keeps the cause of its failure") {
    JobsFixture fixture;
    const JobPointer full = fixture.start(fail);
    const JobPointer broken = fixture.start(break_down);
    fixture.run();
    CHECK(full->outcome.failure->code() == ErrorCode::disk_full);
    CHECK(broken->outcome.failure->code() == ErrorCode::internal);
    CHECK(broken->outcome.failure->what() == std::string("a bug"));
}

TEST_CASE("a cancelled job ends as cancelled") {
    JobsFixture fixture;
    const JobPointer job = fixture.start(until_stopped);
    fixture.jobs.cancel(job->id);
    fixture.run();
    CHECK(job->state == JobState::cancelled);
    CHECK(error_of([&] { fixture.jobs.cancel(job->id); }).code() == ErrorCode::refused);
    CHECK(error_of([&] { fixture.jobs.cancel("b-0"); }).code() == ErrorCode::not_found);
}

TEST_CASE("a record that fails does not change how the job ended") {
    JobsFixture fixture;
    fixture.recorder_fails = true;
    const JobPointer job = fixture.start(succeed);
    fixture.run();
    CHECK(job->state == JobState::done);
}

TEST_CASE("a second job on the same thing is refused and names the first") {
    JobsFixture fixture;
    const JobPointer first = fixture.start(until_stopped, "backup of main");
    const Error busy = error_of([&] { fixture.start(succeed, "backup of main"); });
    CHECK(busy.code() == ErrorCode::busy);
    CHECK(std::string(busy.what()).find(first->id) != std::string::npos);
    const JobPointer other = fixture.start(succeed, "backup of spare");

    fixture.jobs.cancel(first->id);
    fixture.run();
    CHECK(other->state == JobState::done);
    const JobPointer again = fixture.start(succeed, "backup of main");
    fixture.run();
    CHECK(again->state == JobState::done);
}

TEST_CASE("only so many jobs are present") {
    JobsFixture fixture;
    for (std::size_t i = 0; i < JobRegistry::most_present; ++i) fixture.start(until_stopped);
    CHECK(error_of([&] { fixture.start(succeed); }).code() == ErrorCode::busy);
    fixture.jobs.stop_all();
    fixture.run();
    CHECK(fixture.jobs.present().empty());
}

TEST_CASE("after stop_all no job starts") {
    JobsFixture fixture;
    const JobPointer job = fixture.start(until_stopped);
    fixture.jobs.stop_all();
    CHECK(error_of([&] { fixture.start(succeed); }).code() == ErrorCode::refused);
    fixture.run();
    CHECK(job->state == JobState::cancelled);
}

TEST_CASE("ids tell kind and time and are never the same") {
    JobsFixture fixture;
    CHECK(fixture.start(succeed)->id == "b-20261123-014224-1");
    CHECK(fixture.start(succeed)->id == "b-20261123-014224-2");
    fixture.run();
}

TEST_CASE("the oldest ended jobs are forgotten, running ones never") {
    JobsFixture fixture;
    const JobPointer running = fixture.start(until_stopped);
    const JobPointer second = fixture.start(succeed);
    for (std::size_t i = 0; i < JobRegistry::kept; ++i) {
        fixture.start(succeed);
        fixture.loop.restart();
        fixture.loop.poll();
    }
    CHECK(fixture.jobs.all().size() == JobRegistry::kept);
    CHECK(fixture.jobs.find(running->id) == running);
    CHECK(error_of([&] { fixture.jobs.find(second->id); }).code() == ErrorCode::not_found);
    fixture.jobs.stop_all();
    fixture.run();
}

TEST_CASE("who waits for an end is woken by one") {
    JobsFixture fixture;
    bool woken = false;
    const auto wait = [&]() -> asio::awaitable<void> {
        const auto limit = std::chrono::hours(1);
        co_await fixture.jobs.wait_for_an_end(limit);
        woken = true;
    };
    asio::co_spawn(fixture.loop, wait(), asio::detached);
    fixture.start(succeed);
    fixture.run();
    CHECK(woken);
}
