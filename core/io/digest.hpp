// Digests of bytes: the algorithms of PostgreSQL's backup manifest. SHA by libcrypto, CRC-32C by
// the processor where it can.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"

namespace tsb {

enum class DigestKind { none, crc32c, sha224, sha256, sha384, sha512 };

/// The manifest's name of the algorithm ("SHA256", "CRC32C"), both directions.
std::string_view to_string(DigestKind kind);
std::optional<DigestKind> digest_kind_named(std::string_view name);

/// Thread: worker; one object belongs to one thread at a time.
class Digest {
public:
    explicit Digest(DigestKind kind);
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    ~Digest();

    void update(Bytes bytes);
    /// The digest's bytes as the manifest prints them (CRC-32C: little-endian, as PostgreSQL
    /// prints its in-memory form). The object is ready for new data afterwards.
    std::vector<std::byte> finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256_hex(Bytes bytes);
/// CRC-32C (Castagnoli) as PostgreSQL's COMP_CRC32C over one buffer, final form.
std::uint32_t crc32c(Bytes bytes);

}  // namespace tsb
