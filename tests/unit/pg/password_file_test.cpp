#include "core/pg/password_file.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

std::filesystem::path write(const std::filesystem::path& path, const std::string& text,
                            mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

/// The refusal's whole text; empty when the file is taken.
std::string file_refusal(const std::filesystem::path& path) {
    try {
        read_password_file(path);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::config);
        return std::string(error.what()) + " / " + error.hint();
    }
    return {};
}

}  // namespace

TEST_CASE("a password is the file without one newline") {
    const test::TempDir dir;
    const auto path = dir.path() / "pw";
    CHECK(std::string(read_password_file(write(path, "geheim\n")).c_str()) == "geheim");
    CHECK(std::string(read_password_file(write(path, "geheim")).c_str()) == "geheim");
    CHECK(std::string(read_password_file(write(path, " a b \n\n", 0640)).c_str()) == " a b \n");
    const std::string longest(Secret::max_size, 'x');
    CHECK(std::string(read_password_file(write(path, longest)).c_str()) == longest);
}

TEST_CASE("a password file that others may write or read is refused") {
    const test::TempDir dir;
    const auto path = dir.path() / "pw";
    CHECK(contains(file_refusal(write(path, "x", 0604)), "everyone may read it / chmod 600"));
    CHECK(contains(file_refusal(write(path, "x", 0620)), "may write it"));
    CHECK(contains(file_refusal(write(path, "x", 0602)), "may write it"));
}

TEST_CASE("systemd's credentials directory guards its files itself") {
    const test::TempDir dir;
    const auto path = write(dir.path() / "pw", "x", 0444);
    ::setenv("CREDENTIALS_DIRECTORY", dir.path().c_str(), 1);
    CHECK(file_refusal(path).empty());
    ::setenv("CREDENTIALS_DIRECTORY", (dir.path() / "other").c_str(), 1);
    CHECK(contains(file_refusal(path), "everyone may read it"));
    ::setenv("CREDENTIALS_DIRECTORY", "", 1);
    CHECK(contains(file_refusal(path), "everyone may read it"));
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("a name without a slash is a credential of the service") {
    const test::TempDir dir;
    write(dir.path() / "main.password", "geheim\n", 0440);
    ::unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(contains(file_refusal("main.password"), "was given none / LoadCredential="));
    ::setenv("CREDENTIALS_DIRECTORY", dir.path().c_str(), 1);
    CHECK(std::string(read_password_file("main.password").c_str()) == "geheim");
    CHECK(contains(file_refusal("other"), (dir.path() / "other").string() + "': No such file"));
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("what is no usable password file is refused without showing its content") {
    const test::TempDir dir;
    CHECK(contains(file_refusal(dir.path() / "none"), "No such file"));
    CHECK(contains(file_refusal(dir.path()), "not a regular file"));
    REQUIRE(::mkfifo((dir.path() / "fifo").c_str(), 0600) == 0);
    CHECK(contains(file_refusal(dir.path() / "fifo"), "not a regular file"));
    CHECK(contains(file_refusal(write(dir.path() / "a", "")), "empty"));
    CHECK(contains(file_refusal(write(dir.path() / "b", "\n")), "empty"));
    CHECK(contains(file_refusal(write(dir.path() / "c", std::string("geh\0eim", 7))), "zero byte"));
    const auto too_long = file_refusal(write(dir.path() / "d", std::string(5000, 'q')));
    CHECK(contains(too_long, "longer than 4096"));
    CHECK_FALSE(contains(too_long, "qqq"));
}
