// A real server whose stream of WAL is not what it should be.
#include "tests/integration/backup_edits.hpp"
#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

namespace {

const std::string nul(1, '\0');

std::string wal_message(const std::string& payload, std::uint64_t step_back, std::uint64_t step) {
    std::uint64_t position = 0;
    for (const char c : payload.substr(1, 8)) {
        position = position << 8 | static_cast<unsigned char>(c);
    }
    return "w" + big_endian(position - step_back + step, 8) + payload.substr(9);
}

Tampering second_wal_moved(std::uint64_t step_back, std::uint64_t step) {
    return at(2, wal_copy('w'), changed([=](const std::string& payload) {
                  return wal_message(payload, step_back, step);
              }));
}

/// A server that claims to be on timeline 2, and answers with a history file of that name.
Tampering on_timeline_2(const std::string& history_name) {
    const auto column = [](const std::string& name) {
        return name + nul + big_endian(0, 6) + big_endian(25, 4) + big_endian(0xFFFF, 2) +
               big_endian(0xFFFFFFFF, 4) + big_endian(0, 2);
    };
    const auto value = [](const std::string& text) { return big_endian(text.size(), 4) + text; };
    const auto history = "1\t0/1000000\tno recovery target specified\n";
    const auto columns = big_endian(2, 2) + column("filename") + column("content");
    const auto row = big_endian(2, 2) + value(history_name) + value(history);
    return [=, begun = false](const ServerMessage& message, Delivery& out) mutable {
        const bool start = answer("BASE_BACKUP", 'D')(message) && !begun;
        if (start || answer("IDENTIFY_SYSTEM", 'D', message.session)(message)) {
            begun = begun || start;
            changed(field(1, "2"))(message, out);
        } else if (answer("TIMELINE_HISTORY", 'E', 1)(message)) {
            out.message('T', columns);
            out.message('D', row);
            out.message('C', "TIMELINE_HISTORY" + nul);
        } else {
            out.message(message);
        }
    };
}

}  // namespace

TEST_CASE("hostile WAL", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const auto wal_end = answer("START_REPLICATION", 'C', 1);
    const HostileCase cases[] = {
        {"WAL without a header", first(wal_copy('w'), replaced('d', "w1234567")),
         "cannot read 8 bytes of a message: only 7 are left"},
        {"unknown message", first(wal_copy('w'), put_before('d', "z")),
         "WAL message of unknown type 122"},
        {"keepalive that is cut",
         first(wal_copy('w'), put_before('d', "k" + big_endian(0, 8) + big_endian(0, 8))),
         "cannot read 1 bytes of a message: only 0 are left"},
        {"WAL that steps back", second_wal_moved(8192, 0), "WAL stream: got "},
        {"WAL that steps over something", second_wal_moved(0, 8192), "WAL stream: got "},
        {"WAL that is missing", at(2, wal_copy('w'), dropped()), "WAL stream: got "},
        {"WAL twice", at(2, wal_copy('w'), repeated()), "WAL stream: got "},
        {"WAL of another cluster", foreign_wal(), "was written by another cluster"},
        {"WAL that ends early", at(2, wal_copy('w'), replaced('c', "")),
         "the server ended the WAL stream"},
        {"WAL connection that ends", at(2, wal_copy('w'), cut_off()),
         "connection to the server was lost"},
        {"no replication",
         first(answer("START_REPLICATION", 'W', 1), replaced('H', nul + nul + nul)),
         "WAL stream: replication did not begin"},
        {"history file above", on_timeline_2("../../../canary"), "malformed history of timeline 2"},
        {"history file of another timeline", on_timeline_2("00000003.history"),
         "malformed history of timeline 2"},
        {"history without WAL", on_timeline_2("00000002.history"), "SQLSTATE"},
        {"error at the end of WAL", first(wal_end, replaced('E', error_payload("XX000", "gone"))),
         "gone (SQLSTATE XX000)"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}
