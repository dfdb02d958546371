// Jobs that want the same thing at the same time, or more at once than may run.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/jobs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using test::error_of;
namespace asio = boost::asio;

namespace {

using Names = std::vector<std::string>;
using Keys = std::vector<std::string>;

/// A registry whose jobs run until the test ends or cancels them by their name.
class Fixture {
public:
    JobSpec spec(const std::string& kind, const Keys& keys, WhenBusy when_busy = WhenBusy::wait) {
        JobSpec made(kind, "main", "uid 1000");
        made.exclusive = keys;
        made.when_busy = when_busy;
        return made;
    }
    JobPointer start(const std::string& name, const Keys& keys,
                     WhenBusy when_busy = WhenBusy::wait) {
        return start(name, spec(name, keys, when_busy));
    }
    /// Its kind is its name, unless the spec says otherwise.
    JobPointer start(const std::string& name, JobSpec spec) {
        JobWork work = [this, name](JobContext& context) { return run_until_ended(name, context); };
        JobPointer job = jobs.start(std::move(spec), std::move(work));
        settle();
        return job;
    }
    /// Lets the job's work end well; with `how`, by throwing it.
    void end(const std::string& name, std::optional<Error> how = std::nullopt) {
        failure = std::move(how);
        ends.at(name).request_stop();
        settle();
    }
    void cancel(const JobPointer& job) {
        jobs.cancel(job->id);
        settle();
    }
    /// Until nothing happens by itself.
    void settle() {
        loop.restart();
        loop.poll();
    }
    asio::awaitable<Outcome> run_until_ended(std::string name, JobContext& context) {
        begun.push_back(name);
        std::stop_source& own_end = ends[name];
        own_end = std::stop_source();
        const std::stop_callback forward(context.stop, [&] { own_end.request_stop(); });
        try {
            co_await test::wait_for_stop(own_end.get_token());
        } catch (const Error&) {
            context.throw_if_stopped();
        }
        if (failure) throw Error(*failure);
        co_return Outcome();
    }
    /// Heeds a stop only after the job's limit, whose timer is older than this one.
    asio::awaitable<Outcome> stop_late(JobContext& context, std::chrono::seconds limit) {
        asio::steady_timer timer(loop, limit + std::chrono::milliseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        context.throw_if_stopped();
        co_return Outcome();
    }
    asio::awaitable<void> record(const Job& job, JobState end) {
        recorded.emplace_back(job.id, end);
        co_return;
    }

    asio::io_context loop{1};
    Names begun;  // names of jobs whose work was called, in that order
    std::map<std::string, std::stop_source> ends;
    std::optional<Error> failure;
    std::vector<std::pair<std::string, JobState>> recorded;
    JobRegistry jobs{loop.get_executor(), test::fixed_clock(),
                     [this](const Job& job, JobState end) { return record(job, end); }};
};

}  // namespace

TEST_CASE("a job that shares a key waits until the other one has ended") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    const JobPointer second = fixture.start("verify", {"spare", "main"});
    CHECK(second != first);
    CHECK(second->state == JobState::queued);
    CHECK(fixture.jobs.present() == std::vector{first, second});
    CHECK(fixture.begun == Names{"backup"});
    fixture.end("backup");
    CHECK(first->state == JobState::done);
    CHECK(second->state == JobState::running);
    CHECK(fixture.begun == Names{"backup", "verify"});
    fixture.end("verify");
    CHECK(fixture.jobs.present().empty());
}

TEST_CASE("a failed job lets those behind it go on") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    const JobPointer second = fixture.start("verify", {"main"});
    fixture.end("backup", Error(ErrorCode::disk_full, "full"));
    CHECK(first->state == JobState::failed);
    CHECK(second->state == JobState::running);
}

TEST_CASE("who joins is given the running job of the kind") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    CHECK(fixture.start("again", fixture.spec("backup", {"main"}, WhenBusy::join)) == first);
    CHECK(fixture.jobs.all().size() == 1);
    // Another kind is no substitute.
    const JobPointer verify = fixture.start("verify", {"main"}, WhenBusy::join);
    CHECK(verify->state == JobState::queued);
    // And what does not run yet, but waits, is joined as well.
    CHECK(fixture.start("again", fixture.spec("verify", {"main"}, WhenBusy::join)) == verify);
    fixture.end("backup");
    fixture.end("verify");
    CHECK(fixture.begun == Names{"backup", "verify"});
}

TEST_CASE("a job that was asked to stop is not joined: it would not do what is wanted") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    first->stop.request_stop();  // it ends when the loop runs
    const JobPointer second = fixture.jobs.start(
        fixture.spec("backup", {"main"}, WhenBusy::join),
        [&](JobContext& context) { return fixture.run_until_ended("second", context); });
    CHECK(second != first);
    fixture.settle();
    CHECK(first->state == JobState::cancelled);
    CHECK(second->state == JobState::running);
}

