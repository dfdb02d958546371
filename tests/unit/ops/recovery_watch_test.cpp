#include "core/ops/recovery_watch.hpp"

#include <fstream>

#include "core/io/digest.hpp"
#include "core/pg/pg_control.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const std::string first_start =
    "2026-11-30 21:00:00 UTC [7] LOG:  database system was interrupted; last known up at 20:00\n"
    "2026-11-30 21:00:00 UTC [7] LOG:  starting archive recovery\n"
    "2026-11-30 21:00:00 UTC [7] LOG:  redo starts at 0/2000028\n"
    "2026-11-30 21:00:10 UTC [7] LOG:  redo in progress, elapsed time: 10.00 s, current LSN: "
    "0/4A3F2C8\n";

/// A data directory whose control file, of version 15's layout, names this point.
class DataDirectory {
public:
    void set_min_recovery_point(std::uint64_t position, bool right_checksum = true) {
        std::vector<std::byte> file(8192);
        put(file, 8, 1300, 4);
        put(file, 136, position, 8);
        const std::uint32_t checksum = crc32c(Bytes(file).first(288));
        put(file, 288, right_checksum ? checksum : checksum + 1, 4);
        std::filesystem::create_directories(path() / "global");
        std::ofstream(path() / pg_control_path, std::ios::binary)
            .write(reinterpret_cast<const char*>(file.data()),
                   static_cast<std::streamsize>(file.size()));
    }
    std::filesystem::path path() const { return directory_.path(); }

private:
    static void put(std::vector<std::byte>& file, std::size_t at, std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) file[at++] = static_cast<std::byte>(value >> 8 * i & 0xFF);
    }
    TempDir directory_;
};

struct Watched {
    /// One look of a watch from 0/2000028 to 0/5000028.
    void look() {
        RecoveryWatch watch(
            Lsn{0x2000028}, Lsn{0x5000028}, data.path(), [this] { return log; }, meter);
        run_coroutine(watch.look());
    }
    DataDirectory data;
    std::string log;
    ProgressMeter meter;
};

}  // namespace

TEST_CASE("a log tells how far a recovery is") {
    CHECK_FALSE(replayed_position(""));
    CHECK_FALSE(replayed_position("LOG:  starting archive recovery\n"));
    CHECK(replayed_position(first_start) == Lsn{0x4A3F2C8});
    CHECK(replayed_position("LOG:  redo starts at 1/2000028\n") == Lsn{0x102000028});
    CHECK(replayed_position(first_start + "LOG:  redo done at 0/4FFFF28 system usage: CPU: user: "
                                          "0.01 s\n") == Lsn{0x4FFFF28});
}

TEST_CASE("of a log with several starts the last one counts") {
    CHECK_FALSE(replayed_position(first_start + "LOG:  database system was interrupted\n"));
    CHECK(replayed_position(first_start + "LOG:  database system was interrupted\n" +
                            "LOG:  redo starts at 0/3000028\n") == Lsn{0x3000028});
}

TEST_CASE("a position that is none is passed over") {
    CHECK_FALSE(replayed_position("LOG:  redo starts at\nLOG:  redo starts at \n"));
    CHECK_FALSE(replayed_position("LOG:  redo starts at 12345678901/0\nLOG:  redo starts at zz/1"));
}

TEST_CASE("what is replayed is the furthest of what pg_control and the log tell") {
    Watched server;
    server.data.set_min_recovery_point(0);
    server.look();
    CHECK(server.meter.replay_bytes == 0x3000000);
    CHECK(server.meter.replayed_bytes == 0);
    server.data.set_min_recovery_point(0x3000028);
    server.look();
    CHECK(server.meter.replayed_bytes == 0x1000000);
    server.log = first_start;
    server.look();
    CHECK(server.meter.replayed_bytes == 0x4A3F2C8 - 0x2000028);
    server.log.clear();  // as when it is rotated
    server.look();
    CHECK(server.meter.replayed_bytes == 0x4A3F2C8 - 0x2000028);
    server.data.set_min_recovery_point(0x9000000);  // later than the backup's end
    server.look();
    CHECK(server.meter.replayed_bytes == 0x3000000);
}

TEST_CASE("a control file that is missing or being written does not matter") {
    Watched server;
    server.log = first_start;
    server.look();
    CHECK(server.meter.replayed_bytes == 0x4A3F2C8 - 0x2000028);
    Watched torn;
    torn.data.set_min_recovery_point(0x3000028, false);
    torn.look();
    CHECK(torn.meter.replayed_bytes == 0);
}
