// Files that want to cost memory, or are no files.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/config.hpp"
#include "config/yaml_text.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace tsb {
namespace {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "tsb_XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make directory");
        path_ = name;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string refusal_of(const std::string& text) {
    try {
        parse_config(text, "x");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::config);
        return error.what();
    }
    return "accepted";
}

std::string refusal_of_file(const std::filesystem::path& file) {
    try {
        load_config(file);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::config);
        return error.what();
    }
    return "accepted";
}

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("an alias bomb is refused at its first anchor") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 10; ++level) {
        const std::string below = "*a" + std::to_string(level - 1);
        bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below +
                repeated(", " + below, 9) + "]\n";
    }
    CHECK(refusal_of(bomb) == "x:1:5: anchors are not allowed");
}

TEST_CASE("a file has at most 10000 nodes") {
    const std::string head = "repository:\n";
    CHECK(refusal_of(head + repeated("- x\n", 9997)).find("nodes") == std::string::npos);
    CHECK(refusal_of(head + repeated("- x\n", 9998)) == "x:9999:3: more than 10000 nodes");
}

TEST_CASE("a file has at most 256 KiB") {
    const std::string fine = "repository: /r\nclusters: {main: {connection: host=a}}\n#";
    CHECK(refusal_of(fine + std::string(config_size_limit - fine.size(), '#')) == "accepted");
    CHECK(refusal_of(fine + std::string(config_size_limit + 1 - fine.size(), '#')) ==
          "cannot read 'x': more than 262144 bytes");
}

TEST_CASE("deep nesting of any kind is refused, not followed") {
    for (const char* opening : {"[", "{", "- ", "? ", "{a: ", "!", "&", "'", "\"", "%", "|\n "}) {
        CAPTURE(opening);
        const std::size_t count = config_size_limit / std::string(opening).size();
        const std::string refusal = refusal_of(repeated(opening, count));
        CHECK(refusal != "accepted");
        CHECK(refusal.size() < 500);
    }
}

TEST_CASE("twenty findings are shown and the others counted") {
    const std::string refusal = refusal_of(repeated("k: x\n", 30));
    // The first three, all at 1:1: unknown, no repository, no clusters.
    CHECK(refusal.find("\nx:18:1: key 'k': duplicate") != std::string::npos);
    CHECK(refusal.find("x:19:1:") == std::string::npos);
    CHECK(refusal.ends_with("\nx: 12 more findings"));
}

TEST_CASE("a long or strange key is shown short and printable") {
    const std::string refusal = refusal_of("\"k\xC2\x9B" + std::string(5000, 'k') + "\": x\n");
    CHECK(refusal.size() < 400);
    CHECK(refusal.find('\x9B') == std::string::npos);
}

TEST_CASE("a missing file is a configuration error with its cause") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "none.yaml";
    CHECK(refusal_of_file(file) ==
          "cannot read '" + file.string() + "': No such file or directory");
}

TEST_CASE("a directory and a pipe are not read") {
    const TemporaryDirectory directory;
    const auto pipe = directory.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(refusal_of_file(pipe) == "cannot read '" + pipe.string() + "': not a regular file");
    CHECK(refusal_of_file(directory.path()) ==
          "cannot read '" + directory.path().string() + "': not a regular file");
}

TEST_CASE("a file behind a link is read and a large one is refused") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "real.yaml";
    const auto link = directory.path() / "link.yaml";
    std::ofstream(file) << "repository: /r\nclusters: {main: {connection: host=a}}\n";
    std::filesystem::create_symlink(file, link);
    CHECK(load_config(link).repository == "/r");
    std::filesystem::resize_file(file, 100 * 1024 * 1024);
    CHECK(refusal_of_file(link) == "cannot read '" + link.string() + "': more than 262144 bytes");
}

}  // namespace tsb
