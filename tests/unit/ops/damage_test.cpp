// A stored backup that was changed: verify names the file, restore refuses, the target is not made.
#include <algorithm>
#include <fstream>
#include <functional>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

struct Damage {
    const char* what;
    std::function<void(const fsys::path&)> apply;
};

void append_byte(const fsys::path& path) {
    std::ofstream(path, std::ios::app) << 'x';
}

void flip_bit(const fsys::path& path, std::uintmax_t position) {
    std::string text = content_of(path);
    text[position] = static_cast<char>(text[position] ^ 4);
    std::ofstream(path, std::ios::binary) << text;
}

const Damage damages[] = {
    {"one bit flipped in the middle",
     [](const fsys::path& path) { flip_bit(path, fsys::file_size(path) / 2); }},
    // Of a gzip member that is its time stamp, which decompressing does not mind.
    {"one bit flipped near the beginning",
     [](const fsys::path& path) {
         flip_bit(path, std::min<std::uintmax_t>(fsys::file_size(path) - 1, 4));
     }},
    {"last byte cut off",
     [](const fsys::path& path) { fsys::resize_file(path, fsys::file_size(path) - 1); }},
    {"one byte more", append_byte},
    {"missing", [](const fsys::path& path) { fsys::remove(path); }},
};

/// One backup with a tablespace.
class StoredScene {
public:
    explicit StoredScene(BackupFormat format)
        : server_(make_cluster(with_tablespace())), repository_(ground_.open_repository()) {
        BackupOptions options = backup_options();
        options.format = format;
        const Outcome backup = back_up(repository_, server_, options);
        INFO(backup.message());
        REQUIRE(backup.ok());
        directory_ = ground_.backup_path(backup.metadata.id);
    }

    const fsys::path& directory() const { return directory_; }

    /// As problems name it: members of a plain backup by their path in the data directory.
    std::string name_of(const fsys::path& path) const {
        const std::string name = path.lexically_relative(directory_).string();
        if (name == names::metadata_file) {
            return "metadata";
        }
        return name.starts_with("data/") ? name.substr(5) : name;
    }

    /// Both operations must refuse the backup; verify must name `name`.
    void check_refused(const std::string& name) {
        const Outcome verified = verify(repository_, "cluster_backup_20261123_000000");
        if (verified.ok()) {
            CHECK_FALSE(line_with(verified.verified.problems, name).empty());
        } else {
            CHECK(verified.code() == ErrorCode::damaged);
            CHECK(contains(verified.message(), name));
        }
        RestoreOptions options = ground_.restore_options();
        options.backup = "cluster_backup_20261123_000000";
        options.tablespace_map["/srv/fast"] = (ground_.path() / "place").string();
        const Outcome restored = restore(repository_, options);
        CHECK(restored.code() == ErrorCode::damaged);
        CHECK_FALSE(fsys::exists(ground_.target()));
        CHECK_FALSE(fsys::exists(ground_.path() / "place"));
    }

    /// Verify finds `line`; a restore says it and goes on.
    void check_told(const std::string& line) {
        const Outcome verified = verify(repository_, "latest");
        REQUIRE(verified.ok());
        CHECK_FALSE(line_with(verified.verified.problems, line).empty());
        RestoreOptions options = ground_.restore_options();
        options.tablespace_map["/srv/fast"] = (ground_.path() / "place").string();
        const Outcome restored = restore(repository_, options);
        INFO(restored.message());
        REQUIRE(restored.ok());
        CHECK_FALSE(line_with(restored.restored.notes, line).empty());
        fsys::remove_all(ground_.target());
        fsys::remove_all(ground_.path() / "place");
    }

    void check_good() { check_verifies(repository_, "latest"); }

private:
    static SyntheticOptions with_tablespace() {
        SyntheticOptions source;
        source.tablespace_location = "/srv/fast";
        return source;
    }

    Ground ground_;
    SyntheticServer server_;
    Repository repository_;
    fsys::path directory_;
};

std::vector<fsys::path> files_below(const fsys::path& directory) {
    std::vector<fsys::path> files;
    for (const fsys::directory_entry& entry : fsys::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    return files;
}

}  // namespace

TEST_CASE("any change to any stored file is found and refused") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    StoredScene scene(format);
    const fsys::path aside = scene.directory().parent_path().parent_path() / "aside";
    for (const fsys::path& path : files_below(scene.directory())) {
        for (const Damage& damage : damages) {
            const bool needs_content = &damage < &damages[3];
            if (needs_content && fsys::file_size(path) == 0) {
                continue;
            }
            const std::string name = scene.name_of(path);
            INFO(name << ": " << damage.what);
            fsys::copy_file(path, aside);
            damage.apply(path);
            scene.check_refused(name);
            fsys::rename(aside, path);
        }
    }
    scene.check_good();
}

TEST_CASE("a file too many beside the backup's own is found, told by a restore, and does no harm") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    StoredScene scene(format);
    append_byte(scene.directory() / "uninvited");
    scene.check_told("uninvited: does not belong to the backup");
    fsys::remove(scene.directory() / "uninvited");
    fsys::create_symlink("/etc/passwd", scene.directory() / "link");
    scene.check_told("link: does not belong to the backup");
    fsys::remove(scene.directory() / "link");
    scene.check_good();
}

TEST_CASE("a stored tree that is not there is damage, however its place is taken") {
    const bool other_file = GENERATE(false, true);
    StoredScene scene(BackupFormat::plain);
    fsys::remove_all(scene.directory() / "data");
    if (other_file) append_byte(scene.directory() / "data");
    scene.check_refused("data");
}

TEST_CASE("a file too many inside a stored tree is found and refused") {
    StoredScene scene(BackupFormat::plain);
    const fsys::path data = scene.directory() / "data";
    for (const fsys::path& place :
         {data / "base" / "1", data / "pg_wal", data / "pg_tblspc" / "16385"}) {
        INFO(place.string());
        append_byte(place / "uninvited");
        scene.check_refused("uninvited");
        fsys::remove(place / "uninvited");
        fsys::create_symlink("/etc/passwd", place / "link");
        scene.check_refused("link");
        fsys::remove(place / "link");
    }
    scene.check_good();
}

TEST_CASE(
    "an empty directory of a plain backup is missed when it is gone, and not taken when new") {
    StoredScene scene(BackupFormat::plain);
    const fsys::path data = scene.directory() / "data";
    REQUIRE(fsys::remove(data / "pg_notify"));
    scene.check_refused("data/pg_notify");
    fsys::create_directory(data / "pg_notify");
    fsys::create_directory(data / "pg_extra");
    scene.check_refused("data/pg_extra");
    fsys::remove(data / "pg_extra");
    scene.check_good();
}
