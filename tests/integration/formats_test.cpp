// Stored forms, judged by programs that are not ours: tar, gzip, zstd, lz4, pg_verifybackup, and a
// person with RESTORE.txt.
#include <algorithm>
#include <sstream>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

struct Form {
    std::string option;
    std::string extension;
    std::string unpack;  // shell command: archive on $1, directory on $2
};

const std::vector<Form>& archive_forms() {
    static const std::vector<Form> forms{
        {"0", ".tar.gz", "tar -xzf \"$1\" -C \"$2\""},
        {"6", ".tar.gz", "tar -xzf \"$1\" -C \"$2\""},
        {"gzip:9", ".tar.gz", "tar -xzf \"$1\" -C \"$2\""},
        {"zstd", ".tar.zst", "tar --zstd -xf \"$1\" -C \"$2\""},
        {"lz4", ".tar.lz4", "lz4 -dcq \"$1\" | tar -xf - -C \"$2\""},
        {"none", ".tar", "tar -xf \"$1\" -C \"$2\""}};
    return forms;
}

RunOptions by_server_user() {
    RunOptions options;
    options.as_server_user = true;
    return options;
}

void unpack(const Form& form, const fs::path& archive, const fs::path& directory) {
    must_run({"sh", "-c", form.unpack, "sh", archive, directory}, by_server_user());
}

// Ends the server that the steps of RESTORE.txt start in the background.
class HandStarted {
public:
    HandStarted(std::string pg_ctl, fs::path data) : pg_ctl_(std::move(pg_ctl)), data_(data) {}
    ~HandStarted() { run({pg_ctl_, "-D", data_, "-m", "immediate", "stop"}, by_server_user()); }
    HandStarted(const HandStarted&) = delete;
    HandStarted& operator=(const HandStarted&) = delete;
    void stop() { must_run({pg_ctl_, "-D", data_, "-w", "stop"}, by_server_user()); }

private:
    std::string pg_ctl_;
    fs::path data_;
};

// The indented lines of RESTORE.txt with the paths a person would put in.
std::string hand_script(const std::string& notes, const fs::path& target,
                        const fs::path& programs) {
    std::string script = "set -e\n";
    std::istringstream lines(notes);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("    ", 0) != 0) continue;
        line.erase(0, 4);
        if (line.rfind("TARGET=", 0) == 0) line = "TARGET='" + target.string() + "'";
        if (line.rfind("PGBIN=", 0) == 0) line = "PGBIN='" + programs.string() + "'";
        if (line.rfind("TABLESPACE_", 0) == 0) {
            line = line.substr(0, line.find('=') + 1) + "'" + target.string() + "_space'";
        }
        script += line + "\n";
    }
    return script;
}

void restore_by_hand(PgServer& source, const Arguments& form) {
    Daemon daemon(source);
    daemon.start();
    const auto directory = daemon.backup_directory(daemon.backup(form));
    const auto target = new_target(daemon);
    HandStarted server(source.program("pg_ctl"), target);
    auto options = by_server_user();
    options.environment = {
        {"PGPORT", "5999"}, {"PGHOST", source.scratch().path()}, {"PGUSER", "postgres"}};
    const auto script = hand_script(read_file(directory / "RESTORE.txt"), target,
                                    server_programs(source.version()));
    INFO(script);
    must_run({"sh", "-c", "cd \"$1\" && eval \"$2\"", "sh", directory, script}, options);
    server.stop();
    CHECK_FALSE(fs::exists(target / "backup_label.old"));
    PgServer again(source.version(), ExistingData::at(target));
    again.start();
    CHECK(again.query("select pg_is_in_recovery()") == "f");
    CHECK(fingerprint(again) == fingerprint(source));
}

}  // namespace

TEST_CASE("tar alone unpacks every archive form, and pg_verifybackup accepts the tree",
          "[formats]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    for (const auto& form : archive_forms()) {
        INFO("--compress " << form.option);
        const auto directory = daemon.backup_directory(daemon.backup({"--compress", form.option}));
        const auto tree = daemon.scratch().directory("tree_" + form.option);
        unpack(form, directory / ("base" + form.extension), tree);
        unpack(form, directory / ("pg_wal" + form.extension), tree / "pg_wal");
        must_run({"cp", directory / "backup_manifest", tree}, by_server_user());
        const auto judged = run({source.program("pg_verifybackup"), tree}, by_server_user());
        INFO(failure_text(judged));
        CHECK(judged.status == 0);
    }
    CHECK(daemon.listed().size() == archive_forms().size());
    CHECK(daemon.ctl({"verify", "--all", "--no-progress"}).status == 0);
}

TEST_CASE("pg_verifybackup accepts plain backups, and they restore", "[formats]") {
    for (const auto version : server_versions()) {
        auto& source = filled_server(version);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup({"--format", "plain"});
        const auto judged =
            run({source.program("pg_verifybackup"), daemon.backup_directory(id) / "data"},
                by_server_user());
        INFO(failure_text(judged));
        CHECK(judged.status == 0);
        const auto sums = run({"sh", "-c", "cd \"$1\" && sha256sum --check --strict SHA256SUMS",
                               "sh", daemon.backup_directory(id)});
        INFO(failure_text(sums));
        CHECK(sums.status == 0);
        CHECK(contains(sums.out, "data/global/pg_control: OK"));
        CHECK(daemon.ctl({"verify", id}).status == 0);
        const auto server = restored_running(daemon, id, version);
        CHECK(fingerprint(*server) == fingerprint(source));
        CHECK(restore_problems(*server).empty());
    }
}

TEST_CASE("each archive form restores to the same data", "[formats]") {
    const auto version = server_versions().back();
    auto& source = filled_server(version);
    const auto before = fingerprint(source);
    Daemon daemon(source);
    daemon.start();
    for (const auto* compression : {"0", "zstd:3", "lz4", "none"}) {
        INFO("--compress " << compression);
        const auto id = daemon.backup({"--compress", compression});
        CHECK(fingerprint(*restored_running(daemon, id, version)) == before);
    }
}

TEST_CASE("the steps of RESTORE.txt, done by hand, restore the backup", "[formats]") {
    const Scratch spaces;
    for (const auto version : server_versions()) {
        PgServer source(version, {"listen_addresses = ''"});
        write_file(source.data() / "postgresql.conf", read_file(source.data() / "postgresql.conf") +
                                                          "unix_socket_directories = '" +
                                                          source.scratch().path().string() + "'\n");
        source.start();
        const auto place = spaces.directory("space" + std::to_string(static_cast<int>(version)));
        source.query("create tablespace extra location '" + place.string() + "'");
        source.query(
            "create table elsewhere tablespace extra as"
            " select g from generate_series(1, 5000) g");
        restore_by_hand(source, {"--compress", "6"});
        if (version == PgVersion::pg15) {
            restore_by_hand(source, {"--compress", "zstd"});
            restore_by_hand(source, {"--format", "plain"});
        }
    }
}
