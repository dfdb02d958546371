#include "daemon/slot_watch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/backup_request.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

std::string warning_of(const std::string& cluster, const OwnSlot& slot) {
    return fmt::format(
        "cluster {}: no backup runs, but its server has the replication slot {} ({})", cluster,
        describe_slot(slot), slot_remedy(slot));
}

}  // namespace

SlotWatch::SlotWatch(const asio::any_io_executor& loop, Service& service, Pauses pauses)
    : service_(service), pauses_(pauses), timer_(loop) {}

asio::awaitable<void> SlotWatch::run() {
    while (!stopping_) {
        woken_ = false;
        const std::shared_ptr<const Config> config = service_.config();
        const auto is_gone = [&](const auto& known) { return !config->find_cluster(known.first); };
        std::erase_if(left_, is_gone);
        std::erase_if(due_, is_gone);
        Time next = Time::max();
        for (const ClusterConfig& cluster : config->clusters) {
            const Time now = std::chrono::steady_clock::now();
            const Time due = due_.try_emplace(cluster.name, now + pauses_.first).first->second;
            // The end of a backup that runs makes it due anew.
            if (due <= now && !is_backed_up(cluster.name)) co_await look(cluster);
            if (stopping_) co_return;
            if (!is_backed_up(cluster.name)) next = std::min(next, due_.at(cluster.name));
        }
        if (woken_) continue;
        timer_.expires_at(next);
        boost::system::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void SlotWatch::stop() {
    stopping_ = true;
    timer_.cancel();
}

void SlotWatch::backup_ended(const std::string& cluster) {
    due_[cluster] = std::chrono::steady_clock::now() + pauses_.first;
    wake();
}

void SlotWatch::wake() {
    woken_ = true;
    timer_.cancel();
}

asio::awaitable<void> SlotWatch::look(const ClusterConfig& cluster) {
    const Time again = std::chrono::steady_clock::now() + pauses_.again;
    due_[cluster.name] = again;
    const BackupOptions options = backup_options(cluster, Json::object());
    std::vector<OwnSlot> slots;
    try {
        slots = co_await read_own_slots(service_.connect, options.connection,
                                        service_.stopping.get_token());
    } catch (const std::exception&) {
        // The next backup and `check` tell why the server cannot be asked.
        left_.erase(cluster.name);
        co_return;
    }
    // A backup that was taken meanwhile has made another look due.
    if (due_[cluster.name] == again) take_over(cluster.name, std::move(slots));
}

void SlotWatch::take_over(const std::string& cluster, std::vector<OwnSlot> slots) {
    std::vector<OwnSlot>& known = left_[cluster];
    if (slots.empty()) {
        if (!known.empty())
            log(LogLevel::info, "", "the server of " + cluster + " has no slot of ours left");
        left_.erase(cluster);
        due_[cluster] = Time::max();
        return;
    }
    for (const OwnSlot& slot : slots) {
        const bool told = std::any_of(known.begin(), known.end(), [&](const OwnSlot& other) {
            return other.name == slot.name;
        });
        if (!told) log(LogLevel::warning, "", warning_of(cluster, slot));
    }
    known = std::move(slots);
}

bool SlotWatch::is_backed_up(const std::string& cluster) const {
    const std::vector<JobPointer> jobs = service_.jobs.present();
    return std::any_of(jobs.begin(), jobs.end(), [&](const JobPointer& job) {
        return job->spec.kind == "backup" && job->spec.cluster == cluster;
    });
}

std::vector<std::string> SlotWatch::warnings() const {
    std::vector<std::string> sentences;
    for (const auto& [cluster, slots] : left_) {
        if (is_backed_up(cluster)) continue;
        for (const OwnSlot& slot : slots) sentences.push_back(warning_of(cluster, slot));
    }
    return sentences;
}

}  // namespace tsb
