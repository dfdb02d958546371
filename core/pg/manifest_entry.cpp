#include "core/pg/manifest_entry.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/io/tar_reader.hpp"

namespace tsb {
namespace {

using manifest_fields::Key;

/// Bytes of a digest; 0 for a kind that a manifest does not name.
std::size_t digest_length(DigestKind kind) {
    switch (kind) {
        case DigestKind::none:
            break;
        case DigestKind::crc32c:
            return 4;
        case DigestKind::sha224:
            return 28;
        case DigestKind::sha256:
            return 32;
        case DigestKind::sha384:
            return 48;
        case DigestKind::sha512:
            return 64;
    }
    return 0;
}

std::string decode_path(const ManifestEntry& entry, const ManifestLines& lines) {
    std::string path = entry.path;
    if (entry.seen.has(Key::encoded_path)) {
        if (entry.seen.has(Key::path)) lines.fail("a file has a path and an encoded path");
        const auto decoded = from_hex(path);
        if (!decoded) lines.fail("path " + in_quotes(path) + " is not hexadecimal");
        path = as_text(*decoded);
    }
    if (!safe_member_path(path)) lines.fail("path " + in_quotes(path) + " is not safe");
    return path;
}

/// What an entry says of its file's content; without a digest when it names no algorithm.
struct StatedDigest {
    DigestKind kind = DigestKind::none;
    std::vector<std::byte> bytes;
};

StatedDigest read_digest(const ManifestEntry& entry, const ManifestLines& lines) {
    if (!entry.seen.has(Key::checksum_algorithm) && !entry.seen.has(Key::checksum)) return {};
    require_key(entry.seen, Key::checksum_algorithm, lines);
    require_key(entry.seen, Key::checksum, lines);
    const DigestKind kind = digest_kind_named(entry.algorithm).value_or(DigestKind::none);
    if (kind == DigestKind::none) {
        lines.fail("checksum algorithm " + in_quotes(entry.algorithm) + " is not known");
    }
    auto bytes = from_hex(entry.checksum);
    if (!bytes || bytes->size() != digest_length(kind)) {
        lines.fail(in_quotes(entry.checksum) + " is no checksum of algorithm " + entry.algorithm);
    }
    return {kind, std::move(*bytes)};
}

}  // namespace

void add_entry(const ManifestEntry& entry, const ManifestLines& lines, FileTable& files) {
    if (!entry.seen.has(Key::encoded_path)) require_key(entry.seen, Key::path, lines);
    require_key(entry.seen, Key::size, lines);
    const std::string path = decode_path(entry, lines);
    const StatedDigest digest = read_digest(entry, lines);
    files.add(path, entry.size, digest.kind, digest.bytes);
}

void require_key(const manifest_fields::KeySet& seen, Key key, const ManifestLines& lines) {
    if (seen.has(key)) return;
    const auto field =
        std::ranges::find(manifest_fields::fields, key, &manifest_fields::Field::key);
    lines.fail("key " + in_quotes(field->name) + " is missing");
}

std::string in_quotes(std::string_view text) {
    return "'" + printable(text) + "'";
}

}  // namespace tsb
