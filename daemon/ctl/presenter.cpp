#include "daemon/ctl/presenter.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <ostream>

#include "core/base/progress.hpp"
#include "daemon/ctl/render.hpp"

namespace tsb {
namespace {

constexpr auto plain_line_interval = std::chrono::seconds(10);
constexpr const char* erase_line = "\r\x1b[K";

std::size_t terminal_width(int fd) {
    winsize size{};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

}  // namespace

PresenterOptions presenter_options(std::string program, std::string verb, bool json,
                                   bool no_progress) {
    PresenterOptions options;
    options.program = std::move(program);
    options.verb = std::move(verb);
    options.json = json;
    const bool terminal = isatty(STDERR_FILENO) == 1;
    if (no_progress) {
        options.progress = ProgressMode::none;
    } else if (terminal) {
        options.progress = ProgressMode::live;
        options.width = terminal_width(STDERR_FILENO);
    }
    return options;
}

Presenter::Presenter(PresenterOptions options, std::ostream& out, std::ostream& err)
    : options_(std::move(options)), out_(out), err_(err), kind_(options_.verb) {}

void Presenter::event(Json event, RateWindow::Time now) {
    if (parts_.take(event)) return;
    const std::string name = event.value("event", std::string());
    const std::string job = event.value("job", std::string());
    if (name == "job") {
        job_ = job;
        kind_ = event.value("kind", kind_);
    }
    if (options_.progress == ProgressMode::none) return;
    if (options_.json) {
        out_ << encode_line(event) << std::flush;
        return;
    }
    if (name == "job_end") running_.erase(job);
    const auto progress = decode_progress(event);
    if (progress && progress->phase != to_string(Phase::queued)) {
        Followed& followed = running_[job];
        followed.rate.add(now, progress->bytes_done);
        followed.text = progress_text(*progress, followed.rate.bytes_per_second());
        show_progress(now);
    }
}

void Presenter::show_progress(RateWindow::Time now) {
    std::string line;
    for (const auto& [job, followed] : running_) {
        line += (line.empty() ? "" : " | ") + followed.text;
    }
    if (options_.progress == ProgressMode::live) {
        err_ << erase_line << cut_to_width(line, options_.width - 1) << std::flush;
        line_open_ = true;
    } else if (!last_line_ || now - *last_line_ >= plain_line_interval) {
        err_ << line << "\n" << std::flush;
        last_line_ = now;
    }
}

void Presenter::clear_line() {
    if (line_open_) err_ << erase_line;
    line_open_ = false;
}

void Presenter::keep_result(Outcome& outcome) const {
    if (!options_.keep || outcome.failure) return;
    try {
        options_.keep(outcome.result);
    } catch (...) {
        outcome.failure = outcome_of(std::current_exception()).failure;
    }
}

int Presenter::finish(Outcome outcome) {
    clear_line();
    outcome.result = parts_.complete(std::move(outcome.result));
    keep_result(outcome);
    const int code = outcome.failure ? kind_of(outcome.failure->code()).exit_code : 0;
    if (options_.json) {
        out_ << encode_line(encode_outcome(std::move(outcome))) << std::flush;
        return code;
    }
    // Following several jobs ends in a list of them, whatever their kinds.
    const bool listed = options_.verb == "watch" && outcome.result.contains("jobs");
    out_ << render_result(listed ? "jobs" : kind_, outcome.result) << std::flush;
    if (outcome.failure) err_ << render_error(options_.program, *outcome.failure) << std::flush;
    return code;
}

void Presenter::leave() {
    clear_line();
    if (job_.empty()) return;
    err_ << "job " << job_ << " goes on; follow it with: tsbackupctl watch " << job_ << std::endl;
}

}  // namespace tsb
