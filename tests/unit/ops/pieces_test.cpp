// The small parts between tar walks, pipelines and the loop.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <latch>

#include "core/base/error.hpp"
#include "core/ops/member_visitors.hpp"
#include "core/ops/restore_visitor.hpp"
#include "core/ops/run_on.hpp"
#include "core/ops/wal_archive.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

/// Keeps what it sees: "path=content" for files, "path/" for directories.
class Recorder : public MemberVisitor {
public:
    void begin(const TarMember& member) override {
        seen.push_back(member.path + (member.kind == FileKind::directory ? "/" : "="));
    }
    void data(Bytes bytes) override { seen.back() += as_text(bytes); }
    void end() override { ++ended; }

    std::vector<std::string> seen;
    unsigned ended = 0;
};

void show(MemberVisitor& visitor, const std::string& path, const std::string& content,
          FileKind kind = FileKind::file) {
    TarMember member;
    member.path = path;
    member.kind = kind;
    member.size = content.size();
    visitor.begin(member);
    if (!content.empty()) {
        visitor.data(as_bytes(content).first(1));
        visitor.data(as_bytes(content).subspan(1));
    }
    visitor.end();
}

/// Runs `work` as a coroutine to its end and throws what it threw.
void run_loop(asio::io_context& loop, asio::awaitable<void> work) {
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(work),
                   [&](const std::exception_ptr& cause) { failure = cause; });
    loop.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace

TEST_CASE("the files that a restore writes itself are held back, all others are not") {
    for (const char* path : {"global/pg_control", "tablespace_map", "postgresql.auto.conf",
                             "standby.signal", "recovery.signal"}) {
        CHECK(is_held_back(path));
        CHECK_FALSE(is_held_back(std::string("base/") + path));
        CHECK_FALSE(is_held_back(path + std::string("x")));
    }
    CHECK_FALSE(is_held_back("backup_label"));
}

TEST_CASE("held members do not reach the next visitor and keep their content") {
    Recorder recorder;
    HoldingVisitor holding(recorder);
    show(holding, "backup_label", "L");
    show(holding, "global/pg_control", "control");
    show(holding, "standby.signal", "");
    show(holding, "global", "", FileKind::directory);
    CHECK(recorder.seen == std::vector<std::string>{"backup_label=L", "global/"});
    CHECK(recorder.ended == 2);
    REQUIRE(holding.held().size() == 2);
    CHECK(as_text(holding.held().at("global/pg_control")) == "control");
    CHECK(holding.held().at("standby.signal").empty());
}

TEST_CASE("a held member that comes twice or is huge is damage") {
    Recorder recorder;
    HoldingVisitor holding(recorder);
    show(holding, "tablespace_map", "a");
    CHECK_THROWS_AS(show(holding, "tablespace_map", "a"), Error);
    TarMember huge;
    huge.path = "postgresql.auto.conf";
    huge.size = std::uint64_t{1} << 30;
    CHECK_THROWS_AS(holding.begin(huge), Error);
}

TEST_CASE("a prefix is put before each member") {
    Recorder recorder;
    PrefixVisitor prefixed("pg_wal/", recorder);
    show(prefixed, "archive_status", "", FileKind::directory);
    show(prefixed, "0001", "wal");
    CHECK(recorder.seen == std::vector<std::string>{"pg_wal/archive_status/", "pg_wal/0001=wal"});
}

TEST_CASE("a pair of visitors both see everything") {
    Recorder first;
    Recorder second;
    VisitorPair pair(first, second);
    show(pair, "a", "bc");
    CHECK(first.seen == std::vector<std::string>{"a=bc"});
    CHECK(second.seen == first.seen);
    CHECK(second.ended == 1);
}

TEST_CASE("files are digested, directories are not") {
    std::vector<std::string> lines;
    MemberDigester digester(
        [](const std::string&) { return DigestKind::sha256; },
        [&](const std::string& path, std::uint64_t size, const std::vector<std::byte>& digest) {
            lines.push_back(path + " " + std::to_string(size) + " " + to_hex(digest));
        });
    show(digester, "d", "", FileKind::directory);
    show(digester, "f", "abc");
    show(digester, "empty", "");
    CHECK(lines == std::vector<std::string>{"f 3 " + sha256_hex(as_bytes("abc")),
                                            "empty 0 " + sha256_hex({})});
}

TEST_CASE("work on a thread gives its result or its exception to the loop") {
    asio::io_context loop{1};
    int result = 0;
    bool thrown = false;
    const auto both = [&]() -> asio::awaitable<void> {
        std::function<int()> good = [] { return 7; };
        result = co_await run_on_thread(std::move(good));
        std::function<void()> bad = [] { throw Error(ErrorCode::io, "no"); };
        try {
            co_await run_on_thread(std::move(bad));
        } catch (const Error& error) {
            thrown = error.code() == ErrorCode::io;
        }
    };
    run_loop(loop, both());
    CHECK(result == 7);
    CHECK(thrown);
}

