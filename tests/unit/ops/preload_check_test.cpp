// What the configuration of the server in place says of TimescaleDB before anything is stopped.
#include "core/ops/preload_check.hpp"

#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

namespace fsys = std::filesystem;

/// Old data whose last start took its configuration from another directory, as on Debian.
class OldCluster {
public:
    OldCluster() {
        fsys::create_directories(etc() / "conf.d");
        fsys::create_directories(data());
        write(data() / "postmaster.opts",
              "/usr/lib/postgresql/15/bin/postgres \"-D\" \"" + data().string() +
                  "\" \"-c\" \"config_file=" + (etc() / "postgresql.conf").string() + "\"\n");
        metadata.databases.emplace_back().timescaledb_version = "2.19.3";
    }

    fsys::path etc() const { return scratch_.path() / "etc"; }
    fsys::path data() const { return scratch_.path() / "data"; }
    static void write(const fsys::path& path, const std::string& text) {
        std::ofstream(path, std::ios::binary) << text;
    }
    void configure(const std::string& text) const { write(etc() / "postgresql.conf", text); }

    /// The refusal's message, or nothing.
    std::string refusal() const {
        try {
            require_timescaledb_preloaded(real_fs(), metadata, data());
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::version_mismatch);
            return error.what();
        }
        return "";
    }

    Metadata metadata;

private:
    TempDir scratch_;
};

}  // namespace

TEST_CASE("postmaster.opts tells where a configuration outside is") {
    CHECK(config_file_in("") == std::nullopt);
    CHECK(config_file_in("/bin/postgres\n") == std::nullopt);
    CHECK(config_file_in("/bin/postgres \"-D\" \"/config_file=/x\"") == std::nullopt);
    CHECK(config_file_in("/bin/postgres \"-c\" \"config_file=/etc/a b.conf\" \"-p\" \"1\"") ==
          "/etc/a b.conf");
    CHECK(config_file_in("/bin/postgres \"--config-file=/a\" \"-cconfig_file=/b\"") == "/b");
    CHECK(config_file_in("/bin/postgres \"config_file=relative\"") == std::nullopt);
    CHECK(config_file_in("/bin/postgres \"config_file=/open") == "/open");
    CHECK(config_file_in("\"") == std::nullopt);
}

TEST_CASE("a configuration that does not load TimescaleDB refuses a restore in place") {
    OldCluster cluster;
    cluster.configure("shared_preload_libraries = 'pg_stat_statements'\n");
    CHECK(cluster.refusal().find("does not load TimescaleDB") != std::string::npos);
    CHECK(cluster.refusal().find((cluster.etc() / "postgresql.conf").string()) !=
          std::string::npos);

    SECTION("not where it loads it") {
        cluster.configure("shared_preload_libraries = 'pg_stat_statements, timescaledb'\n");
        CHECK(cluster.refusal().empty());
    }
    SECTION("not where an included directory loads it") {
        cluster.configure("include_dir = 'conf.d'\n");
        CHECK_FALSE(cluster.refusal().empty());
        OldCluster::write(cluster.etc() / "conf.d/.hidden.conf",
                          "shared_preload_libraries = timescaledb\n");
        OldCluster::write(cluster.etc() / "conf.d/ts.conf.bak",
                          "shared_preload_libraries = timescaledb\n");
        CHECK_FALSE(cluster.refusal().empty());
        OldCluster::write(cluster.etc() / "conf.d/ts.conf",
                          "shared_preload_libraries = timescaledb\n");
        CHECK(cluster.refusal().empty());
    }
    SECTION("not where ALTER SYSTEM loads it") {
        OldCluster::write(cluster.data() / "postgresql.auto.conf",
                          "shared_preload_libraries = 'timescaledb'\n");
        CHECK(cluster.refusal().empty());
    }
    SECTION("not where a part of it cannot be read, or it includes itself without end") {
        cluster.configure("include = 'missing.conf'\n");
        CHECK(cluster.refusal().empty());
        cluster.configure("include = 'postgresql.conf'\n");
        CHECK(cluster.refusal().empty());
        fsys::remove(cluster.etc() / "postgresql.conf");
        CHECK(cluster.refusal().empty());
    }
    SECTION("not where no database has TimescaleDB") {
        cluster.metadata.databases.front().timescaledb_version.clear();
        CHECK(cluster.refusal().empty());
    }
    SECTION("not where it is in the data directory, or there is no old data") {
        OldCluster::write(cluster.data() / "postmaster.opts",
                          "/bin/postgres \"config_file=" +
                              (cluster.data() / "postgresql.conf").string() + "\"\n");
        OldCluster::write(cluster.data() / "postgresql.conf", "port = 1\n");
        CHECK(cluster.refusal().empty());
        fsys::remove_all(cluster.data());
        CHECK(cluster.refusal().empty());
    }
}
