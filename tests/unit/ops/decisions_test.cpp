// What the operations decide without touching anything: tablespace maps, recovery settings, places,
// versions, space.
#include <fstream>

#include "core/base/error.hpp"
#include "core/ops/auto_conf.hpp"
#include "core/ops/backup_checks.hpp"
#include "core/ops/restore_preflight.hpp"
#include "core/ops/server_binaries.hpp"
#include "core/ops/tablespace_map.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

template <class Work>
ErrorCode code_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("nothing was thrown");
    return ErrorCode::internal;
}

Metadata with_tablespace(const std::string& location) {
    Metadata metadata;
    metadata.server_version_num = 150018;
    metadata.cluster_bytes = 1000;
    metadata.tablespaces.push_back({16385, location, 400});
    return metadata;
}

}  // namespace

TEST_CASE("a tablespace map without relocation stays byte for byte") {
    const std::string map = "16385 /srv/a\n16386 /srv/b c\\\nd\n";
    CHECK(relocated_tablespace_map(map, {}) == map);
    CHECK(relocated_tablespace_map("", {}).empty());
}

TEST_CASE("relocated lines of a tablespace map get their new location, quoted") {
    const std::string map = "16385 /srv/a\n16386 /srv/b\n";
    CHECK(relocated_tablespace_map(map, {{16386, "/new\nplace\\x"}}) ==
          "16385 /srv/a\n16386 /new\\\nplace\\\\x\n");
}

TEST_CASE("a quoted newline does not end a line of a tablespace map") {
    CHECK(relocated_tablespace_map("16385 /a\\\n16386 /b\n16386 /c\n", {{16386, "/new"}}) ==
          "16385 /a\\\n16386 /b\n16386 /new\n");
}

TEST_CASE("a tablespace map may lack its last newline") {
    CHECK(relocated_tablespace_map("16385 /a", {{16385, "/b"}}) == "16385 /b\n");
}

TEST_CASE("a malformed tablespace map is refused") {
    for (const char* map :
         {"x /a\n", "16385\n", "16385/a\n", "\n", "99999999999 /a\n", " 1 /a\n"}) {
        INFO(map);
        CHECK(code_of([&] { relocated_tablespace_map(map, {}); }) == ErrorCode::damaged);
    }
}

TEST_CASE("recovery settings replace those that were there and keep the rest") {
    const std::string text = with_recovery_settings(
        "work_mem = '1MB'\n  recovery_target_time = 'x'\nrestore_command='y'\nlast = 1", "id_1");
    CHECK(text.starts_with("work_mem = '1MB'\nlast = 1\n"));
    CHECK_FALSE(contains(text, "='y'"));
    CHECK(contains(text, "\nrestore_command = 'false'\n"));
    CHECK(contains(text, "\nrecovery_target_time = ''\n"));
    CHECK_FALSE(contains(text, "'x'"));
    const std::string other = "recovery_prefetch = off\nrestore_command_of_mine = 'z'\n";
    CHECK(with_recovery_settings(other, "id_1").starts_with(other));
    CHECK(contains(text, "id_1"));
}

TEST_CASE("recovery settings written twice are there once") {
    const std::string once = with_recovery_settings("", "a");
    const std::string twice = with_recovery_settings(once, "b");
    CHECK(twice.find("restore_command") == twice.rfind("restore_command"));
    CHECK(twice.find("recovery_end_command") == twice.rfind("recovery_end_command"));
    CHECK(twice.find("archive_cleanup") == twice.rfind("archive_cleanup"));
    CHECK_FALSE(contains(twice, "end of a\n"));
}

TEST_CASE("the major version is read from the path of the binaries") {
    CHECK(major_of_binary_path("/usr/lib/postgresql/17/bin") == 17);
    CHECK(major_of_binary_path("/usr/pgsql-15/bin") == 15);
    CHECK(major_of_binary_path("/opt/4/postgresql/16/bin") == 16);
    CHECK_FALSE(major_of_binary_path("/usr/local/bin"));
    CHECK_FALSE(major_of_binary_path("/opt/pg17beta/bin"));
}

TEST_CASE("a tablespace goes where the map says") {
    RestoreOptions options;
    options.tablespace_map["/srv/fast"] = "/srv/new";
    const std::vector<TablespacePlan> plans =
        plan_tablespaces(with_tablespace("/srv/fast"), options);
    REQUIRE(plans.size() == 1);
    CHECK(plans[0].oid == 16385);
    CHECK(plans[0].location == "/srv/new");
    CHECK(plans[0].bytes == 400);
}

TEST_CASE("an unmapped tablespace goes to its old place only when nothing is there") {
    const Ground ground;
    const std::string place = (ground.path() / "old place").string();
    CHECK(plan_tablespaces(with_tablespace(place), {})[0].location == place);
    std::filesystem::create_symlink("/nowhere", place);
    CHECK(code_of([&] { plan_tablespaces(with_tablespace(place), {}); }) ==
          ErrorCode::tablespace_unmapped);
}

