// Manifest::parse over any bytes, as they are and with the manifest's own checksum made right. Only
// Error{damaged} is thrown. What is accepted is in order, proves itself, and proves nothing else.
#include <nlohmann/json.hpp>

#include "core/io/tar_reader.hpp"
#include "core/pg/manifest.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/memory_source.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::string_view seal = "\"Manifest-Checksum\": \"";

std::string sealed(std::string_view text) {
    const std::string lines(text.substr(0, text.rfind(seal)));
    return lines + std::string(seal) + sha256_hex(as_bytes(lines)) + "\"}\n";
}

/// Whether a backup with these files would be proven by `manifest`; `left_out` is not among them.
bool proven(const Manifest& manifest, std::size_t left_out) {
    MemberTable members;
    for (std::size_t i = 0; i < manifest.files().size(); ++i) {
        const FileEntry file = manifest.files()[i];
        if (i == left_out) continue;
        // A server that is asked for digests and gives none proves nothing.
        const bool bare = file.digest_kind == DigestKind::none;
        members.add(std::string(file.path), file.size, bare ? DigestKind::crc32c : file.digest_kind,
                    file.digest);
    }
    return accepts({ErrorCode::proof_failed}, [&] { members.prove(manifest); });
}

void check_accepted(const Manifest& manifest, const std::string& text) {
    const std::size_t count = manifest.files().size();
    std::uint64_t total = 0;
    bool all_digested = true;
    std::string_view last;
    for (std::size_t i = 0; i < count; ++i) {
        const FileEntry file = manifest.files()[i];
        require(safe_member_path(file.path), "a path in a manifest is safe");
        require(i == 0 || last < file.path, "paths are in order and occur once");
        require(manifest.files().index_of(file.path) == i, "a file is found by its path");
        require((file.digest_kind == DigestKind::none) == file.digest.empty(),
                "a digest has a kind");
        all_digested = all_digested && file.digest_kind != DigestKind::none;
        last = file.path;
        total += file.size;
    }
    require(total == manifest.total_size(), "the sizes add up");
    require(!manifest.wal_ranges().empty(), "there is a WAL range");
    for (const WalRange& range : manifest.wal_ranges()) {
        require(range.timeline != 0 && range.start <= range.end, "a WAL range is one");
    }
    require(proven(manifest, count) == all_digested, "a manifest proves itself, with digests");
    if (count > 0) require(!proven(manifest, count / 2), "a missing file is noticed");
    const auto document = nlohmann::json::parse(text, nullptr, false);
    require(!document.is_discarded(), "what is accepted is JSON");
    require(document.at("Files").size() == count, "no file is left out");
}

bool parsed(const std::string& text, std::size_t run) {
    test::MemorySource source(std::string(text), run);
    Manifest manifest;
    const bool good = accepts({ErrorCode::damaged},
                              [&] { manifest = Manifest::parse(source, "backup_manifest"); });
    if (good) check_accepted(manifest, text);
    return good;
}

std::string file_line(const std::string& path, const std::string& algorithm, std::size_t digits) {
    return "{ " + path + ", \"Size\": 3, \"Last-Modified\": \"2026-11-23 02:04:48 GMT\", " +
           "\"Checksum-Algorithm\": \"" + algorithm + "\", \"Checksum\": \"" +
           std::string(digits, 'a') + "\" }";
}

std::string manifest_of(const std::string& head, const std::string& files) {
    return sealed("{ \"PostgreSQL-Backup-Manifest-Version\": " + head + ",\n\"Files\": [\n" +
                  files +
                  "\n],\n\"WAL-Ranges\": [\n{ \"Timeline\": 1, \"Start-LSN\": \"0/2000028\", "
                  "\"End-LSN\": \"0/2000100\" }\n],\n");
}

}  // namespace

std::vector<std::string> seeds() {
    const std::string sha = file_line("\"Path\": \"PG_VERSION\"", "SHA256", 64);
    const std::string crc = file_line("\"Path\": \"base/1/112\"", "CRC32C", 8);
    const std::string hex = file_line("\"Encoded-Path\": \"62617365ff\"", "SHA512", 128);
    const std::string bare = "{ \"Path\": \"a\", \"Size\": 4611686018427387904 }";
    return {
        manifest_of("1", sha + ",\n" + crc),
        manifest_of("2,\n\"System-Identifier\": 7300000000000000001", sha + ",\n" + hex),
        manifest_of("1", bare + ",\n" + crc),
        manifest_of("1", ""),
        manifest_of("1", sha + ",\n" + sha),
    };
}

void try_input(std::string_view input) {
    for (const std::string& text : {std::string(input), sealed(input)}) {
        const bool good = parsed(text, text.size() + 1);
        require(parsed(text, 7) == good, "a manifest is the same in runs of any length");
    }
}

}  // namespace tsb::fuzz
