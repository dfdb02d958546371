// A ByteSource over a text.
#pragma once

#include <algorithm>
#include <string>

#include "core/base/error.hpp"
#include "core/io/byte_source.hpp"

namespace tsb::test {

/// Gives `data` in runs of `run` bytes; with `fails` it throws Error{protocol} in place of the end.
class MemorySource : public ByteSource {
public:
    explicit MemorySource(std::string data, std::size_t run = 1 << 20, bool fails = false)
        : data_(std::move(data)), run_(run), fails_(fails) {}

    Bytes next() override {
        const Bytes rest = as_bytes(data_).subspan(position_);
        if (rest.empty() && fails_) throw Error(ErrorCode::protocol, "the source failed");
        const Bytes given = rest.first(std::min(run_, rest.size()));
        position_ += given.size();
        return given;
    }
    bool drained() const { return position_ == data_.size(); }

private:
    const std::string data_;
    const std::size_t run_;
    const bool fails_;
    std::size_t position_ = 0;
};

}  // namespace tsb::test
