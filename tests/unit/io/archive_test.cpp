// ArchiveWriter and ArchiveReader against each other, against the system's tools, and against
// damage and failing file-system calls.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>

#include "core/io/archive_reader.hpp"
#include "core/io/archive_writer.hpp"
#include "core/io/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/io/sources.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const std::vector<Compression> compressions{
    {CompressionMethod::none, 0}, {CompressionMethod::gzip, 0}, {CompressionMethod::gzip, 6},
    {CompressionMethod::zstd, 3}, {CompressionMethod::lz4, 1},
};

/// A directory, a pool and an Fs, with archives in it.
struct Shelter {
    TempDir temp;
    FaultFs fs;
    Fd directory = real_fs().open_root(temp.path());
    WorkerPool pool{2};

    StoredFile write(Compression compression, const std::string& data, std::size_t block_size,
                     const std::string& name = "archive", std::size_t run = 1 << 20) {
        ArchiveWriter writer(fs, directory.get(), name, compression, pool, block_size);
        for (std::size_t at = 0; at < data.size(); at += run) {
            writer.write(as_bytes(std::string_view(data).substr(at, run)));
        }
        return writer.finish();
    }
    std::string read(CompressionMethod method, const std::string& name = "archive") {
        ArchiveReader reader(fs, directory.get(), name, method, pool);
        std::string data = read_all(reader);
        last_sha256 = reader.stored_sha256();
        last_size = reader.stored_size();
        return data;
    }
    std::string stored(const std::string& name = "archive") {
        return read_whole_file(real_fs(), directory.get(), name, 1 << 30);
    }
    void store(const std::string& bytes, const std::string& name = "archive") {
        std::ofstream(temp.path() / name, std::ios::binary | std::ios::trunc) << bytes;
    }
    void remove(const std::string& name = "archive") {
        remove_tree(real_fs(), directory.get(), name);
    }
    std::string path(const std::string& name = "archive") const {
        return (temp.path() / name).string();
    }

    std::string last_sha256;
    std::uint64_t last_size = 0;
};

/// What `command` prints; throws when it fails.
std::string output_of(const std::string& command) {
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 65536> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        output.append(buffer.data(), count);
    }
    if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
    return output;
}

const std::map<CompressionMethod, std::string> tools{
    {CompressionMethod::none, "cat"},
    {CompressionMethod::gzip, "gzip"},
    {CompressionMethod::zstd, "zstd -q"},
    {CompressionMethod::lz4, "lz4 -q"},
};

}  // namespace

TEST_CASE("what was written is read again, whatever the sizes of blocks and runs") {
    Shelter shelter;
    for (const Compression compression : compressions) {
        for (const std::size_t block_size : {1UL, 2UL, 3UL, 100UL, 4096UL}) {
            for (const std::size_t size :
                 {0UL, 1UL, block_size - 1, block_size, block_size + 1, 5 * block_size + 7}) {
                for (const std::string& data : {rows(size), noise(size), std::string(size, '\0')}) {
                    CAPTURE(to_string(compression), block_size, size);
                    const StoredFile file =
                        shelter.write(compression, data, block_size, "archive", 7);
                    REQUIRE(shelter.read(compression.method) == data);
                    const std::string stored = shelter.stored();
                    REQUIRE(file.size == stored.size());
                    REQUIRE(file.sha256 == sha256_hex(as_bytes(stored)));
                    REQUIRE(file.sha256 == shelter.last_sha256);
                    REQUIRE(file.size == shelter.last_size);
                    shelter.remove();
                }
            }
        }
    }
}

TEST_CASE("the common tools unpack an archive of many blocks of the usual size") {
    Shelter shelter;
    const std::string data = rows(4'000'000) + noise(2'500'000);
    for (const Compression compression : compressions) {
        if (compression.method == CompressionMethod::none) continue;
        CAPTURE(to_string(compression));
        shelter.write(compression, data, 0);
        const std::string tool = tools.at(compression.method);
        CHECK((output_of(tool + " -dc < " + shelter.path()) == data));
        CHECK_NOTHROW(output_of(tool + " -t < " + shelter.path()));
        shelter.remove();
    }
}

TEST_CASE("blocks of the usual size go through several workers in order") {
    Shelter shelter;
    const std::string data = rows(6'000'000) + noise(2'500'000) + std::string(3'000'000, '\0');
    for (const Compression compression :
         {Compression(CompressionMethod::gzip, 1), Compression(CompressionMethod::lz4, 1)}) {
        shelter.write(compression, data, 0);
        CHECK(shelter.read(compression.method) == data);
        shelter.remove();
    }
}

