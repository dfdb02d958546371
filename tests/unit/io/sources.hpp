// Data for the io tests: bytes of several kinds, and a source that gives them in small runs.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "core/base/error.hpp"
#include "tests/support/memory_source.hpp"

namespace tsb::test {

/// Bytes that no method can shorten, always the same for one size.
inline std::string noise(std::size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

/// Text with repetitions, as tables have.
inline std::string rows(std::size_t size) {
    std::string text;
    for (unsigned row = 0; text.size() < size; ++row) {
        text += "account " + std::to_string(row) + " holds 1000;";
    }
    text.resize(size);
    return text;
}

inline std::string read_all(ByteSource& source) {
    std::string text;
    for (Bytes bytes = source.next(); !bytes.empty(); bytes = source.next()) {
        text += as_text(bytes);
    }
    return text;
}

/// The error code with which `action` fails; internal when it does not fail with an Error.
template <typename Action>
ErrorCode code_of(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace tsb::test
