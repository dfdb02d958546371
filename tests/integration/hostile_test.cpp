// A real server that lies in its messages. Each lie: one cause, exit status 1, nothing listed, kept
// or left on the server; the daemon lives, and the sanitizers have nothing to say.
#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

namespace {

const std::string nul(1, '\0');

Tampering archive_called(const std::string& name) {
    return first(backup_copy('n'), replaced('d', archive_message(name)));
}

}  // namespace

TEST_CASE("hostile names and messages of the archives", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const std::string junk = "d" + std::string(512, 'x');
    const HostileCase cases[] = {
        {"name above", archive_called("../x.tar"), "sent the archive name '../x.tar'"},
        {"absolute name", archive_called(ground.outside() + ".tar"), "sent the archive name '/"},
        {"name with a directory", archive_called("main/x.tar"), "the archive name 'main/x.tar'"},
        {"empty name", archive_called(""), "sent the archive name ''"},
        {"name with NUL", archive_called("base" + nul + ".tar"), "sent the archive name 'base'"},
        {"name with newline", archive_called("base\n.tar"), "archive name 'base\\x0A.tar'"},
        {"name with escape", archive_called("\x1b[2Jbase.tar"), "name '\\x1B[2Jbase.tar'"},
        {"name of 64 KiB", archive_called(std::string(65536, 'a') + ".tar"), "no end within 64"},
        {"name that is not announced", archive_called("16385.tar"),
         "sent archive '16385' out of order"},
        {"archive of another place",
         first(backup_copy('n'), replaced('d', "nbase.tar" + nul + "/etc" + nul)),
         "sent archive 'base' out of order"},
        {"archive twice", first(backup_copy('n'), repeated()), "sent archive 'base' out of order"},
        {"unknown message", first(backup_copy('d'), put_before('d', "x0123")),
         "COPY message of unknown type 120"},
        {"data before any archive", first(backup_copy('n'), put_before('d', junk)),
         "data without an archive out of order"},
        {"short progress", first(backup_copy('d'), put_before('d', "p123")),
         "cannot read 8 bytes of a message: only 3 are left"},
        {"long progress", first(backup_copy('d'), put_before('d', "p123456789")),
         "COPY message that is too long"},
        {"2 MiB of data at once",
         first(backup_copy('d'), put_before('d', "d" + std::string(2U << 20U, 'x'))),
         "COPY message of 2097153 bytes"},
        {"manifest first", first(backup_copy('n'), put_before('d', "m")),
         "sent the manifest out of order"},
        {"manifest twice", first(backup_copy('m'), repeated()), "sent the manifest out of order"},
        {"archive after the manifest",
         first(answer("BASE_BACKUP", 'c'), put_before('d', archive_message("base.tar"))),
         "sent archive 'base' out of order"},
        {"data after the manifest", first(answer("BASE_BACKUP", 'c'), put_before('d', junk)),
         "cannot read 'backup_manifest': line"},
        {"no manifest", rewritten({}, [](const std::string&) { return std::string(); }),
         "cannot read 'backup_manifest'"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("a hostile order of messages", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const auto copy_begin = answer("BASE_BACKUP", 'H');
    const auto copy_end = answer("BASE_BACKUP", 'c');
    const auto complete = answer("BASE_BACKUP", 'C');
    const auto copy_format = nul + nul + nul;
    const auto error = error_payload("XX000", "the disk\x1b[31m\nmelted");
    const HostileCase cases[] = {
        {"no begin of the COPY", first(copy_begin, dropped()), "a result set out of order"},
        {"two begins of the COPY", first(copy_end, put_after('H', copy_format)),
         "the begin of a COPY out of order"},
        {"COPY in the wrong direction", first(copy_begin, replaced('G', copy_format)),
         "asks for a COPY from us"},
        {"no end of the command", at(4, complete, dropped()), "readiness out of order"},
        {"connection that ends for the end of the command", at(4, complete, cut_off()),
         "connection to the server was lost"},
        {"connection that ends in the data", at(100, backup_copy('d'), cut_off()),
         "connection to the server was lost"},
        {"error after the last data", at(4, complete, replaced('E', error)),
         "the disk\\x1B[31m melted (SQLSTATE XX000)"},
        {"error in the data", at(100, backup_copy('d'), replaced('E', error)),
         "the disk\\x1B[31m melted (SQLSTATE XX000)"},
        {"error without fields", at(100, backup_copy('d'), replaced('E', nul)),
         "connection to the server was lost"},
        {"message of an unknown type", at(100, backup_copy('d'), replaced('?', "")),
         "connection to the server was lost"},
        {"message shorter than its own length", at(100, backup_copy('d'), lying_about_length(3)),
         "connection to the server was lost"},
        {"message of 1 GiB that is not there",
         at(100, backup_copy('d'), lying_about_length(1U << 30U)),
         "connection to the server was lost"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("messages that carry nothing are passed over", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const std::string notice = error_payload("01000", "\x1b[31mnothing");
    const HostileCase cases[] = {
        {"empty CopyData", first(backup_copy('d'), put_before('d', "")), ""},
        {"data message without data", first(backup_copy('d'), put_before('d', "d")), ""},
        {"CopyData after the end of the COPY",
         first(answer("BASE_BACKUP", 'c'), put_after('d', "dlate")), ""},
        {"a thousand notices",
         first(backup_copy('n'),
               [=](const ServerMessage& message, Delivery& out) {
                   for (int i = 0; i < 1000; ++i) out.message('N', notice);
                   out.message(message);
               }),
         ""},
    };
    for (const auto& harmless : cases) ground.check_harmless(harmless);
    ground.check_end();
}
