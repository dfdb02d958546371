#include "core/pg/commands.hpp"

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("BASE_BACKUP is keywords before PostgreSQL 15 and an option list from 15 on") {
    BaseBackupOptions options;
    options.label = "it's";
    CHECK(base_backup_command(130000, options) ==
          "BASE_BACKUP LABEL 'it''s' PROGRESS FAST NOWAIT TABLESPACE_MAP MANIFEST 'yes' "
          "MANIFEST_CHECKSUMS 'SHA256'");
    CHECK(base_backup_command(149999, options) == base_backup_command(130000, options));
    CHECK(base_backup_command(150000, options) ==
          "BASE_BACKUP (LABEL 'it''s', PROGRESS, CHECKPOINT 'fast', WAIT false, TABLESPACE_MAP, "
          "VERIFY_CHECKSUMS true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')");
    CHECK(base_backup_command(189999, options) == base_backup_command(150000, options));
}

TEST_CASE("a spread checkpoint, a rate and another digest change the command in both forms") {
    BaseBackupOptions options;
    options.label = "a";
    options.checkpoint = CheckpointMode::spread;
    options.max_rate_kb = 2048;
    options.manifest_checksums = DigestKind::crc32c;
    CHECK(base_backup_command(140000, options) ==
          "BASE_BACKUP LABEL 'a' PROGRESS NOWAIT MAX_RATE 2048 TABLESPACE_MAP MANIFEST 'yes' "
          "MANIFEST_CHECKSUMS 'CRC32C'");
    CHECK(base_backup_command(170000, options) ==
          "BASE_BACKUP (LABEL 'a', PROGRESS, CHECKPOINT 'spread', WAIT false, MAX_RATE 2048, "
          "TABLESPACE_MAP, VERIFY_CHECKSUMS true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')");
}

TEST_CASE("a server of PostgreSQL 15 or newer is asked to compress") {
    BaseBackupOptions options;
    options.label = "a";
    options.compression = Compression(CompressionMethod::gzip, 6);
    CHECK(base_backup_command(170000, options).find("COMPRESSION") == std::string::npos);
    options.compression = Compression(CompressionMethod::zstd, 5, true);
    CHECK(base_backup_command(170000, options)
              .find(", COMPRESSION 'zstd', COMPRESSION_DETAIL 'level=5', TABLESPACE_MAP") !=
          std::string::npos);
    try {
        base_backup_command(140009, options);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::version_mismatch);
        CHECK(error.what() ==
              std::string("the server is PostgreSQL 14, which cannot do server-zstd:5"));
    }
}

TEST_CASE("slots are temporary and reserve WAL at once") {
    CHECK(create_slot_command(140000, "tsb_1") ==
          "CREATE_REPLICATION_SLOT \"tsb_1\" TEMPORARY PHYSICAL RESERVE_WAL");
    CHECK(create_slot_command(150000, "tsb_1") ==
          "CREATE_REPLICATION_SLOT \"tsb_1\" TEMPORARY PHYSICAL (RESERVE_WAL)");
    CHECK(start_replication_command("tsb_1", Lsn{0x1602000000}, 3) ==
          "START_REPLICATION SLOT \"tsb_1\" PHYSICAL 16/2000000 TIMELINE 3");
    CHECK(timeline_history_command(7) == "TIMELINE_HISTORY 7");
}

TEST_CASE("a slot name that could end its quotes is refused") {
    for (const char* name : {"", "a\"b", "A", "a b"}) {
        CHECK_THROWS_AS(create_slot_command(150000, name), Error);
    }
}

TEST_CASE("servers outside 13 to 18 are refused by name") {
    for (const int version : {90600, 120099, 190000}) {
        INFO(version);
        try {
            require_supported_server(version);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::version_mismatch);
            const std::string message = error.what();
            CHECK(message.find(std::to_string(version / 10000)) != std::string::npos);
        }
    }
    CHECK_NOTHROW(require_supported_server(130000));
    CHECK_NOTHROW(require_supported_server(180099));
}
