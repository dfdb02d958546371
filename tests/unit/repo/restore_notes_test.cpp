// RESTORE.txt: what it must and must not say, and that its commands are a shell script that works
// up to the start of the server.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/io/digest.hpp"
#include "core/repo/repository.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/repo/sample.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

std::string slurp(const stdfs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at; (at = text.find(from)) != std::string::npos;) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// The command lines of the notes.
std::string script_of(const std::string& notes) {
    std::istringstream lines(notes);
    std::string script = "set -eu\n";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("    ")) script += line + "\n";
    }
    return script;
}

void shell(const std::string& command) {
    CAPTURE(command);
    REQUIRE(std::system(command.c_str()) == 0);
}

/// Stands for a server: says what the real one would, and nothing else.
void make_fake_server(const stdfs::path& directory) {
    stdfs::create_directory(directory);
    std::ofstream(directory / "pg_ctl") << "#!/bin/sh\n"
                                           "test -f \"$2/recovery.signal\"\n"
                                           "cat \"$2/postgresql.auto.conf\" > \"$2/seen.conf\"\n"
                                           "mv \"$2/backup_label\" \"$2/backup_label.old\"\n"
                                           "echo completed backup recovery > \"$4\"\n";
    std::ofstream(directory / "psql") << "#!/bin/sh\necho f\n";
    std::ofstream(directory / "pg_verifybackup") << "#!/bin/sh\ntest -f \"$1/backup_label\"\n";
    for (const char* name : {"pg_ctl", "psql", "pg_verifybackup"}) {
        stdfs::permissions(directory / name, stdfs::perms::owner_all);
    }
}

}  // namespace

TEST_CASE("the notes name this backup's files and the tools for its compression") {
    Metadata m = sample_metadata();
    m.tablespaces = {{16385, "/srv/a", 0}, {16400, "pg_tblspc/16400", 0}};
    const auto notes_with = [&](CompressionMethod method) {
        m.compression = Compression(method, 1);
        return restore_notes(m);
    };
    const std::string gzip = notes_with(CompressionMethod::gzip);
    CHECK(contains(gzip, "tar -xzf base.tar.gz -C \"$TARGET\""));
    CHECK(contains(gzip, "tar -xzf pg_wal.tar.gz -C \"$TARGET/pg_wal\""));
    CHECK(contains(gzip, "tar -xzf 16385.tar.gz -C \"$TABLESPACE_16385\""));
    CHECK(contains(gzip, "tar -xzf 16400.tar.gz -C \"$TARGET/pg_tblspc/16400\""));
    CHECK_FALSE(contains(gzip, "TABLESPACE_16400"));
    CHECK(contains(notes_with(CompressionMethod::zstd), "tar --zstd -xf base.tar.zst"));
    CHECK(contains(notes_with(CompressionMethod::lz4), "lz4 -dc base.tar.lz4 | tar -xf -"));
    CHECK(contains(notes_with(CompressionMethod::none), "tar -xf base.tar -C"));
    CHECK(contains(gzip, "PostgreSQL 17.11"));
    CHECK(contains(gzip, "2.29.2 (timescale) in database 'app'"));
}

TEST_CASE("the notes warn of what loses data and never tell to do it (I5)") {
    const std::string notes = restore_notes(sample_metadata());
    CHECK(contains(notes, "Never remove or edit backup_label, and never run pg_resetwal"));
    const std::string script = script_of(notes);
    CHECK_FALSE(contains(script, "pg_resetwal"));
    CHECK_FALSE(contains(replaced(script, "backup_label.old", ""), "backup_label"));
    CHECK(contains(notes, "unlogged tables"));
    CHECK(contains(notes, "replication slots"));
}

TEST_CASE("text of the server cannot add a command to the notes") {
    Metadata m = sample_metadata();
    m.server_version = "17\n    rm -rf /";
    m.tablespaces = {{16385, "/srv/a'\n    rm -rf /\n", 0}};
    m.databases = {{"db\n    rm -rf /", 0, "", "2\n    rm -rf /", "l\n    rm -rf /", ""}};
    CHECK_FALSE(contains(script_of(restore_notes(m)), "rm -rf"));
}

