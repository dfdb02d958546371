// Shows what comes back from a verb: events while it runs, then its outcome. The same for an
// answer of the daemon and for work done in this process.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>

#include "daemon/ctl/progress_view.hpp"

namespace tsb {

enum class ProgressMode {
    none,
    lines,  // plain lines, at most every 10 s
    live,   // one line rewritten in place
};

struct PresenterOptions {
    PresenterOptions() = default;
    std::string program;  // for error messages
    std::string verb;
    bool json = false;  // events and outcome as JSON lines on `out`, nothing else
    ProgressMode progress = ProgressMode::lines;
    std::size_t width = 80;  // of the terminal
    /// Given the whole result of what went well, before it is shown; what it throws is the failure.
    std::function<void(Json& result)> keep;
};

/// `no_progress` and `json` as asked for; the rest from the terminal that standard error is.
PresenterOptions presenter_options(std::string program, std::string verb, bool json,
                                   bool no_progress);

/// Thread: one.
class Presenter {
public:
    /// Results go to `out`, progress and errors to `err`; both must outlive the presenter.
    Presenter(PresenterOptions options, std::ostream& out, std::ostream& err);

    /// Shows an event that came at `now`.
    void event(Json event, RateWindow::Time now);
    /// Shows how it ended; the exit code of the program.
    int finish(Outcome outcome);
    /// Says that the followed job goes on and how to follow it again.
    void leave();
    /// The job that the daemon started or follows for us; empty until it said so.
    const std::string& job() const { return job_; }

private:
    struct Followed {
        RateWindow rate;
        std::string text;
    };
    void keep_result(Outcome& outcome) const;
    void show_progress(RateWindow::Time now);
    void clear_line();

    PresenterOptions options_;
    std::ostream& out_;
    std::ostream& err_;
    PartialResult parts_;
    std::string job_;
    std::string kind_;                         // of the job followed last
    std::map<std::string, Followed> running_;  // by job id
    std::optional<RateWindow::Time> last_line_;
    bool line_open_ = false;
};

}  // namespace tsb
