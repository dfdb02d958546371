#include "core/base/heap.hpp"

#include <malloc.h>

namespace tsb {
namespace {

constexpr int most_kept = 16 << 20;          // at the end of each heap
constexpr int least_mapped_alone = 4 << 20;  // blocks of archives come from the heap

}  // namespace

void keep_freed_memory() {
    mallopt(M_TRIM_THRESHOLD, most_kept);
    mallopt(M_MMAP_THRESHOLD, least_mapped_alone);
}

void return_freed_memory() {
    malloc_trim(0);
}

}  // namespace tsb