TEST_CASE("who waits while one of the kind waits already is given that one") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    const JobPointer second = fixture.start("second", fixture.spec("backup", {"main"}));
    CHECK(second != first);
    CHECK(fixture.start("third", fixture.spec("backup", {"main"})) == second);
    CHECK(fixture.start("other key", fixture.spec("backup", {"spare"})) != second);
    fixture.end("backup");
    CHECK(second->state == JobState::running);
    // Now it runs, and the next one waits again.
    const JobPointer fourth = fixture.start("fourth", fixture.spec("backup", {"main"}));
    CHECK(fourth != second);
    CHECK(fourth->state == JobState::queued);
}

TEST_CASE("who waits is given the one of the kind that waits behind others too") {
    Fixture fixture;
    fixture.start("prune", {"main"});
    fixture.start("verify", {"main"});
    const JobPointer third = fixture.start("backup", {"main"});
    CHECK(fixture.start("again", fixture.spec("backup", {"main"})) == third);
    CHECK(fixture.start("joins", fixture.spec("backup", {"main"}, WhenBusy::join)) == third);
    CHECK(fixture.jobs.all().size() == 3);
}

TEST_CASE("a waiting job does not stand for one with another subject") {
    Fixture fixture;
    fixture.start("backup", {"main"});
    JobSpec a = fixture.spec("verify", {"main"});
    a.subject = "backup a";
    JobSpec b = fixture.spec("verify", {"main"});
    b.subject = "backup b";
    const JobPointer first = fixture.start("a", a);
    const JobPointer second = fixture.start("b", b);
    CHECK(second != first);
    CHECK(fixture.start("b again", b) == second);
    fixture.end("backup");
    fixture.end("a");
    CHECK(fixture.begun == Names{"backup", "a", "b"});
}

TEST_CASE("who does not want to wait is refused, and told by which job") {
    Fixture fixture;
    const JobPointer first = fixture.start("restore", {"target"});
    const Error busy = error_of([&] { fixture.start("restore", {"target"}, WhenBusy::refuse); });
    CHECK(busy.code() == ErrorCode::busy);
    CHECK(std::string(busy.what()).find(first->id) != std::string::npos);
    CHECK(error_of([&] { fixture.start("other", {"target"}, WhenBusy::refuse); }).code() ==
          ErrorCode::busy);
    CHECK(fixture.jobs.all().size() == 1);
    fixture.end("restore");
    CHECK(fixture.start("restore", {"target"}, WhenBusy::refuse)->state == JobState::running);
}

TEST_CASE("who does not want to wait is refused by a waiting job too, never given it") {
    Fixture fixture;
    fixture.start("backup", {"target"});
    const JobPointer waiting = fixture.start("restore", {"target", "other"});
    const Error busy = error_of([&] { fixture.start("restore", {"other"}, WhenBusy::refuse); });
    CHECK(busy.code() == ErrorCode::busy);
    CHECK(std::string(busy.what()).find(waiting->id) != std::string::npos);
}

TEST_CASE("jobs that share a key run in the order in which they were asked for") {
    Fixture fixture;
    fixture.jobs.set_max_concurrent(8);
    fixture.start("a", {"main"});
    fixture.start("b", {"main", "spare"});
    fixture.start("c", {"spare"});  // must not overtake b, though spare is free
    fixture.start("d", {"main"});
    fixture.start("e", {"elsewhere"});
    CHECK(fixture.begun == Names{"a", "e"});
    fixture.end("a");
    CHECK(fixture.begun == Names{"a", "e", "b"});
    fixture.end("b");
    CHECK(fixture.begun == Names{"a", "e", "b", "c", "d"});
}

TEST_CASE("only so many run at once; the oldest that may begin is next") {
    Fixture fixture;
    fixture.jobs.set_max_concurrent(2);
    for (const char* name : {"a", "b", "c", "d"}) fixture.start(name, {name});
    CHECK(fixture.begun == Names{"a", "b"});
    fixture.end("b");
    CHECK(fixture.begun == Names{"a", "b", "c"});
    fixture.jobs.set_max_concurrent(3);
    fixture.settle();
    CHECK(fixture.begun == Names{"a", "b", "c", "d"});
    fixture.jobs.set_max_concurrent(1);
    CHECK(fixture.jobs.present().size() == 3);
    fixture.start("e", {"e"});
    fixture.end("a");
    fixture.end("c");
    CHECK(fixture.begun.size() == 4);
    fixture.end("d");
    CHECK(fixture.begun.back() == "e");
}

TEST_CASE("what runs at once neither waits for room nor takes it, but heeds keys") {
    Fixture fixture;
    fixture.jobs.set_max_concurrent(1);
    fixture.start("backup", {"main"});
    JobSpec restore = fixture.spec("restore", {"target"});
    restore.at_once = true;
    CHECK(fixture.start("restore", restore)->state == JobState::running);
    const JobPointer same = fixture.start("same", [&] {
        JobSpec spec = fixture.spec("same", {"target"});
        spec.at_once = true;
        return spec;
    }());
    CHECK(same->state == JobState::queued);
    CHECK(fixture.start("verify", {"spare"})->state == JobState::queued);
    fixture.end("backup");
    CHECK(fixture.begun == Names{"backup", "restore", "verify"});
    fixture.end("restore");
    CHECK(same->state == JobState::running);
}

