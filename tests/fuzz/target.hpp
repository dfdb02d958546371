// A fuzz target is one file with the two functions below. entry.cpp makes them the entry point of
// libFuzzer, replay.cpp a program for every build that tries the seeds and mutations of them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace tsb::fuzz {

/// Small inputs to begin with, made by code, always the same.
std::vector<std::string> seeds();
/// Tries one input. What must hold is said by require(); no exception may leave.
void try_input(std::string_view input);

/// Ends the process with `rule` on stderr unless `holds`.
void require(bool holds, std::string_view rule);
/// Whether `error` is of one of these kinds and fit to be shown: no control byte in it.
void require_kind(const Error& error, std::initializer_list<ErrorCode> allowed);

/// True when `parse` returned. An Error must be of one of the kinds `allowed`.
template <typename Parse>
bool accepts(std::initializer_list<ErrorCode> allowed, Parse&& parse) {
    try {
        parse();
        return true;
    } catch (const Error& error) {
        require_kind(error, allowed);
        return false;
    }
}

/// Takes values off the front of an input; zeros when it is used up.
class Input {
public:
    explicit Input(std::string_view bytes) : rest_(bytes) {}
    bool empty() const { return rest_.empty(); }
    unsigned byte() {
        const std::string_view one = bytes(1);
        return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
    }
    unsigned pair() {
        const unsigned high = byte();
        return high << 8U | byte();
    }
    std::string_view bytes(std::size_t count) {
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(taken.size());
        return taken;
    }

private:
    std::string_view rest_;
};

}  // namespace tsb::fuzz
