#include "core/io/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/io/crc32c.hpp"

namespace tsb {
namespace {

struct KindRow {
    DigestKind kind;
    std::string_view name;
    const EVP_MD* (*algorithm)();  // null: not one of libcrypto's
};

constexpr std::array kind_rows{
    KindRow{DigestKind::none, "NONE", nullptr},
    KindRow{DigestKind::crc32c, "CRC32C", nullptr},
    KindRow{DigestKind::sha224, "SHA224", EVP_sha224},
    KindRow{DigestKind::sha256, "SHA256", EVP_sha256},
    KindRow{DigestKind::sha384, "SHA384", EVP_sha384},
    KindRow{DigestKind::sha512, "SHA512", EVP_sha512},
};

const KindRow& row_of(DigestKind kind) {
    return *std::ranges::find(kind_rows, kind, &KindRow::kind);
}

void check(int result) {
    if (result != 1) throw Error(ErrorCode::internal, "cannot compute a digest: libcrypto failed");
}

}  // namespace

std::string_view to_string(DigestKind kind) {
    return row_of(kind).name;
}

std::optional<DigestKind> digest_kind_named(std::string_view name) {
    const auto row = std::ranges::find(kind_rows, name, &KindRow::name);
    if (row == kind_rows.end()) return std::nullopt;
    return row->kind;
}

struct Digest::Impl {
    explicit Impl(DigestKind digest_kind) : kind(digest_kind) { start(); }

    void start() {
        crc = crc32c_start;
        const auto algorithm = row_of(kind).algorithm;
        if (algorithm == nullptr) return;
        if (!context) context.reset(EVP_MD_CTX_new());
        check(EVP_DigestInit_ex(context.get(), algorithm(), nullptr));
    }

    struct ContextFree {
        void operator()(EVP_MD_CTX* memory) const { EVP_MD_CTX_free(memory); }
    };
    DigestKind kind;
    std::uint32_t crc = crc32c_start;
    std::unique_ptr<EVP_MD_CTX, ContextFree> context;  // the SHA family only
};

Digest::Digest(DigestKind kind) : impl_(std::make_unique<Impl>(kind)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(Bytes bytes) {
    if (impl_->kind == DigestKind::crc32c) impl_->crc = crc32c_update(impl_->crc, bytes);
    if (impl_->context) check(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()));
}

std::vector<std::byte> Digest::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> buffer;
    unsigned size = 0;
    if (impl_->kind == DigestKind::crc32c) {
        const std::uint32_t crc = ~impl_->crc;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            buffer[size++] = static_cast<unsigned char>(crc >> shift);
        }
    }
    if (impl_->context) check(EVP_DigestFinal_ex(impl_->context.get(), buffer.data(), &size));
    const Bytes result = std::as_bytes(std::span(buffer)).first(size);
    impl_->start();
    return {result.begin(), result.end()};
}

std::string sha256_hex(Bytes bytes) {
    Digest digest(DigestKind::sha256);
    digest.update(bytes);
    return to_hex(digest.finish());
}

}  // namespace tsb
