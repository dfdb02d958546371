// The machine's own name, for messages and records.
#pragma once

#include <string>

namespace tsb {

/// "unknown" when the system does not tell. Thread: any.
std::string host_name();

}  // namespace tsb
