// Bytes that look like a table's pages: headers that repeat, keys that count, measurements that do
// not. Always the same for one seed; gzip 6 makes them about 4 times smaller.
#pragma once

#include <cstdint>
#include <string>

namespace tsb::bench {

std::string sample_rows(std::size_t size, std::uint32_t seed);

}  // namespace tsb::bench
