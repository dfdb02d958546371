// What tests with random cases draw from; the same seed draws the same.
#pragma once

#include <cstdint>
#include <random>

namespace tsb::test {

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    /// 0 to `limit` - 1.
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    bool one_in(std::uint64_t times) { return below(times) == 0; }

private:
    std::mt19937_64 engine_;
};

}  // namespace tsb::test
