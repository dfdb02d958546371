#include "daemon/notify/notifier.hpp"

#include <algorithm>

#include "core/base/command.hpp"
#include "core/base/log.hpp"

namespace tsb {
namespace {

const std::vector<HookConfig>& hooks_for(const NoticeConfig& config, Notice::Kind kind) {
    switch (kind) {
        case Notice::Kind::success:
            return config.on_success;
        case Notice::Kind::failure:
            return config.on_failure;
        case Notice::Kind::overdue:
            return config.on_overdue;
        case Notice::Kind::recovered:
            break;
    }
    return config.on_recovered;
}

void say(LogLevel level, const Notice& notice, const std::string& what) {
    const std::string job = notice.body.value("job", std::string());
    log(level, job,
        "notice of " + std::string(to_string(notice.kind)) + " of " + notice.cluster + ": " + what);
}

void say_failure(const Notice& notice, const Error& failure, const std::string& detail = {}) {
    const bool asked = failure.code() == ErrorCode::cancelled;
    say(asked ? LogLevel::info : LogLevel::warning, notice, failure.what() + detail);
}

std::string on_one_line(const std::string& lines) {
    std::string out;
    for (const char c : lines) out += c == '\n' ? std::string(" | ") : std::string(1, c);
    return out;
}

std::optional<Error> run_hook(const HookConfig& hook, const Notice& notice,
                              const std::stop_token& stop) {
    Command command(hook.command);
    command.input = encode_line(notice.body);
    command.environment.push_back("TSBACKUP_EVENT=" + std::string(to_string(notice.kind)));
    command.limit = hook.timeout;
    const CommandOutcome outcome = run_command(command, stop);
    std::optional<Error> failure = failure_of(command, outcome);
    if (!failure) {
        say(LogLevel::debug, notice, "'" + hook.command.front() + "' done");
    } else {
        const bool more = outcome.output.find('\n') != std::string::npos;
        say_failure(notice, *failure,
                    more ? "; it printed: " + on_one_line(outcome.output) : std::string());
    }
    return failure;
}

bool is_left_to_the_job(const HookConfig& hook, Notice::Kind kind) {
    return hook.required && kind == Notice::Kind::success;
}

}  // namespace

Notifier::Notifier(NoticeConfig config, RetryPolicy retries)
    : config_(std::move(config)),
      retries_(retries),
      worker_([this](const std::stop_token& stop) { work(stop); }) {}

void Notifier::deliver(Notice notice) noexcept {
    try {
        enqueue(std::move(notice));
    } catch (const std::bad_alloc&) {
        // There is no memory to tell it with either.
        return;
    }
}

std::optional<Error> Notifier::run_required(const Notice& notice,
                                            const std::stop_token& stop) const {
    for (const HookConfig& hook : hooks_for(config_, notice.kind)) {
        if (!is_left_to_the_job(hook, notice.kind)) continue;
        if (std::optional<Error> failure = run_hook(hook, notice, stop)) return failure;
    }
    return std::nullopt;
}

void Notifier::retire() {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    arrived_.notify_one();
}

bool Notifier::has_ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

void Notifier::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(stopped_, true)) return;
    }
    worker_.request_stop();
    worker_.join();
    for (const Notice& notice : waiting_) say(LogLevel::warning, notice, "dropped: stopping");
    waiting_.clear();
}

void Notifier::enqueue(Notice notice) {
    std::optional<Notice> dropped;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || retired_) return;
        if (waiting_.size() >= most_waiting) {
            auto victim = std::find_if(waiting_.begin(), waiting_.end(), [&](const Notice& other) {
                return other.kind == notice.kind;
            });
            if (victim == waiting_.end()) victim = waiting_.begin();
            dropped = std::move(*victim);
            waiting_.erase(victim);
        }
        waiting_.push_back(std::move(notice));
    }
    arrived_.notify_one();
    if (dropped) say(LogLevel::warning, *dropped, "dropped: too many wait");
}

void Notifier::work(const std::stop_token& stop) {
    for (;;) {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, stop, [this] { return retired_ || !waiting_.empty(); });
        if (stop.stop_requested()) return;
        if (waiting_.empty()) {
            ended_ = true;
            return;
        }
        const Notice notice = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        try {
            handle(notice, stop);
        } catch (const std::exception& error) {
            say(LogLevel::error, notice, error.what());
        }
    }
}

void Notifier::handle(const Notice& notice, const std::stop_token& stop) const {
    for (const HookConfig& hook : hooks_for(config_, notice.kind)) {
        if (!is_left_to_the_job(hook, notice.kind)) run_hook(hook, notice, stop);
    }
    const std::string body = encode_line(notice.body);
    for (std::size_t i = 0; i < config_.webhooks.size(); ++i) {
        const std::optional<Error> failure =
            post_webhook(config_.webhooks[i], body, retries_, stop);
        if (failure) {
            say_failure(notice, *failure);
        } else {
            say(LogLevel::debug, notice, "webhook " + std::to_string(i + 1) + " took it");
        }
    }
}

}  // namespace tsb
