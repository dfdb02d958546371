// What the kernel is asked to do with written bytes, and when.
#include "core/io/write_behind.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

constexpr std::uint64_t mib = 1 << 20;
using Calls = std::vector<std::string>;

struct Place {
    TempDir temp;
    FaultFs fs;
    Fd root = fs.open_root(temp.path());
    Calls calls;
    int made = 0;

    /// From now on calls are kept, but those that make files.
    void watch() {
        fs.at_each_call([this](const std::string& call) {
            if (!call.starts_with("create")) calls.push_back(call.substr(0, call.find(" '")));
        });
    }
    Fd file() { return fs.create_file(root.get(), std::to_string(++made), 0600); }
    Calls take() { return std::exchange(calls, {}); }
};

}  // namespace

TEST_CASE("a growing file is written back in steps, each byte once") {
    Place place;
    const Fd file = place.file();
    place.watch();
    WriteBehind behind(place.fs, PageCache::keep);
    behind.wrote(file.get(), 4 * mib - 1);
    CHECK(place.take().empty());
    behind.wrote(file.get(), 2);
    CHECK(place.take() == Calls{"start writeback of 4194305 at 0"});
    behind.wrote(file.get(), 4 * mib - 1);
    CHECK(place.take().empty());
    behind.wrote(file.get(), 1);
    CHECK(place.take() == Calls{"start writeback of 4194304 at 4194305"});
}

TEST_CASE("what was written back long ago is dropped from the cache, where that is wanted") {
    Place place;
    const Fd file = place.file();
    place.watch();
    WriteBehind keeping(place.fs, PageCache::keep);
    WriteBehind dropping(place.fs, PageCache::drop);
    Calls kept;
    Calls dropped;
    for (int step = 0; step < 7; ++step) {
        keeping.wrote(file.get(), 4 * mib);
        for (std::string& call : place.take()) kept.push_back(std::move(call));
        dropping.wrote(file.get(), 4 * mib);
        for (std::string& call : place.take()) {
            if (call.starts_with("drop")) dropped.push_back(std::move(call));
        }
    }
    CHECK(kept.size() == 7);
    CHECK(dropped == Calls{"drop cached 4194304 at 0", "drop cached 4194304 at 4194304"});
}

TEST_CASE("files settle until enough was written after them; then they are synced and dropped") {
    const Calls leaving{"sync", "drop cached 0 at 0", "close"};
    CHECK_FALSE(SettlingFiles::worth(mib - 1));
    CHECK(SettlingFiles::worth(mib));
    Place place;
    place.watch();
    SettlingFiles settling(place.fs);
    settling.add(place.file(), 8 * mib);
    settling.add(place.file(), 16 * mib);
    CHECK(place.take() ==
          Calls{"start writeback of 8388608 at 0", "start writeback of 16777216 at 0"});
    settling.add(place.file(), mib);
    Calls expected{"start writeback of 1048576 at 0"};
    expected.insert(expected.end(), leaving.begin(), leaving.end());
    CHECK(place.take() == expected);
    settling.finish();
    expected = leaving;
    expected.insert(expected.end(), leaving.begin(), leaving.end());
    CHECK(place.take() == expected);
}

TEST_CASE("however small the files, few of them are open") {
    Place place;
    place.watch();
    SettlingFiles settling(place.fs);
    for (int i = 0; i < 20; ++i) settling.add(place.file(), mib / 4);
    const Calls calls = place.take();
    CHECK(std::ranges::count(calls, "close") == 12);
}

TEST_CASE("each failing call of a settling file is told of") {
    Place place;
    unsigned failures = 0;
    for (std::uint64_t number = 1;; ++number) {
        SettlingFiles settling(place.fs);
        Fd first = place.file();
        Fd second = place.file();
        place.fs.fail_call(number, Fault::io_error);
        try {
            settling.add(std::move(first), 16 * mib);
            settling.add(std::move(second), 17 * mib);
            settling.finish();
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::io);
            ++failures;
        }
        const bool fired = place.fs.fired();
        place.fs.heal();
        if (!fired) break;
    }
    CHECK(failures == 6);  // write-back, sync and close of two files
}
