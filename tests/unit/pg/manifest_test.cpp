#include "core/pg/manifest.hpp"

#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/pg/manifest_text.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// The message with which `text` is refused as damaged; empty when it is accepted.
std::string manifest_refusal(const std::string& text) {
    try {
        parse(text);
    } catch (const Error& error) {
        return error.code() == ErrorCode::damaged ? error.what() : "other code";
    }
    return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a manifest is read whatever the size of the runs it comes in") {
    const std::string text = manifest_text();
    for (std::size_t step : {1U, 2U, 7U, 64U, 4096U}) {
        const Manifest manifest = parse(text, step);
        REQUIRE(manifest.files().size() == 2);
        REQUIRE(manifest.total_size() == 6);
        const auto file = manifest.files().find("base/1/112");
        REQUIRE(file.has_value());
        CHECK(file->size == 3);
        CHECK(file->digest_kind == DigestKind::sha256);
        CHECK(std::ranges::equal(file->digest, digest_of_abc()));
        REQUIRE(manifest.wal_ranges().size() == 1);
        CHECK(manifest.wal_ranges()[0].timeline == 1);
        CHECK(manifest.wal_ranges()[0].start == Lsn{0x2000028});
        CHECK(manifest.wal_ranges()[0].end == Lsn{0x2000100});
        CHECK_FALSE(manifest.system_identifier());
    }
}

TEST_CASE("a version 2 manifest names its system") {
    const Manifest manifest =
        parse(with_head("{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n\"System-Identifier\": "
                        "7711182081623592221,"));
    CHECK(manifest.system_identifier() == 7711182081623592221U);
}

TEST_CASE("files come sorted, whatever their order in the manifest") {
    const Manifest manifest =
        parse(with_files(file_line("pg_xact/0000") + ",\n" + file_line("base/5/1") + ",\n" +
                         file_line("backup_label")));
    for (std::size_t i = 1; i < manifest.files().size(); ++i) {
        CHECK(manifest.files()[i - 1].path < manifest.files()[i].path);
    }
    CHECK(manifest.files().find("backup_label"));
    CHECK_FALSE(manifest.files().find("backup_labe"));
    CHECK_FALSE(manifest.files().find("pg_xact/0001"));
}

TEST_CASE("an encoded path is decoded, and a file may have no checksum") {
    const Manifest manifest =
        parse(with_files(R"({ "Encoded-Path": "62617365ff", "Size": 9007199254740993 })"));
    const auto file = manifest.files().find("base\xff");
    REQUIRE(file.has_value());
    CHECK(file->size == 9007199254740993U);
    CHECK(file->digest_kind == DigestKind::none);
    CHECK(file->digest.empty());
}

TEST_CASE("every checksum algorithm is read, with digests of its own length only") {
    for (const auto& [name, length] : std::vector<std::pair<std::string, std::size_t>>{
             {"CRC32C", 4}, {"SHA224", 28}, {"SHA256", 32}, {"SHA384", 48}, {"SHA512", 64}}) {
        const auto text = [&](std::size_t bytes) {
            return with_files(R"({ "Path": "a", "Size": 1, "Checksum-Algorithm": ")" + name +
                              R"(", "Checksum": ")" + std::string(bytes * 2, 'e') + "\" }");
        };
        const Manifest manifest = parse(text(length));
        CHECK(manifest.files().find("a")->digest.size() == length);
        CHECK_FALSE(manifest_refusal(text(length - 1)).empty());
        CHECK_FALSE(manifest_refusal(text(length + 1)).empty());
    }
}

