// Mutations of an input, the same ones in every run on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tsb::fuzz {

class Mutator {
public:
    /// Parts of `seeds` are mixed into inputs too.
    Mutator(std::vector<std::string> seeds, std::uint64_t number)
        : seeds_(std::move(seeds)), state_(number) {}

    /// `input` after one to four changes.
    std::string mutated(std::string input);

private:
    std::uint64_t random();
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random() % limit; }
    void change(std::string& input);
    void overwrite(std::string& input, const std::string& part);

    std::vector<std::string> seeds_;
    std::uint64_t state_;
};

}  // namespace tsb::fuzz
