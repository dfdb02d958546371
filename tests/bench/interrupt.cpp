#include "tests/bench/interrupt.hpp"

#include <csignal>
#include <stdexcept>

namespace tsb::bench {
namespace {

volatile std::sig_atomic_t signalled = 0;

void take_note(int /*number*/) {
    signalled = 1;
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = take_note;  // without SA_RESTART: a wait for a program must end
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        if (sigaction(number, &action, nullptr) != 0) {
            throw std::runtime_error("cannot catch signals");
        }
    }
}

bool interrupted() {
    return signalled != 0;
}

void throw_if_interrupted() {
    if (interrupted()) throw std::runtime_error("interrupted");
}

}  // namespace tsb::bench
