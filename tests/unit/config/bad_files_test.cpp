// Each file in bad/ begins with comments that say the findings it must cause, and the hint where
// there is one.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/config.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

namespace tsb {
namespace {

std::vector<std::filesystem::path> bad_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(TSB_BAD_FILES)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

struct Refusal {
    std::string message;
    std::string hint;
};

Refusal expected_refusal(const std::string& text, const std::string& name) {
    const std::string finding = "# expect: ";
    const std::string hint = "# hint: ";
    std::istringstream lines(text);
    Refusal expected;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(finding)) {
            expected.message += (expected.message.empty() ? "" : "\n") + name + ":";
            expected.message += line.substr(finding.size());
        } else if (line.starts_with(hint)) {
            expected.hint = line.substr(hint.size());
        } else {
            break;
        }
    }
    return expected;
}

}  // namespace

TEST_CASE("every bad file is refused with its findings and their places") {
    const auto files = bad_files();
    REQUIRE(files.size() >= 150);
    for (const auto& file : files) {
        const std::string name = file.filename().string();
        const std::string text = test::read_file(file);
        CAPTURE(name);
        try {
            parse_config(text, name);
            FAIL_CHECK("it was accepted");
        } catch (const Error& error) {
            const Refusal expected = expected_refusal(text, name);
            CHECK(error.code() == ErrorCode::config);
            CHECK(error.what() == expected.message);
            CHECK(error.hint() == expected.hint);
        }
    }
}

TEST_CASE("a refused secret is not repeated in the message or the hint") {
    for (const auto& file : bad_files()) {
        CAPTURE(file.filename().string());
        try {
            parse_config(test::read_file(file), "x");
            FAIL_CHECK("it was accepted");
        } catch (const Error& error) {
            CHECK(std::string(error.what()).find("hunter") == std::string::npos);
            CHECK(error.hint().find("hunter") == std::string::npos);
        }
    }
}

}  // namespace tsb
