// The outcome of the verbs that exit with 5 when something is wrong.
#pragma once

#include "daemon/wire.hpp"

namespace tsb {

/// `result` with whether it is healthy; Error{unhealthy} beside it when `problems` are there.
inline Outcome healthy_if_none(Json result, std::size_t problems) {
    result["healthy"] = problems == 0;
    if (problems == 0) return Outcome(std::move(result));
    const std::string message =
        "found " + std::to_string(problems) + " problem" + (problems == 1 ? "" : "s");
    return {std::move(result), Error(ErrorCode::unhealthy, message)};
}

}  // namespace tsb