TEST_CASE("a loop that goes while work runs on a thread waits for the work") {
    auto loop = std::make_unique<asio::io_context>(1);
    std::promise<void> begun;
    std::promise<void> may_end;
    bool ended = false;
    const auto wait = [&]() -> asio::awaitable<void> {
        std::function<void()> work = [&] {
            begun.set_value();
            may_end.get_future().wait();
            ended = true;
        };
        co_await run_on_thread(std::move(work));
        FAIL("came back to a loop that does not run");
    };
    asio::co_spawn(*loop, wait(), asio::detached);
    loop->poll();
    begun.get_future().wait();
    may_end.set_value();
    loop.reset();
    CHECK(ended);
}

TEST_CASE("an event wakes every waiter, those that come later too") {
    asio::io_context loop{1};
    const LoopEvent event(loop.get_executor());
    int woken = 0;
    const auto wait = [&]() -> asio::awaitable<void> {
        co_await event.wait();
        ++woken;
    };
    asio::co_spawn(loop, wait(), asio::detached);
    asio::co_spawn(loop, wait(), asio::detached);
    loop.poll();
    CHECK(woken == 0);
    event.set();
    event.set();
    loop.run();
    CHECK(woken == 2);
    loop.restart();
    run_loop(loop, wait());
    CHECK(woken == 3);
}

TEST_CASE("a pipeline that is full makes the pusher wait and loses nothing") {
    asio::io_context loop{1};
    constexpr std::size_t count = 10;
    constexpr std::size_t size = pipeline_queue_limit / 2;
    std::uint64_t seen = 0;
    std::latch full(1);  // the worker takes nothing before the pusher had to wait
    Pipeline pipeline(
        loop.get_executor(),
        [&](ByteSource& source) {
            full.wait();
            for (Bytes bytes = source.next(); !bytes.empty(); bytes = source.next()) {
                seen += bytes.size();
            }
        },
        [](const std::exception_ptr&) { FAIL_CHECK("the pipeline failed"); });
    const auto push_all = [&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < count; ++i) {
            pipeline.push(Chunk(std::vector<std::byte>(size)));
            if (pipeline.full()) {
                if (!full.try_wait()) {
                    full.count_down();
                }
                co_await pipeline.space();
            }
        }
        pipeline.finish();
        co_await pipeline.join();
    };
    run_loop(loop, push_all());
    CHECK(seen == count * size);
}

TEST_CASE("a failed pipeline tells the loop, the pusher and who joins it") {
    asio::io_context loop{1};
    unsigned told = 0;
    Pipeline pipeline(
        loop.get_executor(), [](ByteSource&) { throw Error(ErrorCode::disk_full, "full"); },
        [&](const std::exception_ptr&) { ++told; });
    std::vector<ErrorCode> codes;
    const auto use = [&]() -> asio::awaitable<void> {
        co_await pipeline.wait();
        try {
            pipeline.push(Chunk::copy_of(as_bytes("x")));
        } catch (const Error& error) {
            codes.push_back(error.code());
        }
        try {
            co_await pipeline.join();
        } catch (const Error& error) {
            codes.push_back(error.code());
        }
    };
    run_loop(loop, use());
    CHECK(told == 1);
    CHECK(codes == std::vector<ErrorCode>{ErrorCode::disk_full, ErrorCode::disk_full});
}

TEST_CASE("WAL becomes whole segments, marked as archived when they were complete") {
    constexpr std::uint64_t segment = synthetic_segment_size;
    asio::io_context loop{1};
    Recorder recorder;
    Pipeline pipeline(
        loop.get_executor(), [&](ByteSource& source) { walk_tar(source, "pg_wal.tar", recorder); },
        [](const std::exception_ptr&) {});
    const auto stream = [&]() -> asio::awaitable<void> {
        WalArchive archive(pipeline, segment, 0);
        const std::string first(segment, '1');
        const std::string second(9000, '2');
        co_await archive.history("00000002.history", "1\t0/1\tx\n");
        const Lsn begin{segment};
        const Lsn inside{segment + 100};
        const Lsn next{2 * segment};
        co_await archive.wal(2, begin, as_bytes(first).first(100));
        co_await archive.wal(2, inside, as_bytes(first).subspan(100));
        co_await archive.wal(2, next, as_bytes(second));
        co_await archive.end_segment();
        co_await archive.end_segment();  // between two segments there is nothing to pad
        archive.finish();
        co_await pipeline.join();
    };
    run_loop(loop, stream());
    REQUIRE(recorder.seen.size() == 5);
    CHECK(recorder.seen[0] == "00000002.history=1\t0/1\tx\n");
    CHECK(recorder.seen[1] == "archive_status/00000002.history.done=");
    CHECK(recorder.seen[2] == "000000020000000000000001=" + std::string(segment, '1'));
    CHECK(recorder.seen[3] == "archive_status/000000020000000000000001.done=");
    CHECK(recorder.seen[4] ==
          "000000020000000000000002=" + std::string(9000, '2') + std::string(segment - 9000, '\0'));
}