TEST_CASE("malformed manifests are refused, each with its own cause") {
    const std::string file = file_line("a");
    struct Case {
        std::string text;
        std::string cause;
    };
    const std::vector<Case> cases{
        // not a manifest at all
        {"", "malformed JSON"},
        {"{}\n", "is missing"},
        {"not expected to parse\n", "malformed JSON"},
        {"[]\n", "an array where none belongs"},
        {"1\n", "a number where none belongs"},
        {"null\n", "a null where none belongs"},
        {sealed("[[[[\n"), "an array where none belongs"},
        // version
        {with_head("{"), "version is not the first key"},
        {with_head(R"({ "Unknown": 1,)"), "unknown key 'Unknown'"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": "1",)"), "has a string"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 1.0,)"), "not whole"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 3,)"), "version 3 is not known"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": -1,)"), "negative"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 2,)"),
         "key 'System-Identifier' is missing"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 1, "System-Identifier": 1,)"),
         "version 1 has no key"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 2, "System-Identifier": "1",)"),
         "has a string"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 1,)"
                   "\n\"PostgreSQL-Backup-Manifest-Version\": 1,"),
         "occurs twice"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [],)"), "occurs twice"},
        {with_head(R"({ "PostgreSQL-Backup-Manifest-Version": 1, "Oops": 2,)"), "unknown key"},
        // files
        {with_files("1"), "a number where none belongs"},
        {with_files("[]"), "an array where none belongs"},
        {with_files("true"), "a boolean where none belongs"},
        {with_files("{}"), "key 'Path' is missing"},
        {with_files(R"({ "Size": 1 })"), "key 'Path' is missing"},
        {with_files(R"({ "Path": "a" })"), "key 'Size' is missing"},
        {with_files(R"({ "Path": 7, "Size": 1 })"), "has a number"},
        {with_files(R"({ "Path": {}, "Size": 1 })"), "has an object"},
        {with_files(R"({ "Path": ["a"], "Size": 1 })"), "has an array"},
        {with_files(R"({ "Path": "a", "Encoded-Path": "61", "Size": 1 })"), "and an encoded path"},
        {with_files(R"({ "Encoded-Path": "6g", "Size": 1 })"), "not hexadecimal"},
        {with_files(R"({ "Encoded-Path": "123", "Size": 1 })"), "not hexadecimal"},
        {with_files(R"({ "Encoded-Path": "2e2e2f61", "Size": 1 })"), "path '../a' is not safe"},
        {with_files(R"({ "Encoded-Path": "6100", "Size": 1 })"), "path 'a\\x00' is not safe"},
        {with_files(file_line("")), "path '' is not safe"},
        {with_files(file_line("/etc/passwd")), "is not safe"},
        {with_files(file_line("base/../../x")), "is not safe"},
        {with_files(file_line("base//x")), "is not safe"},
        {with_files(file_line(R"(a\u001b[2J)")), "path 'a\\x1B[2J' is not safe"},
        {with_files(file_line(std::string(1001, 'x'))), "is not safe"},
        {with_files(R"({ "Path": "a", "Size": "1" })"), "has a string"},
        {with_files(R"({ "Path": "a", "Size": -1 })"), "negative"},
        {with_files(R"({ "Path": "a", "Size": 1e3 })"), "not whole"},
        {with_files(R"({ "Path": "a", "Size": 4611686018427387905 })"), "cannot be this large"},
        {with_files(R"({ "Path": "a", "Size": 18446744073709551616 })"), "too large"},
        {with_files(file_line("a", "4611686018427387904") + "," + file_line("b")),
         "file 'b' cannot be this large"},
        {with_files(file_line("a") + "," + file_line("b", "18446744073709551615")),
         "file 'b' cannot be this large"},
        {with_files(R"({ "Path": "a", "Size": 1, "Checksum": "ba78" })"),
         "key 'Checksum-Algorithm' is missing"},
        {with_files(R"({ "Path": "a", "Size": 1, "Checksum-Algorithm": "SHA256" })"),
         "key 'Checksum' is missing"},
        {with_files(replaced(file, "SHA256", "MD5")), "algorithm 'MD5' is not known"},
        {with_files(replaced(file, "ba78", "zz78")), "is no checksum"},
        {with_files(replaced(file, "ba78", "")), "is no checksum"},
        {with_files(replaced(file, "\"Path\"", "\"Paths\"")), "unknown key 'Paths'"},
        {with_files(replaced(file, "\"Path\"", "\"Timeline\"")), "unknown key 'Timeline'"},
        {with_files(replaced(file, "\"Size\": 3", "\"Size\": 3, \"Size\": 3")), "occurs twice"},
        {with_files(file + ",\n" + file), "file 'a' occurs twice"},
        {with_files(file + ",\n" + R"({ "Encoded-Path": "61", "Size": 3 })"), "occurs twice"},
        // WAL ranges
        {replaced(manifest_text(), "[\n" + range_line() + "\n]", "[]"), "no WAL range"},
        {with_ranges("{}"), "key 'Timeline' is missing"},
        {with_ranges("1"), "a number where none belongs"},
        {with_ranges(R"({ "Timeline": 1, "Start-LSN": "0/1" })"), "key 'End-LSN' is missing"},
        {with_ranges(R"({ "Timeline": 1, "End-LSN": "0/1" })"), "key 'Start-LSN' is missing"},
        {with_ranges(R"({ "Start-LSN": "0/1", "End-LSN": "0/1" })"), "key 'Timeline' is missing"},
        {with_ranges(range_line("0")), "0 is no timeline"},
        {with_ranges(range_line("4294967296")), "is no timeline"},
        {with_ranges(range_line("\"1\"")), "has a string"},
        {with_ranges(range_line("1", "oops")), "'oops' is no WAL position"},
        {with_ranges(range_line("1", "0/1", "0/123456789")), "is no WAL position"},
        {with_ranges(range_line("1", "0/2000101")), "begins at 0/2000101, after its end"},
        // text
        {with_files(file + ","), "malformed JSON"},
        {with_files(file + "\n\n"), "is blank"},
        {with_files(file + std::string(1, '\0')), "zero byte"},
        {with_files(file_line("\xff")), "malformed JSON"},
        {with_files(file_line("a\tb")), "malformed JSON"},
        {with_files(file_line(std::string(70'000, 'x'))), "longer than 65536 bytes"},
        {with_files(std::string(70'000, ' ')), "longer than 65536 bytes"},
        // end
        {manifest_text() + "x", "malformed JSON"},
        {manifest_text() + "{}\n", "malformed JSON"},
        {replaced(manifest_text(), "\"}\n", "\"}"),
         "last line is not the manifest's checksum alone"},
        {replaced(manifest_text(), "\"}\n", "\"\n}\n"), "checksum alone"},
        {replaced(manifest_text(), "\"Manifest-Checksum\"", "\"Manifest-Checksums\""),
         "unknown key"},
        {replaced(manifest_text(), "\"}\n", "00\"}\n"), "own checksum does not match"},
    };
    for (const Case& each : cases) {
        const std::string message = manifest_refusal(each.text);
        INFO(each.text.substr(0, 400));
        INFO("refusal: " << message);
        CHECK(contains(message, "cannot read 'backup_manifest': "));
        CHECK(contains(message, each.cause));
    }
}

TEST_CASE("nothing may stand beside the checksum, where it would not be proven") {
    const std::string lines = R"({ "PostgreSQL-Backup-Manifest-Version": 1, "Files": [],)"
                              "\n";
    const std::string ranges = "\"WAL-Ranges\": [ " + range_line() + " ]";
    const std::string checksum = "\"Manifest-Checksum\": \"" + sha256_hex(as_bytes(lines)) + "\"";
    CHECK(contains(manifest_refusal(lines + ranges + ", " + checksum + "}\n"), "checksum alone"));
    CHECK(contains(manifest_refusal(lines + checksum + ", " + ranges + "}\n"), "checksum alone"));
    CHECK(manifest_refusal(sealed(lines + ranges + ",\n")).empty());
}

TEST_CASE("a refusal names the line") {
    CHECK(manifest_refusal(with_files(file_line("a") + ",\n" + file_line("b", "-3"))) ==
          "cannot read 'backup_manifest': line 4: key 'Size' has a negative number");
}

TEST_CASE("no manifest with a flipped bit before its last line is accepted") {
    const std::string text = manifest_text();
    const std::size_t proven = text.rfind('\n', text.size() - 2);
    for (std::size_t bit = 0; bit < proven * 8; ++bit) {
        std::string flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        if (manifest_refusal(flipped).empty()) FAIL("bit " << bit << " of " << flipped);
    }
}

TEST_CASE("no beginning of a manifest is accepted in its place") {
    const std::string text = manifest_text();
    for (std::size_t length = 0; length < text.size(); ++length) {
        if (manifest_refusal(text.substr(0, length)).empty()) FAIL("length " << length);
    }
}

TEST_CASE("an error of the source reaches the caller unchanged") {
    class Failing : public ByteSource {
    public:
        Bytes next() override { throw Error(ErrorCode::io, "cannot read 'x': broken"); }
    } source;
    try {
        Manifest::parse(source, "backup_manifest");
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::io);
        CHECK(error.what() == std::string("cannot read 'x': broken"));
    }
}
