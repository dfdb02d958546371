#include "tests/bench/sample_rows.hpp"

#include <random>

namespace tsb::bench {
namespace {

template <typename T>
void append(std::string& text, T value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

std::string sample_rows(std::size_t size, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::string text;
    text.reserve(size + 128);
    for (std::uint32_t row = 0; text.size() < size; ++row) {
        append(text, std::uint64_t{0x2e2});  // as the header of a row: xmin, xmax, place, flags
        append(text, std::uint64_t{row / 80} << 32U);
        append(text, std::uint64_t{0x18090200000000} + row % 80);
        append(text, std::uint64_t{0x2a5d3f0000000} + row / 100 * 10'000'000);
        append(text, row % 100);
        append(text, static_cast<double>(random() % 100'000) / 1000);
        append(text, 40 + static_cast<double>(random() % 4000) / 100);
        append(text, random() % 5000);
        text += "\x07ok      ";
    }
    text.resize(size);
    return text;
}

}  // namespace tsb::bench
