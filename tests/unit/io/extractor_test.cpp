// The extractor: bytes, digests, modes, containment, and every file-system call failing.
#include "core/io/extractor.hpp"
#include "core/io/archive_reader.hpp"
#include "core/io/archive_writer.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "tests/support/catch.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/io/sources.hpp"
#include "tests/unit/io/tar_builder.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

struct Target {
    TempDir temp;
    FaultFs fs;
    std::filesystem::path path = temp.path() / "data";
    Fd root = open();
    std::map<std::string, std::string> digests;
    std::uint64_t bytes = 0;
    bool grows = true;

    Fd open() {
        std::filesystem::create_directory(path);
        return fs.open_root(path);
    }
    ExtractOptions options() {
        ExtractOptions made;
        made.digest_for = [](const std::string&) { return DigestKind::sha256; };
        made.on_file = [this](const ExtractedFile& file) {
            digests[file.path] = to_hex(file.digest);
        };
        made.on_bytes = [this](std::uint64_t total) {
            grows = grows && total > bytes;
            bytes = total;
        };
        return made;
    }
    void extract(const std::string& archive, ExtractOptions with, std::size_t run = 1 << 20) {
        Extractor extractor(fs, root.get(), std::move(with));
        MemorySource source(archive, run);
        walk_tar(source, "base.tar", extractor);
        extractor.finish();
    }
    void extract(const std::string& archive) { extract(archive, options()); }
    std::string content(const std::string& name) {
        return read_whole_file(real_fs(), root.get(), name, 1 << 30);
    }
    mode_t mode(const std::string& name) { return real_fs().status(root.get(), name).value().mode; }
    /// Everything beneath and beside the target, sorted.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(temp.path())) {
            found.push_back(std::filesystem::relative(entry.path(), temp.path()).string());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
};

std::map<std::string, std::string> sample_files() {
    std::map<std::string, std::string> files{{"PG_VERSION", "17\n"}, {"base/1/empty", ""}};
    for (int i = 0; i < 20; ++i) {
        files["base/" + std::to_string(i % 3) + "/" + std::to_string(i)] =
            rows(static_cast<std::size_t>(i) * 997);
    }
    return files;
}

std::string sample_archive() {
    std::string archive = tar_directory("pg_wal") + tar_directory("pg_wal/archive_status/");
    for (const auto& [name, data] : sample_files()) archive += tar_file(name, data);
    return archive + tar_finish();
}

}  // namespace

TEST_CASE("files, directories, digests and modes come out as the archive holds them") {
    const mode_t old_mask = ::umask(0077);
    for (const std::size_t run : {700UL, 1UL << 20}) {
        for (const unsigned workers : {1U, 3U}) {
            Target target;
            ExtractOptions options = target.options();
            options.workers = workers;
            options.directory_mode = 0750;
            options.file_mode = 0640;
            target.extract(sample_archive(), options, run);
            std::uint64_t total = 0;
            for (const auto& [name, data] : sample_files()) {
                CAPTURE(name);
                REQUIRE(target.content(name) == data);
                REQUIRE(target.digests.at(name) == sha256_hex(as_bytes(data)));
                REQUIRE(target.mode(name) == 0640);
                total += data.size();
            }
            CHECK(target.digests.size() == sample_files().size());
            CHECK(target.bytes == total);
            CHECK(target.grows);
            CHECK(target.mode("pg_wal/archive_status") == 0750);
            CHECK(target.mode("base/1") == 0750);
            CHECK(target.fs.unsynced().empty());
        }
    }
    ::umask(old_mask);
}

TEST_CASE("members can be skipped, links are, and callbacks may be missing") {
    Target target;
    RawMember link;
    link.name = "pg_tblspc/16384";
    link.type = '2';
    link.link = "/srv";
    ExtractOptions options;
    options.skip = [](const TarMember& member) { return member.path == "b"; };
    target.extract(tar_file("a", "1") + tar_file("b", "2") + tar_member(link) + tar_file("c", "3"),
                   options);
    CHECK(target.names() == std::vector<std::string>{"data", "data/a", "data/c"});
}

