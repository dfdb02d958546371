#include "core/pg/manifest_lines.hpp"

#include "core/base/error.hpp"

namespace tsb {
namespace {

// The longest line PostgreSQL writes holds one path of at most 1,000 bytes, encoded.
constexpr std::size_t longest_line = 64 * 1024;

}  // namespace

ManifestLines::ManifestLines(ByteSource& source, std::string name)
    : source_(source, longest_line), name_(std::move(name)) {}

void ManifestLines::fail(const std::string& cause) const {
    throw Error(ErrorCode::damaged,
                "cannot read '" + name_ + "': line " + std::to_string(number_) + ": " + cause);
}

bool ManifestLines::next_line() {
    switch (source_.next(next_)) {
        case LineSource::Read::line:
            break;
        case LineSource::Read::end:
            return false;
        case LineSource::Read::too_long:
            fail("the next line is longer than " + std::to_string(longest_line) + " bytes");
    }
    digest_.update(as_bytes(line_));
    line_.swap(next_);
    position_ = 0;
    ++number_;
    // The JSON lexer would take a zero byte for the end, and collect white space without bound.
    if (line_.find('\0') != std::string::npos) fail("holds a zero byte");
    if (line_.find_first_not_of(" \t\r\n") == std::string::npos) fail("is blank");
    return true;
}

}  // namespace tsb