TEST_CASE("the commands of the notes restore the tree and leave it clean") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    const TempDir temp;
    const stdfs::path source = temp.path() / "source";
    const stdfs::path stored = temp.path() / "stored";
    for (const char* directory : {"pg_wal", "pg_tblspc"}) {
        stdfs::create_directories(source / directory);
    }
    stdfs::create_directory(stored);
    std::ofstream(source / "backup_label") << "START WAL LOCATION\n";
    std::ofstream(source / "tablespace_map") << "16385 /srv/odd\\\nplace\n";
    std::ofstream(source / "postgresql.auto.conf") << "work_mem = '8MB'\n";
    std::ofstream(temp.path() / "segment") << "wal";
    std::ofstream(temp.path() / "row") << "row";

    Metadata m = sample_metadata(format);
    m.databases.clear();
    m.tablespaces = {{16385, "/srv/odd\nplace", 3}};
    const std::string in_temp = "cd '" + temp.path().string() + "' && ";
    if (format == BackupFormat::tar) {
        m.compression = Compression(CompressionMethod::gzip, 6);
        shell(in_temp +
              "tar -C source -czf stored/base.tar.gz . && "
              "tar -czf stored/pg_wal.tar.gz segment && "
              "tar -czf stored/16385.tar.gz row");
        for (const char* name : {"base.tar.gz", "pg_wal.tar.gz", "16385.tar.gz"}) {
            const std::string bytes = slurp(stored / name);
            m.files.push_back({name, bytes.size(), sha256_hex(as_bytes(bytes))});
        }
    } else {
        shell(in_temp +
              "cp -a source stored/data && cp segment stored/data/pg_wal/ && "
              "mkdir stored/data/pg_tblspc/16385 && cp row stored/data/pg_tblspc/16385/ && "
              "cd stored && find data -type f -exec sha256sum {} + > SHA256SUMS");
        m.files.push_back({"data/pg_wal/segment", 3, sha256_hex(as_bytes("wal"))});
    }
    make_fake_server(temp.path() / "bin");

    const std::string notes = restore_notes(m);
    std::ofstream(stored / "RESTORE.txt") << notes;
    std::string script = replaced(script_of(notes), "/var/lib/postgresql", temp.path().string());
    script = replaced(script, "/usr/lib/postgresql/17/bin", (temp.path() / "bin").string());
    std::ofstream(temp.path() / "script") << script;
    shell("cd '" + stored.string() + "' && sh '" + (temp.path() / "script").string() +
          "' > /dev/null");

    const stdfs::path target = temp.path() / "restored";
    CHECK((stdfs::status(target).permissions() & stdfs::perms::mask) == stdfs::perms::owner_all);
    CHECK(slurp(target / "pg_wal" / "segment") == "wal");
    CHECK(slurp(temp.path() / "restored_16385" / "row") == "row");
    CHECK_FALSE(stdfs::exists(target / "pg_tblspc" / "16385"));
    const std::string seen = slurp(target / "seen.conf");
    CHECK(seen.starts_with("work_mem = '8MB'\nrestore_command = 'false'\n"));
    CHECK(contains(seen, "\nrecovery_target_time = ''\n"));
    CHECK(slurp(target / "postgresql.auto.conf") == "work_mem = '8MB'\n");
    CHECK_FALSE(stdfs::exists(target / "backup_label.old"));

    std::ofstream(stored / m.files.front().name, std::ios::app) << "x";
    stdfs::remove_all(target);
    CHECK(std::system(("cd '" + stored.string() + "' && sh '" + (temp.path() / "script").string() +
                       "' > /dev/null 2>&1")
                          .c_str()) != 0);
    CHECK_FALSE(stdfs::exists(target));
}