TEST_CASE("held runs are written like copied ones, and only as long as they are needed") {
    std::map<std::string, std::string> files;
    std::string archive;
    for (int i = 0; i < 12; ++i) {
        const std::string name = "base/" + std::to_string(i);
        files[name] = rows(static_cast<std::size_t>(i) * 200'001);
        archive += tar_file(name, files[name]);
    }
    archive += tar_finish();
    TempDir stored;
    const Fd directory = real_fs().open_root(stored.path());
    WorkerPool pool(2);
    for (const CompressionMethod method : {CompressionMethod::none, CompressionMethod::zstd}) {
        const std::string name = std::to_string(static_cast<int>(method)) + ".tar";
        ArchiveWriter writer(real_fs(), directory.get(), name, {method, 1}, pool, 2 << 20);
        writer.write(as_bytes(archive));
        writer.finish();

        Target target;
        std::vector<std::weak_ptr<const void>> held;
        std::size_t least = archive.size();
        {
            ArchiveReader reader(real_fs(), directory.get(), name, method, pool);
            ExtractOptions options = target.options();
            options.hold = [&](Bytes part) {
                const std::shared_ptr<const void> owner = reader.hold(part);
                least = std::min(least, part.size());
                held.push_back(owner);
                return owner;
            };
            Extractor extractor(target.fs, target.root.get(), std::move(options));
            walk_tar(reader, name, extractor);
            extractor.finish();
            CHECK(reader.hold(as_bytes(archive)) == nullptr);
        }
        for (const auto& [path, data] : files) CHECK(target.content(path) == data);
        CHECK(held.size() >= files.size() / 2);
        CHECK(least >= 256 << 10);
        for (const auto& owner : held) CHECK(owner.expired());
    }
}

TEST_CASE("room for a large file is found before it is written, and only as much as it takes") {
    const std::string large = rows(1 << 20);
    const std::string archive =
        tar_file("large", large) + tar_file("small", rows(8192)) + tar_finish();
    Target target;
    ExtractOptions options = target.options();
    options.workers = 1;
    std::vector<std::string> calls;
    target.fs.at_each_call([&](const std::string& call) { calls.push_back(call); });
    target.extract(archive, options);
    const auto is_allocation = [](const auto& call) { return call.starts_with("preallocate"); };
    const auto allocation = std::ranges::find_if(calls, is_allocation);
    REQUIRE(allocation != calls.end());
    CHECK(allocation->starts_with("preallocate 1048576"));
    CHECK(std::ranges::count_if(calls, is_allocation) == 1);
    CHECK(std::ranges::find_if(calls, [](const auto& call) { return call.starts_with("write"); }) >
          allocation);
    CHECK(target.content("large") == large);
    CHECK(std::filesystem::file_size(target.path / "large") == large.size());

    const auto number = static_cast<std::uint64_t>(allocation - calls.begin()) + 1;
    Target full;
    full.fs.fail_call(number, Fault::disk_full);
    CHECK(code_of([&] { full.extract(archive, options); }) == ErrorCode::disk_full);
    CHECK(full.fs.faulty_call().starts_with("preallocate"));
}

TEST_CASE("a directory that is there already is used, a file or link in its place is refused") {
    Target target;
    std::filesystem::create_directory(target.path / "pg_wal");
    target.extract(tar_directory("pg_wal") + tar_file("pg_wal/1", "x"));
    CHECK(target.content("pg_wal/1") == "x");
    std::filesystem::create_directory_symlink("/tmp", target.path / "link");
    for (const std::string& archive :
         {tar_directory("pg_wal/1"), tar_file("pg_wal/1/x", ""), tar_directory("link"),
          tar_file("link/x", "x"), tar_file("link", "x")}) {
        CHECK_THROWS_AS(target.extract(archive), Error);
    }
}

TEST_CASE("a name that comes twice is an error") {
    for (const std::string& archive :
         {tar_file("a", "1") + tar_file("a", "2"), tar_file("a", "1") + tar_directory("a"),
          tar_directory("a") + tar_file("a", "1"), tar_file("a", "1") + tar_file("a/b", "2")}) {
        Target target;
        CHECK_THROWS_AS(target.extract(archive), Error);
    }
}

TEST_CASE("a hostile archive writes nothing outside the target") {
    const auto link = [](const std::string& name, char type, const std::string& to) {
        RawMember member;
        member.name = name;
        member.type = type;
        member.link = to;
        return tar_member(member);
    };
    for (const std::string& archive :
         {tar_file("../evil", "x"), tar_file("a/../../evil", "x"), tar_directory("../evil"),
          tar_pax("path", "../evil") + tar_file("ok", "x"),
          tar_gnu_long_name("../evil") + tar_file("ok", "x"),
          link("a", '2', "..") + tar_file("a/evil", "x"),
          link("a", '1', "../evil") + tar_file("a", "x"),
          link("pg_tblspc/1", '2', "..") + tar_directory("pg_tblspc/1") +
              tar_file("pg_tblspc/1/../../evil", "x")}) {
        Target target;
        std::filesystem::create_directory(target.temp.path() / "beside");
        CHECK_THROWS_AS(target.extract(archive + tar_finish()), Error);
        for (const std::string& name : target.names()) {
            CAPTURE(name);
            CHECK((name == "beside" || name.starts_with("data")));
        }
    }
    // The extractor does not lean on the reader's check of names.
    Target target;
    Extractor extractor(target.fs, target.root.get(), target.options());
    TarMember member;
    member.path = "../evil";
    CHECK_THROWS_AS(
        [&] {
            extractor.begin(member);
            extractor.end();
            extractor.finish();
        }(),
        Error);
    CHECK(!std::filesystem::exists(target.temp.path() / "evil"));
}

TEST_CASE("an archive cut short leaves no thread behind and reports the cut") {
    const std::string archive = sample_archive();
    for (const std::size_t size : {600UL, 5000UL, 50'000UL}) {
        Target target;
        CHECK(code_of([&] { target.extract(archive.substr(0, size)); }) == ErrorCode::damaged);
    }
}

TEST_CASE("a callback that throws ends the extraction with its error") {
    Target target;
    ExtractOptions options = target.options();
    options.on_file = [](const ExtractedFile&) { throw Error(ErrorCode::proof_failed, "differs"); };
    CHECK(code_of([&] { target.extract(sample_archive(), options); }) == ErrorCode::proof_failed);
}

TEST_CASE("extracting with each call failing ends in that error and syncs nothing twice") {
    const std::string archive = tar_directory("base") + tar_file("base/1", rows(3000)) +
                                tar_file("base/2", rows(10)) + tar_file("deep/er/3", "") +
                                tar_finish();
    for (const Fault fault : all_faults) {
        for (std::uint64_t number = 1;; ++number) {
            CAPTURE(to_string(fault), number);
            Target target;
            ExtractOptions options = target.options();
            options.owner = FileOwner{::getuid(), ::getgid()};
            target.fs.fail_call(number, fault);
            bool finished = true;
            try {
                target.extract(archive, options, 1000);
            } catch (const Error& error) {
                finished = false;
                REQUIRE(error.code() ==
                        (fault == Fault::disk_full ? ErrorCode::disk_full : ErrorCode::io));
            } catch (const Crashed&) {
                finished = false;
            }
            REQUIRE(finished == (!target.fs.fired() || fault == Fault::short_write));
            REQUIRE(target.fs.synced_after_failure().empty());
            if (finished) {
                REQUIRE(target.content("base/1") == rows(3000));
                REQUIRE(target.fs.unsynced().empty());
            }
            if (!target.fs.fired()) break;
        }
    }
}
