#include "config/config.hpp"

#include <unistd.h>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

namespace tsb {
namespace {

const std::string minimal =
    "repository: /backups\n"
    "clusters:\n"
    "  main:\n"
    "    connection: host=/run user=tsbackup\n";

ErrorCode code_of(const Config& config, const std::string& name) {
    try {
        config.cluster(name);
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("what a file leaves out is as the plain structs have it") {
    const Config config = parse_config(minimal, "x");
    CHECK(config.repository == "/backups");
    CHECK(config.log_level == Config().log_level);
    CHECK(config.control.socket == ControlConfig().socket);
    CHECK(config.control.read.empty());
    REQUIRE(config.clusters.size() == 1);

    const ClusterConfig& cluster = config.clusters[0];
    const ClusterConfig plain;
    CHECK(cluster.name == "main");
    CHECK(cluster.connection == "host=/run user=tsbackup");
    CHECK(cluster.password_file.empty());
    CHECK(cluster.format == plain.format);
    CHECK((cluster.compression == plain.compression));
    CHECK(cluster.checkpoint == plain.checkpoint);
    CHECK(cluster.max_rate_kb == plain.max_rate_kb);
    CHECK(cluster.compression_workers == plain.compression_workers);
    CHECK(cluster.stall_timeout.count() == plain.stall_timeout.count());
    CHECK(cluster.checkpoint_timeout.count() == plain.checkpoint_timeout.count());
    CHECK(cluster.restore_roots.empty());
    CHECK(cluster.server_binaries.empty());
    CHECK(cluster.drill_directory.empty());
}

TEST_CASE("a password file is a path or the name of a credential") {
    const auto stored = [](const std::string& value) {
        return parse_config(minimal + "    password_file: " + value + "\n", "x")
            .cluster("main")
            .password_file;
    };
    CHECK(stored("/run//secrets/main") == "/run/secrets/main");
    CHECK(stored("main.password") == "main.password");
    for (const char* bad : {"./main", "../main", ".main", "..", "a b", "a/", "~/main", "''"}) {
        CAPTURE(bad);
        CHECK(test::error_of([&] { stored(bad); }).code() == ErrorCode::config);
    }
}

TEST_CASE("every key is stored where it belongs") {
    const Config config = parse_config(minimal +
                                           "    password_file: /run/secrets/main\n"
                                           "    backup:\n"
                                           "      format: plain\n"
                                           "      compression: zstd:7\n"
                                           "      checkpoint: spread\n"
                                           "      max_rate: 64MB\n"
                                           "      compression_workers: 3\n"
                                           "      stall_timeout: 90s\n"
                                           "      checkpoint_timeout: 2h\n"
                                           "    restore:\n"
                                           "      allowed_targets: [/srv/a/, /srv/b]\n"
                                           "      server_binaries: [/opt/pg/bin]\n"
                                           "      drill_directory: /srv/drill\n"
                                           "log: {level: error}\n"
                                           "control:\n"
                                           "  socket: /tmp/s\n"
                                           "  rights:\n"
                                           "    read: [group:root]\n"
                                           "    operate: [17, user:root]\n"
                                           "    restore: ['18']\n",
                                       "x");
    const ClusterConfig& cluster = config.cluster("main");
    CHECK(cluster.password_file == "/run/secrets/main");
    CHECK(cluster.format == BackupFormat::plain);
    CHECK((cluster.compression == Compression(CompressionMethod::zstd, 7)));
    CHECK(cluster.checkpoint == CheckpointMode::spread);
    CHECK(cluster.max_rate_kb == 64 * 1024);
    CHECK(cluster.compression_workers == 3);
    CHECK(cluster.stall_timeout.count() == 90);
    CHECK(cluster.checkpoint_timeout.count() == 7200);
    REQUIRE(cluster.restore_roots.size() == 2);
    CHECK(cluster.restore_roots[1] == "/srv/b");
    REQUIRE(cluster.server_binaries.size() == 1);
    CHECK(cluster.server_binaries[0] == "/opt/pg/bin");
    CHECK(cluster.drill_directory == "/srv/drill");
    CHECK(config.log_level == LogLevel::error);
    CHECK(config.control.socket == "/tmp/s");
    REQUIRE(config.control.read.size() == 1);
    CHECK(config.control.read[0].group);
    CHECK(config.control.read[0].id == 0);
    REQUIRE(config.control.operate.size() == 2);
    CHECK_FALSE(config.control.operate[0].group);
    CHECK(config.control.operate[0].id == 17);
    CHECK(config.control.operate[1].id == 0);
    REQUIRE(config.control.restore.size() == 1);
    CHECK(config.control.restore[0].id == 18);
}

TEST_CASE("the ends of the ranges are accepted") {
    const auto with = [](const std::string& backup) {
        return parse_config(minimal + "    backup: {" + backup + "}\n", "x").clusters.at(0);
    };
    CHECK(with("max_rate: 32kB").max_rate_kb == 32);
    CHECK(with("max_rate: 1GB").max_rate_kb == 1024 * 1024);
    CHECK(with("compression_workers: 1").compression_workers == 1);
    CHECK(with("nice: 1").manifest_checksums == DigestKind::crc32c);
    CHECK(with("manifest_checksums: CRC32C").manifest_checksums == DigestKind::crc32c);
    CHECK(with("manifest_checksums: SHA512").manifest_checksums == DigestKind::sha512);
    CHECK(with("compression_workers: 64").compression_workers == 64);
    CHECK(with("nice: 19").priority.nice == 19);
    CHECK(with("nice: 0, ionice: none").priority == ThreadPriority());
    CHECK(with("ionice: idle").priority.io_class == ThreadPriority::IoClass::idle);
    CHECK(with("ionice: best-effort").priority.io_level == 4);
    CHECK(with("ionice: best-effort:7").priority.io_level == 7);
    CHECK(with("stall_timeout: 1s").stall_timeout.count() == 1);
    CHECK(with("checkpoint_timeout: 1d").checkpoint_timeout.count() == 24 * 3600);
}

TEST_CASE("texts are taken as they stand, not as YAML 1.1 types") {
    const Config config = parse_config(
        "repository: /backups\n"
        "clusters:\n"
        "  yes: {connection: host=a}\n"
        "  010: {connection: \"host=b\"}\n",
        "x");
    REQUIRE(config.clusters.size() == 2);
    CHECK(config.clusters[0].name == "yes");
    CHECK(config.clusters[1].name == "010");
    CHECK(config.cluster("010").connection == "host=b");
}

TEST_CASE("a byte order mark and line ends of other systems are accepted") {
    const Config config = parse_config(
        "\xEF\xBB\xBFrepository: /\xC3\xA4\r\n"
        "clusters: {main: {connection: host=a}}\r\n",
        "x");
    CHECK(config.repository == "/\xC3\xA4");
}

TEST_CASE("a cluster is found by name, and without a name when it is the only one") {
    Config config = parse_config(minimal, "x");
    CHECK(config.cluster("").name == "main");
    CHECK(config.cluster("main").name == "main");
    CHECK(code_of(config, "other") == ErrorCode::not_found);
    config.clusters.push_back(config.clusters[0]);
    config.clusters[1].name = "second";
    CHECK(config.cluster("second").name == "second");
    CHECK(code_of(config, "") == ErrorCode::not_found);
}

TEST_CASE("a refused password comes with the hint where to put it") {
    try {
        parse_config(minimal + "    password: x\n", "x");
        FAIL("it was accepted");
    } catch (const Error& error) {
        CHECK(error.hint().find("password_file") != std::string::npos);
    }
}

}  // namespace tsb