TEST_CASE("a client that may not write to old places must map every tablespace") {
    RestoreOptions options;
    options.only_mapped_tablespaces = true;
    CHECK(code_of([&] { plan_tablespaces(with_tablespace("/no/such/place"), options); }) ==
          ErrorCode::tablespace_unmapped);
    CHECK_NOTHROW(plan_tablespaces(with_tablespace("pg_tblspc/16385"), options));
    options.tablespace_map["/no/such/place"] = "/srv/new";
    CHECK_NOTHROW(plan_tablespaces(with_tablespace("/no/such/place"), options));
}

TEST_CASE("an in-place tablespace has no place of its own") {
    CHECK(plan_tablespaces(with_tablespace("pg_tblspc/16385"), {})[0].location.empty());
}

TEST_CASE("a map that names no tablespace or no absolute path is wrong usage") {
    RestoreOptions options;
    options.tablespace_map["/srv/slow"] = "/srv/new";
    CHECK(code_of([&] { plan_tablespaces(with_tablespace("/no/such/place"), options); }) ==
          ErrorCode::usage);
    options.tablespace_map = {{"/srv/fast", "new"}};
    CHECK(code_of([&] { plan_tablespaces(with_tablespace("/srv/fast"), options); }) ==
          ErrorCode::usage);
}

TEST_CASE("the backup's major version must be installed when any is") {
    const Ground ground;
    RestoreOptions options;
    const auto directory = [&](int major) { return ground.path() / std::to_string(major) / "bin"; };
    Metadata metadata = with_tablespace("/srv/fast");

    options.server_binaries = {directory(15)};
    CHECK(check_installed_major(metadata, options).empty());

    metadata.server_version_num = 170011;
    CHECK(code_of([&] { check_installed_major(metadata, options); }) ==
          ErrorCode::version_mismatch);
    options.any_version = true;
    CHECK(contains(check_installed_major(metadata, options), "17"));

    options.any_version = false;
    options.server_binaries = {directory(16)};  // where there is no postgres
    CHECK(contains(check_installed_major(metadata, options), "no PostgreSQL"));
}

TEST_CASE("a restore elsewhere notes another C library") {
    const Ground ground;
    RestoreOptions options;
    options.server_binaries = {ground.path() / "15" / "bin"};
    std::ofstream(options.server_binaries.front() / "postgres", std::ios::binary)
        << "\x7f"
           "ELF"
        << "/lib/ld-musl-x86_64.so.1";
    Metadata metadata = with_tablespace("/srv/fast");
    CHECK(check_installed_major(metadata, options).empty());
    metadata.databases.resize(1);
    metadata.databases.front().collation = "en_US.UTF-8 (libc 2.36)";
    CHECK(contains(check_installed_major(metadata, options), "has musl"));
    options.staging.emplace();  // in place it is refused, by require_same_libc()
    CHECK(check_installed_major(metadata, options).empty());
}

TEST_CASE("a restore that does not fit is refused before it begins") {
    Ground ground;
    Metadata metadata = with_tablespace("/srv/fast");
    CHECK_NOTHROW(require_restore_space(ground.fs, metadata, ground.target(), {}));
    metadata.cluster_bytes = std::uint64_t{1} << 60;
    CHECK(code_of([&] { require_restore_space(ground.fs, metadata, ground.target(), {}); }) ==
          ErrorCode::disk_full);
    metadata.cluster_bytes = 1000;
    const TablespacePlan plan{16385, ground.path() / "fast", std::uint64_t{1} << 60};
    CHECK(code_of([&] { require_restore_space(ground.fs, metadata, ground.target(), {plan}); }) ==
          ErrorCode::disk_full);
}

TEST_CASE("the estimate of a backup's size follows the newest comparable one") {
    constexpr std::uint64_t cluster_bytes = 1'000'000;
    BackupOptions options = backup_options();
    Metadata previous;
    previous.compression = Compression(CompressionMethod::gzip, 9);
    previous.cluster_bytes = 1000;
    previous.stored_bytes = 100;

    CHECK(estimate_stored_bytes(cluster_bytes, options, nullptr) == 400'000);
    CHECK(estimate_stored_bytes(cluster_bytes, options, &previous) == 120'000);
    previous.stored_bytes = 1000;  // never more than the cluster itself
    CHECK(estimate_stored_bytes(cluster_bytes, options, &previous) == cluster_bytes);
    previous.compression = Compression(CompressionMethod::lz4, 1);
    CHECK(estimate_stored_bytes(cluster_bytes, options, &previous) == 400'000);

    options.format = BackupFormat::plain;
    CHECK(estimate_stored_bytes(cluster_bytes, options, &previous) == cluster_bytes);
    options.format = BackupFormat::tar;
    options.compression = Compression(CompressionMethod::none, 0);
    CHECK(estimate_stored_bytes(cluster_bytes, options, &previous) == cluster_bytes);
}
