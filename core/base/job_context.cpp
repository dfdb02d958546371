#include "core/base/job_context.hpp"

#include "core/base/error.hpp"

namespace tsb {

void JobContext::throw_if_stopped() const {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "cancelled on request");
}

}  // namespace tsb
