#include "tests/fuzz/mutate.hpp"

#include <algorithm>
#include <array>

namespace tsb::fuzz {
namespace {

constexpr std::size_t longest_part = 64;
// Where parsers tend to go wrong: limits of integers, ends of text, separators.
const std::array<std::string, 18> notable = {std::string(1, '\0'),
                                             std::string(4, '\0'),
                                             "\xFF",
                                             "\xFF\xFF\xFF\xFF",
                                             "\x7F\xFF\xFF\xFF",
                                             "\x80",
                                             "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                             "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                             "../",
                                             "/",
                                             "\n",
                                             "\x1B[",
                                             "\"",
                                             "{",
                                             "[",
                                             "99999999999999999999",
                                             "-1",
                                             "\xC3"};

}  // namespace

/// splitmix64: the standard library's distributions differ between implementations.
std::uint64_t Mutator::random() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30U) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBU;
    return mixed ^ mixed >> 31U;
}

std::string Mutator::mutated(std::string input) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(input);
    return input;
}

void Mutator::overwrite(std::string& input, const std::string& part) {
    const std::size_t place = below(input.size() + 1);
    input.replace(place, part.size(), part);
}

void Mutator::change(std::string& input) {
    const std::size_t place = below(input.size());
    const std::size_t length = 1 + below(longest_part);
    switch (below(10)) {
        case 0:
        case 1:
            if (!input.empty()) input[place] = static_cast<char>(input[place] ^ 1 << below(8));
            break;
        case 2:
        case 3:
            if (!input.empty()) input[place] = static_cast<char>(random());
            break;
        case 4:
            input.erase(place, length);
            break;
        case 5:
            input.insert(place, input.substr(below(input.size()), length));
            break;
        case 6:
            overwrite(input, notable[below(notable.size())]);
            break;
        case 7:
            input.insert(place, notable[below(notable.size())]);
            break;
        case 8: {
            const std::string& other = seeds_[below(seeds_.size())];
            overwrite(input, other.substr(below(other.size()), length * 8));
            break;
        }
        default:
            // Rarely, or most inputs would be short ones.
            if (below(4) == 0) input.resize(place);
            break;
    }
}

}  // namespace tsb::fuzz
