// How glibc's heap is to treat a process whose threads hand megabytes to each other.
#pragma once

namespace tsb {

/// Once, before other threads. What one thread frees another one needs at once; by default glibc
/// gives it back to the kernel in between, 500 MB of page faults in a backup of 3 GB.
void keep_freed_memory();

/// Gives what is free back to the kernel: an idle daemon is small. Takes milliseconds. Thread: any.
void return_freed_memory();

}  // namespace tsb
