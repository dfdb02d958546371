// The text of a manifest, one bounded line at a time, with the digest of all lines before the
// last: the one that the manifest states about itself. Knows nothing of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/digest.hpp"
#include "core/io/line_source.hpp"

namespace tsb {

/// Characters are taken in order with at_end(), current(), advance(). A line of more than 64 KiB,
/// a blank one and one that holds a zero byte are Error{damaged}; what `source` throws passes
/// through. Thread: worker (blocks).
class ManifestLines {
public:
    ManifestLines(ByteSource& source, std::string name);

    /// True when no character is left; reads the next line when the current one is used up.
    bool at_end() { return position_ == line_.size() && !next_line(); }
    char current() const { return line_[position_]; }
    void advance() { ++position_; }

    /// The number of the current line, from 1.
    std::size_t number() const { return number_; }
    /// The current line, after the end the last one. Valid until the next call of at_end().
    std::string_view line() const { return line_; }
    /// After the end, once: SHA-256 of all lines but the last.
    std::vector<std::byte> digest_before_last() { return digest_.finish(); }
    /// Throws Error{damaged} that names the manifest and the current line.
    [[noreturn]] void fail(const std::string& cause) const;

private:
    bool next_line();

    LineSource source_;
    std::string name_;
    Digest digest_{DigestKind::sha256};
    std::string line_;  // not digested before the next one is there
    std::string next_;
    std::size_t position_ = 0;
    std::size_t number_ = 0;
};

}  // namespace tsb
