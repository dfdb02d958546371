// Ctrl-C ends the bench in order: what it started is stopped, and gigabytes of scratch are removed.
#pragma once

namespace tsb::bench {

/// From now on SIGINT, SIGTERM and SIGHUP only take note; the rig's wait for a program ends early.
void catch_interrupts();
bool interrupted();
/// Throws std::runtime_error when there was one.
void throw_if_interrupted();

}  // namespace tsb::bench
