// SHA256SUMS of plain backups: what is written is read again, and nothing else is.
#include "core/ops/sha256_sums.hpp"

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

FileTable read(const std::string& text, std::size_t run = 1 << 20) {
    MemorySource source(text, run);
    return read_sha256_sums(source, "SHA256SUMS", 3);
}

std::string problem_of(const std::string& text) {
    const Error error = error_of([&] { read(text); });
    CHECK(error.code() == ErrorCode::damaged);
    return error.what();
}

}  // namespace

TEST_CASE("lines are written as sha256sum reads them, and read again") {
    const TempDir temp;
    Fs& fs = real_fs();
    const Fd directory = fs.open_root(temp.path());
    WorkerPool pool(1);
    Sha256SumsWriter writer(fs, directory.get(), pool);
    const auto digest = from_hex(hex).value();
    writer.add("base/5/1259", digest);
    writer.add("PG_VERSION", digest);
    writer.add("own\\file \xC3\xA9", digest);
    const StoredFile file = writer.finish();
    CHECK(file.name == "SHA256SUMS");

    const std::string text = read_whole_file(fs, directory.get(), "SHA256SUMS", 1 << 20);
    CHECK(text == hex + "  data/base/5/1259\n" + hex + "  data/PG_VERSION\n\\" + hex +
                      "  data/own\\\\file \xC3\xA9\n");
    CHECK(file.sha256 == sha256_hex(as_bytes(text)));
    for (const std::size_t run : {std::size_t{1}, std::size_t{7}, text.size()}) {
        const FileTable table = read(text, run);
        REQUIRE(table.size() == 3);
        CHECK(table[0].path == "PG_VERSION");
        CHECK(table[1].path == "base/5/1259");
        CHECK(table[2].path == "own\\file \xC3\xA9");
        CHECK(table[2].digest_kind == DigestKind::sha256);
        CHECK(to_hex(table[2].digest) == hex);
    }
}

TEST_CASE("of nothing there is nothing to read") {
    CHECK(read("").size() == 0);
}

TEST_CASE("anything else than such a line is refused with its number") {
    const std::string good = hex + "  data/PG_VERSION\n";
    const std::string bad[] = {
        "\n",
        hex + "\n",
        hex + "  data/PG_VERSION",
        hex + " data/PG_VERSION\n",
        hex + "  other/PG_VERSION\n",
        hex + "  data/\n",
        hex + "  data/../PG_VERSION\n",
        hex + "  data//etc/passwd\n",
        hex + "  data/a\rb\n",
        hex.substr(1) + "  data/PG_VERSION\n",
        "g" + hex.substr(1) + "  data/PG_VERSION\n",
        "\\" + hex + "  data/a\\b\n",
        "\\" + hex + "  data/a\\\n",
        hex + "  data/" + std::string(5000, 'a') + "\n",
    };
    for (const std::string& line : bad) {
        INFO(line);
        CHECK(problem_of(good + line) ==
              "cannot read 'SHA256SUMS': line 2 is not the SHA-256 of "
              "a file of the backup");
    }
}

TEST_CASE("more lines than there are files are refused before they are kept") {
    std::string text;
    for (const char* name : {"a", "b", "c", "d"}) text += hex + "  data/" + name + "\n";
    CHECK(problem_of(text) ==
          "cannot read 'SHA256SUMS': it has more lines than the backup has files");
}

TEST_CASE("a path that could not be read again is not written") {
    const TempDir temp;
    const Fd directory = real_fs().open_root(temp.path());
    WorkerPool pool(1);
    Sha256SumsWriter writer(real_fs(), directory.get(), pool);
    const Error error =
        error_of([&] { writer.add(std::string(1001, 'a'), from_hex(hex).value()); });
    CHECK(error.code() == ErrorCode::proof_failed);
}

TEST_CASE("a file that is there twice is refused") {
    CHECK(problem_of(hex + "  data/a\n" + hex + "  data/b\n" + hex + "  data/a\n") ==
          "cannot read 'SHA256SUMS': file 'a' occurs twice");
}