TEST_CASE("a waiting job that is cancelled is recorded so, and its work is never called") {
    Fixture fixture;
    const JobPointer first = fixture.start("backup", {"main"});
    const JobPointer second = fixture.start("verify", {"main"});
    const JobPointer third = fixture.start("prune", {"main"});
    fixture.cancel(second);
    CHECK(second->state == JobState::cancelled);
    REQUIRE(second->outcome.failure);
    CHECK(second->outcome.failure->code() == ErrorCode::cancelled);
    CHECK(fixture.recorded == std::vector{std::pair(second->id, JobState::cancelled)});
    CHECK(first->state == JobState::running);
    CHECK(third->state == JobState::queued);
    fixture.end("backup");
    CHECK(third->state == JobState::running);
    CHECK(fixture.begun == Names{"backup", "prune"});
    CHECK(error_of([&] { fixture.jobs.cancel(second->id); }).code() == ErrorCode::refused);
}

TEST_CASE("a job cancelled in its wait for room takes none") {
    Fixture fixture;
    fixture.jobs.set_max_concurrent(1);
    fixture.start("a", {"a"});
    const JobPointer b = fixture.start("b", {"b"});
    fixture.start("c", {"c"});
    fixture.cancel(b);
    CHECK(fixture.begun == Names{"a"});
    fixture.end("a");
    CHECK(fixture.begun == Names{"a", "c"});
}

TEST_CASE("stop_all ends running and waiting jobs, each recorded once, and starts none") {
    Fixture fixture;
    std::vector<JobPointer> all;
    for (const char* name : {"a", "b", "c", "d", "e"}) all.push_back(fixture.start(name, {"main"}));
    all.push_back(fixture.start("f", {"spare"}));
    CHECK(fixture.begun == Names{"a", "f"});
    fixture.jobs.stop_all();
    fixture.settle();
    for (const JobPointer& job : all) CHECK(job->state == JobState::cancelled);
    CHECK(fixture.recorded.size() == all.size());
    CHECK(fixture.begun == Names{"a", "f"});
    CHECK(fixture.jobs.present().empty());
    CHECK(error_of([&] { fixture.start("g", {}); }).code() == ErrorCode::refused);
}

TEST_CASE("only so many are present, waiting or running") {
    Fixture fixture;
    for (std::size_t i = 0; i < JobRegistry::most_present; ++i) {
        fixture.start("kind " + std::to_string(i), {"main"});
    }
    CHECK(fixture.jobs.present().size() == JobRegistry::most_present);
    const Error full = error_of([&] { fixture.start("one more", {"spare"}); });
    CHECK(full.code() == ErrorCode::busy);
    fixture.end("kind 0");
    CHECK(fixture.start("one more", {"spare"})->state == JobState::running);
    fixture.jobs.stop_all();
    fixture.settle();
    CHECK(fixture.jobs.present().empty());
}

TEST_CASE("a job over its limit is ended as failed, with the code stalled") {
    Fixture fixture;
    JobSpec limited = fixture.spec("backup", {"main"});
    limited.limit = std::chrono::seconds(1);
    const JobPointer job = fixture.start("backup", limited);
    const JobPointer next = fixture.start("verify", {"main"});
    while (!job->has_ended()) fixture.loop.run_one();
    CHECK(job->state == JobState::failed);
    REQUIRE(job->outcome.failure);
    CHECK(job->outcome.failure->code() == ErrorCode::stalled);
    CHECK(std::string(job->outcome.failure->what()).find("limit of 1 s") != std::string::npos);
    CHECK(fixture.recorded == std::vector{std::pair(job->id, JobState::failed)});
    fixture.settle();
    CHECK(next->state == JobState::running);
    fixture.end("verify");
    // Nothing is left that would end anything later.
    CHECK(fixture.loop.run() == 0);
}

TEST_CASE("a job that is cancelled, and then takes until its limit to end, ends as cancelled") {
    Fixture fixture;
    JobSpec limited = fixture.spec("backup", {"main"});
    limited.limit = std::chrono::seconds(1);
    const JobPointer job = fixture.jobs.start(
        limited, [&](JobContext& context) { return fixture.stop_late(context, limited.limit); });
    fixture.loop.poll();
    fixture.settle();
    fixture.cancel(job);
    CHECK(job->state == JobState::running);
    while (!job->has_ended()) fixture.loop.run_one();
    CHECK(job->state == JobState::cancelled);
}

TEST_CASE("a job that ends in time is not touched by its limit, nor is one that is cancelled") {
    Fixture fixture;
    JobSpec limited = fixture.spec("backup", {"main"});
    limited.limit = std::chrono::hours(1);
    const JobPointer job = fixture.start("backup", limited);
    fixture.end("backup");
    CHECK(job->state == JobState::done);
    const JobPointer other = fixture.start("backup", limited);
    fixture.cancel(other);
    CHECK(other->state == JobState::cancelled);
    CHECK(fixture.loop.run() == 0);
}
