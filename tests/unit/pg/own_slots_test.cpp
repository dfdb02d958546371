#include "core/pg/own_slots.hpp"

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_session.hpp"

using namespace tsb;
using test::ScriptedServer;
using test::ScriptedSession;
namespace asio = boost::asio;

namespace {

std::vector<OwnSlot> slots_of(const std::vector<ScriptedSession::Row>& rows) {
    ScriptedServer server;
    auto session = std::make_unique<ScriptedSession>();
    session->answer({}).answer(rows);
    server.expect(std::move(session));
    const SessionFactory connect = server.factory();
    const ConnectOptions options;
    std::vector<OwnSlot> slots;
    const auto ask = [&]() -> asio::awaitable<void> {
        slots = co_await read_own_slots(connect, options, std::stop_token());
    };
    test::run_coroutine(ask());
    CHECK_FALSE(server.asked.at(0).replication);
    return slots;
}

}  // namespace

TEST_CASE("a slot of ours is told with who holds it, what it keeps, and how to be rid of it") {
    const auto slots = slots_of(
        {{"tsbackup_a", "4711", "2147483648"}, {"tsbackup_b", std::nullopt, std::nullopt}});
    REQUIRE(slots.size() == 2);
    CHECK(describe_slot(slots[0]) ==
          "'tsbackup_a', held by the server's process 4711, keeps 2.0GB of WAL");
    CHECK(slot_remedy(slots[0]) ==
          "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = "
          "'tsbackup_a'");
    CHECK(describe_slot(slots[1]) == "'tsbackup_b', held by nobody");
    CHECK(slot_remedy(slots[1]) == "SELECT pg_drop_replication_slot('tsbackup_b')");
    CHECK(slots_of({}).empty());
}

TEST_CASE("a malformed row of a slot is a protocol error") {
    const std::vector<ScriptedSession::Row> bad{
        {"tsbackup_a", "4711"},
        {std::nullopt, "4711", "1"},
        {"tsbackup_a", "no pid", "1"},
        {"tsbackup_a", "4711", "-1"},
        {"tsbackup_a'); DROP TABLE x; --", std::nullopt, "1"},
        {"tsbackup_\x1b[2J", std::nullopt, "1"},
    };
    for (const auto& row : bad) {
        CHECK(test::error_of([&] { slots_of({row}); }).code() == ErrorCode::protocol);
    }
}
