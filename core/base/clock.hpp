// The clock seam: everything that decides by time takes a Clock, so that tests can turn it by hand.
#pragma once

#include <chrono>
#include <string>

namespace tsb {

using SystemTime = std::chrono::system_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    virtual SystemTime now() const = 0;
    virtual std::chrono::steady_clock::time_point steady_now() const = 0;
};

/// The machine's clock. Thread: any.
const Clock& system_clock();

/// "2026-11-23T01:42:24Z", whole seconds, UTC. Thread: any.
std::string to_iso8601(SystemTime time);
/// The inverse; throws Error{damaged} when malformed. Thread: any.
SystemTime from_iso8601(const std::string& text);

}  // namespace tsb