TEST_CASE("a held run outlives later ones and the reader") {
    Shelter shelter;
    const std::string data = rows(100'000);
    shelter.write({CompressionMethod::lz4, 1}, data, 10'000);
    std::string begin;
    std::shared_ptr<const void> kept;
    Bytes run;
    {
        ArchiveReader reader(shelter.fs, shelter.directory.get(), "archive", CompressionMethod::lz4,
                             shelter.pool);
        CHECK(reader.hold(as_bytes(data)) == nullptr);
        run = reader.next();
        begin = as_text(run);
        kept = reader.hold(run.subspan(1));
        REQUIRE(kept != nullptr);
        const std::byte* behind = run.data() + run.size();
        CHECK(reader.hold({behind - 1, 2}) == nullptr);
        drain(reader);
        CHECK(reader.hold(run) == nullptr);
    }
    CHECK(as_text(run) == begin);
    CHECK(data.starts_with(begin));
}

TEST_CASE("several archives share a pool of one thread") {
    Shelter shelter;
    WorkerPool one(1);
    const std::string data = rows(200'000);
    const Compression compression(CompressionMethod::zstd, 1);
    ArchiveWriter first(shelter.fs, shelter.directory.get(), "1", compression, one, 1000);
    ArchiveWriter second(shelter.fs, shelter.directory.get(), "2", compression, one, 1000);
    for (std::size_t at = 0; at < data.size(); at += 10'000) {
        first.write(as_bytes(data).subspan(at, 10'000));
        second.write(as_bytes(data).subspan(at, 10'000));
    }
    first.finish();
    second.finish();
    ArchiveReader one_reader(shelter.fs, shelter.directory.get(), "1", compression.method, one);
    ArchiveReader other_reader(shelter.fs, shelter.directory.get(), "2", compression.method, one);
    CHECK(read_all(one_reader) == data);
    CHECK(read_all(other_reader) == data);
}

TEST_CASE("the system's tools read what was written") {
    Shelter shelter;
    for (const Compression compression : compressions) {
        for (const std::string& data : {std::string(), rows(100'000), noise(30'000)}) {
            CAPTURE(to_string(compression), data.size());
            shelter.write(compression, data, 10'000);
            const std::string tool = tools.at(compression.method);
            const std::string flags = compression.method == CompressionMethod::none ? "" : " -dc";
            CHECK(output_of(tool + flags + " < " + shelter.path()) == data);
            shelter.remove();
        }
    }
}

TEST_CASE("archives compressed again by the system's tools are read as streams") {
    Shelter shelter;
    const std::string data = rows(3'000'000) + noise(1'500'000);
    for (const Compression compression : compressions) {
        if (compression.method == CompressionMethod::none) continue;
        CAPTURE(to_string(compression));
        shelter.store(data, "plain");
        const std::string tool = tools.at(compression.method);
        output_of(tool + " -c < " + shelter.path("plain") + " > " + shelter.path());
        CHECK(shelter.read(compression.method) == data);
        shelter.write(compression, rows(5000), 1000, "ours");
        shelter.store(shelter.stored("ours") + shelter.stored() + shelter.stored("ours"), "mixed");
        CHECK(shelter.read(compression.method, "mixed") == rows(5000) + data + rows(5000));
        for (const char* name : {"archive", "ours"}) shelter.remove(name);
    }
}

TEST_CASE("one flipped bit is an error or another digest, never unnoticed") {
    Shelter shelter;
    const std::string data = rows(100);
    for (const Compression compression : compressions) {
        const StoredFile file = shelter.write(compression, data, 50, "good");
        const std::string good = shelter.stored("good");
        for (std::size_t bit = 0; bit < good.size() * 8; bit += 13) {
            CAPTURE(to_string(compression), bit);
            std::string bad = good;
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
            shelter.store(bad);
            bool noticed = false;
            try {
                shelter.read(compression.method);
                noticed = shelter.last_sha256 != file.sha256;
            } catch (const Error& error) {
                REQUIRE(error.code() == ErrorCode::damaged);
                REQUIRE(std::string(error.what()).find("'archive'") != std::string::npos);
                noticed = true;
            }
            REQUIRE(noticed);
        }
        shelter.remove("good");
    }
}

TEST_CASE("a truncated archive is an error or another digest at every length") {
    Shelter shelter;
    const std::string data = rows(100);
    for (const Compression compression : compressions) {
        const StoredFile file = shelter.write(compression, data, 50, "good");
        const std::string good = shelter.stored("good");
        for (std::size_t size = 0; size < good.size(); ++size) {
            CAPTURE(to_string(compression), size);
            shelter.store(good.substr(0, size));
            const ErrorCode code = code_of([&] {
                const std::string got = shelter.read(compression.method);
                REQUIRE(data.starts_with(got));
                REQUIRE(shelter.last_sha256 != file.sha256);
            });
            REQUIRE((code == ErrorCode::damaged || code == ErrorCode::internal));
            if (size == 0 && compression.method != CompressionMethod::none) {
                REQUIRE(code == ErrorCode::damaged);
            }
        }
        shelter.remove("good");
    }
}

TEST_CASE("bytes after the last block are an error") {
    Shelter shelter;
    for (const Compression compression : compressions) {
        if (compression.method == CompressionMethod::none) continue;
        for (const std::string& tail : {std::string("x"), std::string("\0\0\0\0\0\0\0\0", 8),
                                        noise(5000), std::string("\x1F\x8B", 2)}) {
            CAPTURE(to_string(compression), tail.size());
            shelter.write(compression, rows(2000), 1000);
            shelter.store(shelter.stored() + tail);
            CHECK(code_of([&] { shelter.read(compression.method); }) == ErrorCode::damaged);
            shelter.remove();
        }
    }
}

TEST_CASE("a frame is given out in small runs however much it inflates to") {
    Shelter shelter;
    const std::string zeros(40 << 20, '\0');
    shelter.store(zeros, "plain");
    output_of("zstd -q -c < " + shelter.path("plain") + " > " + shelter.path());
    ArchiveReader reader(shelter.fs, shelter.directory.get(), "archive", CompressionMethod::zstd,
                         shelter.pool);
    std::size_t size = 0;
    for (Bytes bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
        REQUIRE(bytes.size() <= 1 << 20);
        size += bytes.size();
    }
    CHECK(size == zeros.size());
}

TEST_CASE("a frame longer than any block of ours is not gathered in memory") {
    Shelter shelter;
    // Repeats farther apart than the window of level 1, so that the frame is as long as the data.
    std::string data;
    for (const std::string part = noise(1 << 20); data.size() < 24 << 20;) data += part;
    shelter.store(data, "plain");
    output_of("zstd -q -1 -c < " + shelter.path("plain") + " > " + shelter.path());
    ArchiveReader reader(shelter.fs, shelter.directory.get(), "archive", CompressionMethod::zstd,
                         shelter.pool);
    const std::string first(as_text(reader.next()));
    CHECK(reader.stored_bytes_read() < data.size() * 3 / 4);
    CHECK(first + read_all(reader) == data);
}

TEST_CASE("writing with each call failing ends in that error and never in a stored file") {
    for (const Compression compression : compressions) {
        for (const Fault fault : {Fault::io_error, Fault::disk_full, Fault::crash}) {
            for (std::uint64_t number = 1;; ++number) {
                CAPTURE(to_string(compression), to_string(fault), number);
                Shelter shelter;
                shelter.fs.fail_call(number, fault);
                bool finished = true;
                try {
                    shelter.write(compression, rows(3000), 100);
                } catch (const Error& error) {
                    finished = false;
                    REQUIRE(error.code() ==
                            (fault == Fault::disk_full ? ErrorCode::disk_full : ErrorCode::io));
                } catch (const Crashed&) {
                    finished = false;
                }
                REQUIRE(finished == !shelter.fs.fired());
                REQUIRE(shelter.fs.synced_after_failure().empty());
                if (finished) break;
            }
        }
    }
}

TEST_CASE("a stored file is synced once it is finished") {
    Shelter shelter;
    shelter.directory = shelter.fs.open_root(shelter.temp.path());
    for (const Compression compression : compressions) {
        shelter.write(compression, rows(3000), 1000);
        shelter.fs.sync(shelter.directory.get());
        CHECK(shelter.fs.unsynced().empty());
        shelter.remove();
    }
}

TEST_CASE("short writes lose nothing") {
    for (std::uint64_t number = 1;; ++number) {
        Shelter shelter;
        shelter.fs.fail_call(number, Fault::short_write);
        const StoredFile file = shelter.write({CompressionMethod::lz4, 1}, rows(3000), 1000);
        REQUIRE(file.sha256 == sha256_hex(as_bytes(shelter.stored())));
        REQUIRE(shelter.read(CompressionMethod::lz4) == rows(3000));
        if (!shelter.fs.fired()) break;
    }
}

TEST_CASE("reading with each call failing ends in that error") {
    Shelter shelter;
    for (const Compression compression : compressions) {
        shelter.write(compression, rows(3000), 100);
        for (std::uint64_t number = 1;; ++number) {
            shelter.fs.fail_call(number, Fault::io_error);
            const ErrorCode code = code_of([&] { shelter.read(compression.method); });
            CAPTURE(to_string(compression), number);
            REQUIRE((code == ErrorCode::io) == shelter.fs.fired());
            if (!shelter.fs.fired()) break;
        }
        shelter.fs.heal();
        shelter.remove();
    }
}

TEST_CASE("a writer or reader given up half-way ends its threads and tasks") {
    Shelter shelter;
    const std::string data = rows(300'000);
    for (const Compression compression : compressions) {
        for (const std::size_t size : {0UL, 1UL, 10'000UL, 300'000UL}) {
            ArchiveWriter writer(shelter.fs, shelter.directory.get(), "half", compression,
                                 shelter.pool, 1000);
            writer.write(as_bytes(data).first(size));
            shelter.remove("half");
        }
        shelter.write(compression, data, 1000);
        for (int blocks = 0; blocks < 5; ++blocks) {
            ArchiveReader reader(shelter.fs, shelter.directory.get(), "archive", compression.method,
                                 shelter.pool);
            for (int i = 0; i < blocks; ++i) reader.next();
        }
        shelter.remove();
    }
}

TEST_CASE("a file that is not there is an error of the constructor") {
    Shelter shelter;
    CHECK(code_of([&] { shelter.read(CompressionMethod::gzip); }) == ErrorCode::io);
    shelter.store("", "taken");
    CHECK(code_of([&] { shelter.write({}, "x", 10, "taken"); }) == ErrorCode::io);
}
