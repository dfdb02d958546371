#include "core/base/heap.hpp"

#include <malloc.h>

namespace tsb {
namespace {

constexpr int heaps = 2;                     // more only keep more: few threads allocate at once
constexpr int most_kept = 4 << 20;           // at the end of each heap
constexpr int least_mapped_alone = 4 << 20;  // blocks of archives come from the heap

}  // namespace

void keep_freed_memory() {
    mallopt(M_ARENA_MAX, heaps);
    mallopt(M_TRIM_THRESHOLD, most_kept);
    mallopt(M_MMAP_THRESHOLD, least_mapped_alone);
}

void return_freed_memory() {
    malloc_trim(0);
}

}  // namespace tsb
