// The fault-injecting file system of the tests, which other tests trust.
#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// Writes d/file so that it survives anything: five calls and the two of opening the root.
void write_durably(Fs& fs, const std::filesystem::path& path) {
    const Fd root = fs.open_root(path);
    fs.make_directory(root.get(), "d", 0700);
    fs.sync(root.get());
    write_new_file(fs, root.get(), "d/file", as_bytes("text"));
    sync_directory(fs, root.get(), "d");
}

}  // namespace

TEST_CASE("each call of a procedure can be made to fail, and then none is left") {
    for (Fault fault : {Fault::io_error, Fault::disk_full}) {
        std::uint64_t number = 1;
        for (;; ++number) {
            const TempDir temp;
            FaultFs fs;
            fs.fail_call(number, fault);
            try {
                write_durably(fs, temp.path());
                CHECK_FALSE(fs.fired());
                break;
            } catch (const Error& error) {
                CHECK(fs.fired());
                CHECK(fs.faulty_call() != "");
                CHECK(error.code() ==
                      (fault == Fault::io_error ? ErrorCode::io : ErrorCode::disk_full));
            }
        }
        CHECK(number == 10);
    }
}

TEST_CASE("after a crash no call does anything") {
    const TempDir temp;
    FaultFs fs;
    fs.fail_call(2, Fault::crash);
    CHECK_THROWS_AS(write_durably(fs, temp.path()), Crashed);
    CHECK_THROWS_AS(fs.open_root(temp.path()), Crashed);
    CHECK(std::filesystem::is_empty(temp.path()));
    fs.heal();
    CHECK_NOTHROW(write_durably(fs, temp.path()));
}

TEST_CASE("a short write is completed by the loop") {
    const TempDir temp;
    FaultFs fs;
    fs.fail_call(5, Fault::short_write);
    write_durably(fs, temp.path());
    CHECK(fs.fired());
    CHECK(fs.faulty_call().substr(0, 5) == "write");
    const Fd root = fs.open_root(temp.path());
    CHECK(read_whole_file(fs, root.get(), "d/file", 100) == "text");
}

TEST_CASE("what was synced survives a power cut and nothing is reported") {
    const TempDir temp;
    FaultFs fs;
    write_durably(fs, temp.path());
    CHECK(fs.unsynced().empty());
    fs.lose_unsynced();
    const Fd root = fs.open_root(temp.path());
    CHECK(read_whole_file(fs, root.get(), "d/file", 100) == "text");
}

TEST_CASE("a power cut takes bytes, names and renames that were not synced") {
    const TempDir temp;
    FaultFs fs;
    write_durably(fs, temp.path());
    const Fd root = fs.open_root(temp.path());

    SECTION("bytes") {
        const Fd file = fs.open_append_file(root.get(), "d/file");
        write_all(fs, file.get(), as_bytes(" more"), "d/file");
        CHECK(fs.unsynced() == std::vector{"file " + (temp.path() / "d/file").string()});
        fs.lose_unsynced();
        CHECK(read_whole_file(fs, root.get(), "d/file", 100) == "text");
    }
    SECTION("the name of a synced file") {
        write_new_file(fs, root.get(), "d/second", as_bytes("text"));
        CHECK(fs.unsynced() == std::vector{"entry " + (temp.path() / "d/second").string()});
        fs.lose_unsynced();
        CHECK_FALSE(fs.status(root.get(), "d/second"));
        CHECK(fs.status(root.get(), "d/file"));
    }
    SECTION("a rename, unless one of its directories was synced") {
        const bool synced = GENERATE(false, true);
        fs.rename(root.get(), "d/file", root.get(), "file", RenameMode::no_replace);
        if (synced) fs.sync(root.get());
        fs.lose_unsynced();
        CHECK(fs.status(root.get(), "file").has_value() == synced);
        CHECK(fs.status(root.get(), "d/file").has_value() != synced);
    }
}

TEST_CASE("a second sync after a failed one is noticed") {
    const TempDir temp;
    FaultFs fs;
    const Fd root = fs.open_root(temp.path());
    const Fd file = fs.create_file(root.get(), "file", 0600);
    fs.fail_call(1, Fault::io_error);
    CHECK_THROWS_AS(fs.sync(file.get()), Error);
    fs.heal();
    CHECK(fs.synced_after_failure().empty());
    fs.sync(file.get());
    CHECK(fs.synced_after_failure() == std::vector{(temp.path() / "file").string()});
}

TEST_CASE("a power cut that undoes a rename brings back the file that it replaced") {
    for (const bool synced : {false, true}) {
        const TempDir temp;
        FaultFs fs;
        write_durably(fs, temp.path());
        const Fd root = fs.open_root(temp.path());
        write_new_file(fs, root.get(), "d/new", as_bytes("other"));
        fs.rename(root.get(), "d/new", root.get(), "d/file", RenameMode::replace);
        if (synced) sync_directory(fs, root.get(), "d");
        CHECK(fs.unsynced().empty() == synced);
        fs.lose_unsynced();
        CHECK(read_whole_file(fs, root.get(), "d/file", 100) == (synced ? "other" : "text"));
        CHECK_FALSE(std::filesystem::exists(temp.path() / "d/new"));
    }
}
