// A real server that lies when a client logs in and in the rows it answers with.
#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

namespace {

const std::string nul(1, '\0');

Tampering in_row(const std::string& command, int row, std::size_t index, const std::string& text,
                 int session = 0) {
    return at(row, answer(command, 'D', session), changed(field(index, text)));
}

}  // namespace

TEST_CASE("a hostile login", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const When greeting = [](const ServerMessage& message) { return message.type == 'R'; };
    const auto clear_text = big_endian(3, 4);
    const HostileCase cases[] = {
        {"unknown authentication", first(greeting, replaced('R', big_endian(99, 4))),
         "authentication method 99 not supported"},
        {"authentication that is cut", first(greeting, replaced('R', "")),
         "cannot connect to '127.0.0.1"},
        {"password asked for", first(greeting, replaced('R', clear_text)), "password"},
        {"refusal", first(greeting, replaced('E', error_payload("53300", "no\x1b[31m\nroom"))),
         "no\\x1B[31m"},
        {"connection that ends", first(greeting, cut_off()), "cannot connect to '127.0.0.1"},
        {"server of another kind",
         first(greeting,
               [](const ServerMessage&, Delivery& out) {
                   out.raw("HTTP/1.1 400 Bad Request\r\n\r\n");
                   out.cut();
               }),
         "cannot connect to '127.0.0.1"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("hostile answers to commands", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const auto start_row = answer("BASE_BACKUP", 'D');
    const HostileCase cases[] = {
        {"other cluster on the second connection", in_row("IDENTIFY_SYSTEM", 1, 0, "42", 1),
         "two connections reached different clusters"},
        {"other timeline on the second connection", in_row("IDENTIFY_SYSTEM", 1, 1, "7", 1),
         "two connections reached different timelines"},
        {"system identifier that is no number", in_row("IDENTIFY_SYSTEM", 1, 0, "-1"),
         "malformed value '-1'"},
        {"timeline that is no number", in_row("IDENTIFY_SYSTEM", 1, 1, "one"),
         "malformed value 'one'"},
        {"position that is none", in_row("IDENTIFY_SYSTEM", 1, 2, "0/2000028/0"),
         "malformed value '0/2000028/0'"},
        {"start that is no position", in_row("BASE_BACKUP", 1, 0, "0-2000028"),
         "malformed value '0-2000028'"},
        {"start on another timeline", in_row("BASE_BACKUP", 1, 1, "9"),
         "changed from timeline 1 to 9"},
        {"tablespace that leads away", in_row("BASE_BACKUP", 2, 0, "../../"),
         "malformed value '../../'"},
        {"no main data directory", in_row("BASE_BACKUP", 2, 0, "16385"), "NULL where a value"},
        {"main data directory twice", at(2, start_row, repeated()), "a tablespace twice"},
        {"size of a tablespace", in_row("BASE_BACKUP", 2, 2, "18446744073709551615"),
         "tablespace size out of bounds"},
        {"size of more than there is", in_row("BASE_BACKUP", 2, 2, "9007199254740991"),
         "free in repository"},
        {"no tablespaces", at(2, start_row, dropped()), "sent 0 tablespaces"},
        {"end that is no position", in_row("BASE_BACKUP", 3, 0, "G/0"), "malformed value 'G/0'"},
        {"end before the start", in_row("BASE_BACKUP", 3, 0, "0/1"),
         "end position before the start position"},
        {"row that is cut", at(1, start_row, changed([](const std::string& row) {
                                   return row.substr(0, row.size() - 3);
                               })),
         "connection to the server was lost"},
        {"segment size", in_row("SHOW wal_segment_size", 1, 0, "17MB"), "malformed value '17MB'"},
        {"server version",
         first(parameter("server_version"), replaced('S', "server_version" + nul + "newest" + nul)),
         "version"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

// libpq collects a message until it is whole, whatever length it claims: only a limit of the
// process's memory bounds that.
TEST_CASE("a message that claims more than the server sends", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    constexpr std::uint32_t length = 60U << 20U;
    constexpr std::size_t sent = 50U << 20U;
    const HostileCase cases[] = {
        {"CopyData", first(backup_copy('d'), lying_about_length(length, sent)), ""},
        {"row", first(answer("BASE_BACKUP", 'D'), lying_about_length(length, sent)), ""},
        {"WAL", first(wal_copy('w'), lying_about_length(length, sent)), ""},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}
