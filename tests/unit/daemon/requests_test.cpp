#include <unistd.h>

#include "core/ops/restore_places.hpp"
#include "daemon/backup_request.hpp"
#include "daemon/restore_request.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using tsb::test::Ground;
namespace fs = std::filesystem;

namespace {

ClusterConfig configured() {
    ClusterConfig cluster;
    cluster.name = "main";
    cluster.connection = "host=db";
    cluster.compression = Compression(CompressionMethod::zstd, 3);
    cluster.max_rate_kb = 2048;
    cluster.stall_timeout = std::chrono::seconds(7);
    return cluster;
}

ErrorCode refusal_of(Ground& ground, const Caller& caller, const Json& more) {
    Json args = {{"backup", "latest"}, {"cluster", "main"}};
    args.update(more);
    try {
        restore_options(ground.service, caller, args);
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("accepted");
    return ErrorCode::internal;
}

Caller client() {
    Caller caller;
    caller.uid = 1000;
    caller.groups = {1000};
    caller.right = Right::restore;
    return caller;
}

}  // namespace

TEST_CASE("without overrides a backup is made as configured") {
    const BackupOptions options = backup_options(configured(), Json::object());
    CHECK(options.cluster == "main");
    CHECK(options.connection.conninfo == "host=db");
    CHECK(options.compression == Compression(CompressionMethod::zstd, 3));
    CHECK(options.max_rate_kb == 2048);
    CHECK(options.copy_stall_limit == std::chrono::seconds(7));
}

TEST_CASE("a request overrides the configuration") {
    const BackupOptions options = backup_options(configured(), {{"compress", "9"},
                                                                {"format", "plain"},
                                                                {"checkpoint", "spread"},
                                                                {"label", "nightly"},
                                                                {"max-rate", "64MB"}});
    CHECK(options.compression == Compression(CompressionMethod::gzip, 9));
    CHECK(options.format == BackupFormat::plain);
    CHECK(options.checkpoint == CheckpointMode::spread);
    CHECK(options.label == "nightly");
    CHECK(options.max_rate_kb == 64 * 1024);
    CHECK(backup_options(configured(), {{"max-rate", "unlimited"}}).max_rate_kb == 0);
}

TEST_CASE("a value that an option does not take is a usage error") {
    const auto args = GENERATE(
        Json({{"compress", "gzip:77"}}), Json({{"format", "zip"}}), Json({{"checkpoint", "slow"}}),
        Json({{"max-rate", "1kB"}}), Json({{"max-rate", "2GB"}}), Json({{"max-rate", "fast"}}),
        Json({{"label", "two\nlines"}}), Json({{"label", std::string(513, 'x')}}));
    try {
        backup_options(configured(), args);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::usage);
    }
}

TEST_CASE("beneath means inside, not beside and not the directory itself") {
    CHECK(lies_beneath("/srv/restore/a", "/srv/restore"));
    CHECK(lies_beneath("/srv/restore/a/b", "/srv/restore"));
    CHECK_FALSE(lies_beneath("/srv/restore", "/srv/restore"));
    CHECK_FALSE(lies_beneath("/srv/restore2/a", "/srv/restore"));
    CHECK_FALSE(lies_beneath("/srv", "/srv/restore"));
    CHECK_FALSE(lies_beneath("/", "/srv/restore"));
}

TEST_CASE("clients may restore beneath the allowed targets only") {
    Ground ground(test::unreachable_server());
    const fs::path root = ground.directory.path();
    fs::create_directory_symlink("/usr", root / "link");

    CHECK(refusal_of(ground, client(), {{"target", "/usr/new"}}) == ErrorCode::refused);
    CHECK(refusal_of(ground, client(), {{"target", root.string()}}) == ErrorCode::refused);
    CHECK(refusal_of(ground, client(), {{"target", (root / "../x").string()}}) ==
          ErrorCode::refused);
    CHECK(refusal_of(ground, client(), {{"target", (root / "link/new").string()}}) ==
          ErrorCode::refused);
    CHECK(refusal_of(ground, client(),
                     {{"target", (root / "new").string()},
                      {"tablespace-map", {"/fast=/usr/fast"}}}) == ErrorCode::refused);

    const Json good = {
        {"backup", "latest"}, {"cluster", "main"}, {"target", (root / "new/").string()}};
    const RestoreOptions options = restore_options(ground.service, client(), good);
    CHECK(options.target == fs::canonical(root) / "new");
    CHECK(options.cluster == "main");
}

TEST_CASE("clients may not give files to others, root may") {
    Ground ground(test::unreachable_server());
    const std::string target = (ground.directory.path() / "new").string();
    CHECK(refusal_of(ground, client(), {{"target", target}, {"owner", "0:0"}}) ==
          ErrorCode::refused);
    CHECK(refusal_of(ground, client(), {{"target", target}, {"owner", "1000:0"}}) ==
          ErrorCode::refused);

    Json args = {
        {"backup", "latest"}, {"cluster", "main"}, {"target", target}, {"owner", "1000:1000"}};
    CHECK(restore_options(ground.service, client(), args).owner->uid == 1000);
    args["owner"] = "root:123";
    const RestoreOptions options = restore_options(ground.service, local_caller(), args);
    CHECK(options.owner->uid == 0);
    CHECK(options.owner->gid == 123);
}

TEST_CASE("a slash at the end of a tablespace's place does not matter") {
    Ground ground(test::unreachable_server());
    Json args = {{"backup", "latest"}, {"cluster", "main"}, {"target", "/srv/new"}};
    args["tablespace-map"] = {"/fast/=/new/fast//", "/slow=/new/slow"};
    const RestoreOptions options = restore_options(ground.service, local_caller(), args);
    CHECK(options.tablespace_map ==
          std::map<std::string, std::string>{{"/fast", "/new/fast"}, {"/slow", "/new/slow"}});
    CHECK(refusal_of(ground, local_caller(),
                     {{"target", "/x"}, {"tablespace-map", {"/a=/b", "/a/=/c"}}}) ==
          ErrorCode::usage);
}

TEST_CASE("malformed restore requests are refused") {
    Ground ground(test::unreachable_server());
    const Caller caller = local_caller();
    CHECK(refusal_of(ground, caller, Json::object()) == ErrorCode::usage);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"tablespace-map", {"a=b"}}}) ==
          ErrorCode::usage);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"tablespace-map", {"/a=/b", "/a=/c"}}}) ==
          ErrorCode::usage);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"owner", ":x"}}) == ErrorCode::usage);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"owner", "no-such-user"}}) ==
          ErrorCode::not_found);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"owner", "4294967295"}}) ==
          ErrorCode::not_found);
    CHECK(refusal_of(ground, caller, {{"target", "/x"}, {"cluster", "other"}}) ==
          ErrorCode::not_found);
}
