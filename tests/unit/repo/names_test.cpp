#include "core/repo/names.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("a backup is named by its UTC second, and the name tells it again") {
    const SystemTime time = from_iso8601("2026-11-23T01:42:24Z");
    CHECK(names::backup_id(time) == "cluster_backup_20261123_014224");
    CHECK(names::parse_backup_id("cluster_backup_20261123_014224") == time);
    for (const char* bad : {"", "cluster_backup_", "cluster_backup_20261123-014224",
                            "cluster_backup_20261323_014224", "cluster_backup_20261123_014224x",
                            "cluster_backup_2026112_0142240", "Cluster_backup_20261123_014224",
                            "../cluster_backup_20261123_01", "cluster_backup_20261123_014224/"}) {
        CAPTURE(bad);
        CHECK_FALSE(names::parse_backup_id(bad));
    }
}

TEST_CASE("ids grow even when the clock does not") {
    const SystemTime now = from_iso8601("2026-11-23T01:42:24Z");
    const std::string plain = "cluster_backup_20261123_014224";
    CHECK(names::next_backup_id(now, "") == plain);
    CHECK(names::next_backup_id(now, "cluster_backup_20261123_014223") == plain);
    CHECK(names::next_backup_id(now, plain) == "cluster_backup_20261123_014225");
    CHECK(names::next_backup_id(now, "cluster_backup_20991231_235959") ==
          "cluster_backup_21000101_000000");
}

TEST_CASE("cluster names are short and plain and none of the repository's own") {
    for (const char* good : {"main", "a", "9", "prod-1.eu_west", "Main"}) {
        CAPTURE(good);
        CHECK(names::valid_cluster_name(good));
    }
    CHECK(names::valid_cluster_name(std::string(63, 'a')));
    CHECK_FALSE(names::valid_cluster_name(std::string(64, 'a')));
    for (const char* bad : {"", ".", "..", ".main", "-main", "_main", "a/b", "a b", "a\n", "lock",
                            "repo.json", "repo.json.new", "m\xC3\xA9", "lost+found"}) {
        CAPTURE(bad);
        CHECK_FALSE(names::valid_cluster_name(bad));
    }
}

TEST_CASE("archives end with what their compression is called") {
    CHECK(names::archive_file("base", CompressionMethod::gzip) == "base.tar.gz");
    CHECK(names::archive_file("16385", CompressionMethod::zstd) == "16385.tar.zst");
    CHECK(names::archive_file("base", CompressionMethod::lz4) == "base.tar.lz4");
    CHECK(names::archive_file("pg_wal", CompressionMethod::none) == "pg_wal.tar");
}

TEST_CASE("only names that stay in their directory are safe") {
    using namespace std::string_view_literals;
    CHECK(names::safe_file_name("base.tar.gz"));
    CHECK(names::safe_relative_path("a"));
    CHECK(names::safe_relative_path("a/.b/c"));
    for (const std::string_view bad : {""sv, "."sv, ".."sv, "/a"sv, "a/"sv, "a//b"sv, "a/../b"sv,
                                       "./a"sv, "a/."sv, "a\0b"sv, "/"sv}) {
        CAPTURE(bad);
        CHECK_FALSE(names::safe_relative_path(bad));
        CHECK_FALSE(names::safe_file_name(bad));
    }
    CHECK_FALSE(names::safe_file_name("a/b"));
    CHECK_FALSE(names::safe_file_name(".hidden"));
}
