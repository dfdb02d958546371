// Getting in: roles, passwords, pg_hba.conf, TLS, server settings. Each failure has its own cause
// line and, where somebody can act, a hint.
#include <sys/stat.h>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

// A server that lets in only those whom the test's pg_hba.conf names, over loopback TCP.
class Gate {
public:
    Gate(const std::string& hba, const std::vector<std::string>& settings = {})
        : server(PgVersion::pg15, settings) {
        write_file(server.data() / "pg_hba.conf", "local all all trust\n" + hba);
        server.start();
        server.query(
            "create role saver replication login password 'right';"
            "create role plain login password 'right'");
    }

    ClusterEntry entry(const std::string& user, const std::string& more = "") const {
        return {"main", server.tcp_connection(user) + more};
    }
    // Password file as its owner would make it.
    fs::path password(const Daemon& daemon, const std::string& text) const {
        const auto file = daemon.scratch() / "password";
        write_file(file, text + "\n");
        give_to_server_user(file);
        chmod(file.c_str(), 0600);
        return file;
    }

    PgServer server;
};

Refusal backup_refused(const ClusterEntry& entry) {
    Daemon daemon({entry});
    daemon.start();
    auto refusal = refused(daemon, {"backup", "main", "--no-progress"});
    const auto plain = daemon.ctl({"backup", "main", "--no-progress"});
    INFO(failure_text(plain));
    CHECK(says(plain, refusal.message));
    CHECK(daemon.listed().empty());
    CHECK(daemon.ctl({"check"}).status == 5);
    return refusal;
}

}  // namespace

TEST_CASE("a role without REPLICATION is told the ALTER ROLE to run", "[login]") {
    Gate gate("host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n");
    const auto refusal = backup_refused(gate.entry("plain"));
    INFO(refusal.all);
    CHECK(refusal.status == 1);
    CHECK(refusal.code == "no_replication_right");
    CHECK(contains(refusal.hint, "ALTER ROLE plain REPLICATION"));
}

TEST_CASE("a missing pg_hba.conf line is named with the line to add", "[login]") {
    Gate gate("host all all 127.0.0.1/32 trust\n");
    const auto refusal = backup_refused(gate.entry("saver"));
    INFO(refusal.all);
    CHECK(refusal.status == 1);
    CHECK(refusal.code == "hba_rejected");
    CHECK(contains(refusal.hint, "host replication saver 127.0.0.1/32"));
}

TEST_CASE("a password comes from its file; a wrong or missing one is said", "[login]") {
    Gate gate(
        "host all all 127.0.0.1/32 scram-sha-256\n"
        "host replication all 127.0.0.1/32 scram-sha-256\n");
    Daemon daemon({gate.entry("saver")});
    daemon.start();
    const auto missing = refused(daemon, {"backup", "main"});
    INFO(missing.all);
    CHECK(missing.code == "authentication");
    CHECK(contains(missing.hint, "password_file"));
    daemon.stop();

    auto entry = gate.entry("saver");
    entry.password_file = gate.password(daemon, "wrong-secret");
    daemon.configure({entry});
    daemon.start();
    const auto wrong = refused(daemon, {"backup", "main"});
    INFO(wrong.all);
    CHECK(wrong.status == 1);
    CHECK(wrong.code == "authentication");
    daemon.stop();

    gate.password(daemon, "right");
    daemon.start();
    CHECK_FALSE(daemon.backup().empty());
    CHECK_FALSE(contains(daemon.log(), "wrong-secret"));
    CHECK_FALSE(contains(wrong.all, "wrong-secret"));
}

TEST_CASE("TLS is used and the server's certificate is checked", "[login]") {
    const Scratch keys;
    for (const auto* name : {"server", "other"}) {
        must_run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                  "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                  keys / (std::string(name) + ".key"), "-out",
                  keys / (std::string(name) + ".crt")});
    }
    give_to_server_user(keys.path(), true);
    chmod((keys / "server.key").c_str(), 0600);
    Gate gate("hostssl all all 127.0.0.1/32 trust\nhostssl replication all 127.0.0.1/32 trust\n",
              {"ssl = on", "ssl_cert_file = '" + (keys / "server.crt").string() + "'",
               "ssl_key_file = '" + (keys / "server.key").string() + "'"});
    const auto verified = [&](const char* authority) {
        return gate.entry("saver",
                          " sslmode=verify-full sslrootcert=" + (keys / authority).string());
    };
    Daemon daemon({verified("server.crt")});
    daemon.start();
    CHECK_FALSE(daemon.backup().empty());
    daemon.stop();

    const auto distrusted = backup_refused(verified("other.crt"));
    INFO(distrusted.all);
    CHECK(distrusted.status == 1);
    CHECK(distrusted.code == "authentication");
    CHECK(contains(distrusted.message, "certificate"));

    // pg_hba.conf has lines for TLS only, so this shows that the first backup used it.
    CHECK(backup_refused(gate.entry("saver", " sslmode=disable")).code == "hba_rejected");
}

TEST_CASE("a server that is down or elsewhere is said to be", "[login]") {
    PgServer server(PgVersion::pg15);
    const auto socket = backup_refused(ClusterEntry("main", server.connection()));
    INFO(socket.all);
    CHECK(socket.status == 1);
    CHECK(socket.code == "connection");
    const auto tcp = backup_refused(ClusterEntry("main", server.tcp_connection("postgres")));
    CHECK(tcp.code == "connection");
    CHECK(contains(tcp.message, "refused"));
}

TEST_CASE("the next host of a connection string is used when the first is down", "[login]") {
    PgServer down(PgVersion::pg15);
    auto& up = filled_server(PgVersion::pg15);
    Daemon daemon(
        {ClusterEntry("main", "host=127.0.0.1,127.0.0.1 port=" + std::to_string(down.port()) + "," +
                                  std::to_string(up.port()) + " user=postgres dbname=postgres")});
    daemon.start();
    CHECK_FALSE(daemon.backup({"--compress", "none"}).empty());
}

TEST_CASE("a server set up without room for a backup is told which setting", "[login]") {
    PgServer minimal(PgVersion::pg15, {"wal_level = minimal", "max_wal_senders = 0"});
    minimal.start();
    const auto level = backup_refused(ClusterEntry("main", minimal.connection()));
    INFO(level.all);
    CHECK(level.code == "server_settings");

    PgServer narrow(PgVersion::pg15, {"max_wal_senders = 1"});
    narrow.start();
    const auto senders = backup_refused(ClusterEntry("main", narrow.connection()));
    INFO(senders.all);
    CHECK(senders.code == "server_settings");
    CHECK(contains(senders.hint, "max_wal_senders"));
}

TEST_CASE("another cluster under the same name is refused", "[login]") {
    PgServer one(PgVersion::pg15);
    one.start();
    Daemon daemon(one);
    daemon.start();
    const auto first = daemon.backup({"--compress", "none"});
    daemon.stop();
    PgServer other(PgVersion::pg15);
    other.start();
    daemon.configure({ClusterEntry("main", other.connection())});
    daemon.start();
    const auto refusal = refused(daemon, {"backup", "main"});
    INFO(refusal.all);
    CHECK(refusal.code == "wrong_cluster");
    CHECK(leftovers(daemon, {first}).empty());
}
