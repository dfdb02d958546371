// More bytes than 32 bits count, through every method that makes them few on the disk.
#include "core/base/error.hpp"
#include "core/io/archive_reader.hpp"
#include "core/io/archive_writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

constexpr std::uint64_t size = 5ULL << 30;
const std::string zeros(1 << 20, '\0');

bool all_zero(Bytes bytes) {
    while (!bytes.empty()) {
        const Bytes part = bytes.first(std::min(bytes.size(), zeros.size()));
        if (as_text(part) != std::string_view(zeros).substr(0, part.size())) return false;
        bytes = bytes.subspan(part.size());
    }
    return true;
}

}  // namespace

TEST_CASE("5 GiB of zeros come back as 5 GiB of zeros") {
    const TempDir temp;
    const Fd directory = real_fs().open_root(temp.path());
    WorkerPool pool(2);
    const Compression compression =
        GENERATE(Compression(CompressionMethod::gzip, 6), Compression(CompressionMethod::zstd, 3),
                 Compression(CompressionMethod::lz4, 1));
    CAPTURE(to_string(compression));
    ArchiveWriter writer(real_fs(), directory.get(), "zeros", compression, pool);
    for (std::uint64_t written = 0; written < size; written += zeros.size()) {
        writer.write(as_bytes(zeros));
    }
    const StoredFile file = writer.finish();
    CHECK(file.size < size / 100);

    ArchiveReader reader(real_fs(), directory.get(), "zeros", compression.method, pool);
    std::uint64_t read = 0;
    for (Bytes bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
        REQUIRE(all_zero(bytes));
        read += bytes.size();
    }
    CHECK(read == size);
    CHECK(reader.stored_size() == file.size);
    CHECK(reader.stored_sha256() == file.sha256);
}
