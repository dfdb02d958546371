// Which C library sorted a cluster's indexes, and which one would read them.
#include "core/ops/libc_family.hpp"

#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

Metadata with(const std::vector<std::string>& collations, int version = 150018) {
    Metadata metadata;
    metadata.server_version_num = version;
    for (const std::string& collation : collations) {
        metadata.databases.emplace_back().collation = collation;
    }
    return metadata;
}

/// The start of an executable that names `loader`.
void write_program(const std::filesystem::path& path, const std::string& loader,
                   const std::string& magic =
                       "\x7f"
                       "ELF") {
    std::ofstream(path, std::ios::binary) << magic << std::string(800, '\0') << loader << '\0';
}

constexpr const char* glibc_loader = "/lib64/ld-linux-x86-64.so.2";
constexpr const char* musl_loader = "/lib/ld-musl-x86_64.so.1";

}  // namespace

TEST_CASE("a backup's collations tell its C library") {
    CHECK(libc_of(with({"C (libc)", "en_US.UTF-8 (libc 2.36)"})) == LibcFamily::glibc);
    CHECK(libc_of(with({"en_US.utf8 (libc)"})) == LibcFamily::musl);
    CHECK(libc_of(with({"en_US.utf8 (libc)", "de_DE.UTF-8 (libc 2.31)"})) == LibcFamily::glibc);
    for (const char* const silent : {"C (libc)", "C.UTF-8 (libc)", "POSIX (libc)",
                                     "de (icu 153.14)", "C.UTF-8 (builtin 1)", ""}) {
        CAPTURE(silent);
        CHECK(libc_of(with({silent})) == LibcFamily::unknown);
    }
    CHECK(libc_of(with({"en_US.utf8 (libc)"}, 140010)) == LibcFamily::unknown);
    CHECK(libc_of(with({})) == LibcFamily::unknown);
}

TEST_CASE("a program's loader tells its C library") {
    const TempDir scratch;
    const auto program = scratch.path() / "postgres";
    CHECK(libc_of_program(program) == LibcFamily::unknown);
    write_program(program, glibc_loader);
    CHECK(libc_of_program(program) == LibcFamily::glibc);
    write_program(program, musl_loader);
    CHECK(libc_of_program(program) == LibcFamily::musl);
    write_program(program, glibc_loader, "#!/bin/sh ");
    CHECK(libc_of_program(program) == LibcFamily::unknown);
    CHECK(libc_of_program("/proc/self/exe") != LibcFamily::unknown);
}

TEST_CASE("a server that sorts differently is refused, an unknown one is not") {
    const TempDir scratch;
    const Metadata of_glibc = with({"en_US.UTF-8 (libc 2.36)"});
    const Metadata of_musl = with({"en_US.utf8 (libc)"});
    const auto refused = [&](const Metadata& metadata) {
        try {
            require_same_libc(metadata, scratch.path());
            return false;
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::version_mismatch);
            return true;
        }
    };
    CHECK_FALSE(refused(of_glibc));
    CHECK_FALSE(refused(of_musl));
    write_program(scratch.path() / "postgres", musl_loader);
    CHECK(refused(of_glibc));
    CHECK_FALSE(refused(of_musl));
    write_program(scratch.path() / "postgres", glibc_loader);
    CHECK_FALSE(refused(of_glibc));
    CHECK(refused(of_musl));
    CHECK_FALSE(refused(with({"C (libc)"})));
}
