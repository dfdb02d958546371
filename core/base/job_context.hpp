// What every operation gets besides its own options: how to be stopped, where to report, who it is.
#pragma once

#include <stop_token>
#include <string>

#include "core/base/log.hpp"
#include "core/base/progress.hpp"

namespace tsb {

struct JobContext {
    JobContext(std::string id, std::stop_token stop_token, ProgressMeter& meter)
        : job_id(std::move(id)), stop(std::move(stop_token)), progress(meter) {}

    std::string job_id;
    std::stop_token stop;  // requested on the loop; workers look between blocks
    ProgressMeter& progress;

    void info(std::string_view message) const { log(LogLevel::info, job_id, message); }
    void warn(std::string_view message) const { log(LogLevel::warning, job_id, message); }
    /// Throws Error{cancelled} when a stop was requested.
    void throw_if_stopped() const;
};

}  // namespace tsb
