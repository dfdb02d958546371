// ArchiveReader on any stored bytes, with each method. Only Error{damaged} is thrown, and what is
// read, block by block on several threads, is what the method's own stream decompressor says.
#include <cstdint>
#include <fstream>

#include "core/io/archive_reader.hpp"
#include "core/io/archive_writer.hpp"
#include "core/io/block_codec.hpp"
#include "core/io/digest.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::string_view name = "fuzz.archive";
// What a few bytes may inflate to has no limit; past this the two are not compared.
constexpr std::size_t most_plain = 16 << 20;
constexpr CompressionMethod methods[] = {CompressionMethod::none, CompressionMethod::gzip,
                                         CompressionMethod::zstd, CompressionMethod::lz4};

struct Place {
    test::TempDir folder;
    Fd directory = real_fs().open_root(folder.path());
    WorkerPool pool{2};
};

Place& place() {
    static Place one;
    return one;
}

struct Reading {
    bool good = false;
    std::string plain;
};

Reading read_file(CompressionMethod method, std::string_view stored) {
    std::ofstream(place().folder.path() / name, std::ios::binary) << stored;
    Reading reading;
    reading.good = accepts({ErrorCode::damaged}, [&] {
        ArchiveReader reader(real_fs(), place().directory.get(), std::string(name), method,
                             place().pool);
        for (Bytes bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
            if (reading.plain.size() < most_plain) reading.plain += as_text(bytes);
        }
        require(reader.stored_size() == stored.size(), "all stored bytes are read");
        require(reader.stored_sha256() == sha256_hex(as_bytes(stored)), "and digested");
    });
    return reading;
}

Reading decompress(const BlockCodec& codec, std::string_view stored) {
    const auto stream = codec.make_stream();
    Reading reading;
    Buffer out;
    out.resize(65536);
    Bytes left = as_bytes(stored);
    accepts({ErrorCode::damaged}, [&] {
        while (reading.plain.size() < most_plain) {
            const auto step = stream->step(left, {out.data(), out.size()});
            require(step.taken <= left.size() && step.given <= out.size(), "a step is in bounds");
            left = left.subspan(step.taken);
            reading.plain += as_text(out.bytes().first(step.given));
            if (step.taken == 0 && step.given == 0) break;
        }
        reading.good = left.empty() && stream->at_boundary();
    });
    return reading;
}

void check_cut(const BlockCodec& codec, std::string_view stored) {
    const BlockCut cut = codec.cut_block(as_bytes(stored));
    if (cut.kind != BlockCut::Kind::block) return;
    require(cut.size > 0 && cut.size <= stored.size(), "a block is part of what there is");
    Buffer plain;
    accepts({ErrorCode::damaged}, [&] {
        codec.make_decompressor()->decompress_block(as_bytes(stored.substr(0, cut.size)), plain);
        require(plain.size() <= max_block_size, "a block is bounded");
    });
}

std::string stored_as(CompressionMethod method, const std::string& plain) {
    ArchiveWriter writer(real_fs(), place().directory.get(), "seed", Compression(method, 1),
                         place().pool, 100);
    writer.write(as_bytes(plain));
    writer.finish();
    const auto file = place().folder.path() / "seed";
    std::ifstream stream(file, std::ios::binary);
    std::string stored{std::istreambuf_iterator<char>(stream), {}};
    std::filesystem::remove(file);
    return stored;
}

}  // namespace

// The first byte of an input chooses the method.
std::vector<std::string> seeds() {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < std::size(methods); ++i) {
        const std::string choice(1, static_cast<char>(i));
        list.push_back(choice + stored_as(methods[i], std::string(230, 'r') + "end"));
    }
    list.push_back("\x01" + stored_as(CompressionMethod::gzip, ""));
    return list;
}

void try_input(std::string_view input) {
    const unsigned choice = Input(input).byte();
    const CompressionMethod method = methods[choice % std::size(methods)];
    const std::string_view stored = input.substr(std::min<std::size_t>(1, input.size()));
    const BlockCodec* codec = block_codec(method);
    const Reading reading = read_file(method, stored);
    if (codec == nullptr) {
        require(reading.good && reading.plain == stored, "what is not compressed is as it is");
        return;
    }
    check_cut(*codec, stored);
    if (!reading.good || reading.plain.size() >= most_plain) return;
    const Reading other = decompress(*codec, stored);
    require(other.good && other.plain == reading.plain, "blocks and stream say the same");
}

}  // namespace tsb::fuzz
