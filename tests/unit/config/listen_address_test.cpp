#include "config/listen_address.hpp"

#include "config/config.hpp"
#include "tests/support/catch.hpp"

namespace tsb {
namespace {

std::optional<ListenAddress> configured(const std::string& written) {
    const std::string text =
        "repository: /backups\nclusters:\n  main:\n    connection: host=/run\n" +
        (written.empty() ? "" : "metrics:\n  listen: '" + written + "'\n");
    return parse_config(text, "x").metrics_listen;
}

}  // namespace

TEST_CASE("metrics are served nowhere unless the file says where") {
    CHECK_FALSE(configured(""));
}

TEST_CASE("an address is taken as it is written, and shown so") {
    for (const char* written : {"127.0.0.1:9187", "0.0.0.0:1", "[::1]:65535", "[::]:9187",
                                "[2001:db8::7]:9187", "/run/tsbackup/metrics.sock"}) {
        CAPTURE(written);
        const auto address = configured(written);
        REQUIRE(address);
        CHECK(to_string(*address) == written);
        CHECK(address->host.empty() == (written[0] == '/'));
    }
    CHECK(configured("127.0.0.1:9187")->port == 9187);
    CHECK(configured("[::1]:9187")->host == "::1");
    CHECK(configured("/run/x//m.sock")->path == "/run/x/m.sock");
}

TEST_CASE("only this machine reaches its own addresses") {
    for (const char* local : {"127.0.0.1:1", "127.8.9.10:1", "[::1]:1", "/run/metrics.sock"}) {
        CAPTURE(local);
        CHECK(is_local(*configured(local)));
    }
    for (const char* open : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1",
                             "126.255.255.255:1", "128.0.0.1:1"}) {
        CAPTURE(open);
        CHECK_FALSE(is_local(*configured(open)));
    }
}

TEST_CASE("what is no numeric address with a port is none") {
    for (const char* text : {"",
                             ":",
                             ":9187",
                             "localhost:9187",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:0",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "127.0.0.1: 1",
                             "127.1:9187",
                             "0177.0.0.1:1",
                             "::1:9187",
                             "[::1]",
                             "[::1]9187",
                             "[]:1",
                             "[::1:9187",
                             "[fe80::1%lo]:1",
                             "[127.0.0.1]:1",
                             "*:9187"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_host_port(text));
    }
}

}  // namespace tsb
