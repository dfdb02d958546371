// One flipped bit, a cut and a missing file: verify names the file, restore refuses and leaves the
// target alone.
#include <fstream>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

void flip_bit(const fs::path& file, std::uintmax_t offset) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(stream.get() ^ 4);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(byte);
    if (!stream.flush()) throw std::runtime_error("cannot change " + file.string());
}

void check_damage_is_found(Daemon& daemon, const std::string& id, const std::string& name) {
    INFO("damaged: " << name);
    const auto verified = daemon.ctl({"verify", id, "--no-progress"});
    INFO(failure_text(verified));
    CHECK(verified.status == 1);
    CHECK(contains(verified.out + verified.err, name));
    const auto target = new_target(daemon);
    const auto failure = refused(daemon, {"restore", id, "--target", target});
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "damaged");
    CHECK((!fs::exists(target) || fs::is_empty(target)));
}

// The stored files of a backup; of a plain tree with its thousand files, some of each kind.
std::vector<fs::path> stored_files(const fs::path& directory) {
    std::vector<fs::path> files;
    std::size_t in_tree = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file() || entry.file_size() == 0) continue;
        const auto name = fs::relative(entry.path(), directory);
        const bool special = contains(name.string(), "pg_control") ||
                             contains(name.string(), "backup_") ||
                             contains(name.string(), "pg_wal");
        const bool from_tree = name.begin()->string() == "data" && !special;
        if (from_tree && in_tree++ % 150 != 0) continue;
        files.push_back(name);
    }
    return files;
}

void damage_each_file(Daemon& daemon, const Arguments& form) {
    const auto id = daemon.backup(form);
    const auto directory = daemon.backup_directory(id);
    const auto files = stored_files(directory);
    REQUIRE(files.size() >= 5);
    for (const auto& name : files) {
        const auto file = directory / name;
        const auto middle = fs::file_size(file) / 2;
        flip_bit(file, middle);
        check_damage_is_found(daemon, id, name.filename());
        flip_bit(file, middle);
    }
    CHECK(daemon.ctl({"verify", id, "--no-progress"}).status == 0);
}

}  // namespace

TEST_CASE("one flipped bit in any stored file is found", "[damage]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    for (const auto& form : std::vector<Arguments>{{"--compress", "6"},
                                                   {"--compress", "zstd"},
                                                   {"--compress", "lz4"},
                                                   {"--compress", "none"},
                                                   {"--format", "plain"}}) {
        INFO(form[0] << " " << form[1]);
        damage_each_file(daemon, form);
    }
}

TEST_CASE("an archive that was cut or lost is found", "[damage]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    const auto other = daemon.backup();
    const auto archive = daemon.backup_directory(id) / "base.tar.gz";
    const auto aside = daemon.scratch() / "aside";
    fs::copy_file(archive, aside);
    for (const auto size :
         {fs::file_size(archive) - 1, fs::file_size(archive) / 2, std::uintmax_t{0}}) {
        fs::resize_file(archive, size);
        check_damage_is_found(daemon, id, "base.tar.gz");
    }
    fs::remove(archive);
    check_damage_is_found(daemon, id, "base.tar.gz");
    fs::copy_file(daemon.backup_directory(other) / "base.tar.gz", archive);
    give_to_server_user(archive);
    check_damage_is_found(daemon, id, "base.tar.gz");
    fs::copy_file(aside, archive, fs::copy_options::overwrite_existing);
    give_to_server_user(archive);
    CHECK(daemon.ctl({"verify", id, "--no-progress"}).status == 0);
    CHECK(daemon.ctl({"verify", other, "--no-progress"}).status == 0);
}
