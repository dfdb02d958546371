#include "daemon/ctl/progress_view.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/base/human.hpp"
#include "core/base/progress.hpp"

namespace tsb {
namespace {

constexpr auto rate_window = std::chrono::seconds(5);
constexpr std::uint64_t megabyte = 1 << 20;

bool moves_bytes(const std::string& phase) {
    return phase == to_string(Phase::copying) || phase == to_string(Phase::verifying) ||
           phase == to_string(Phase::extracting);
}

std::string doing(const std::string& kind) {
    if (kind == "backup") return "Backing up";
    if (kind == "verify") return "Verifying";
    if (kind == "restore") return "Restoring";
    if (kind == "drill") return "Drilling";
    if (kind == "dump") return "Dumping";
    if (kind == "explore") return "Exploring";
    return printable(kind);
}

/// "42% (1234/2900 MB) 310 MB/s ETA 0:06", as much of it as is known.
std::string amount_text(const ProgressEvent& event, std::uint64_t rate) {
    std::string out;
    if (event.bytes_total == 0) {
        out = fmt::format("{} MB", event.bytes_done / megabyte);
    } else {
        // The total is the server's estimate from before the copy: what has come may be more.
        const std::uint64_t total = std::max(event.bytes_total, event.bytes_done);
        const auto percent = static_cast<unsigned>(100.0 * static_cast<double>(event.bytes_done) /
                                                   static_cast<double>(total));
        out = fmt::format("{}% ({}/{} MB)", percent, event.bytes_done / megabyte, total / megabyte);
    }
    if (rate == 0) return out;
    out += fmt::format(" {} MB/s", rate / megabyte);
    if (event.bytes_total > event.bytes_done) {
        const std::uint64_t left = event.bytes_total - event.bytes_done;
        const std::chrono::seconds eta((left + rate - 1) / rate);
        out += " ETA " + human_clock(eta);
    }
    return out;
}

std::string files_text(const ProgressEvent& event) {
    return event.files_total == 0
               ? fmt::format("Extracted {} files... ", event.files_done)
               : fmt::format("Extracted {}/{} files... ", event.files_done, event.files_total);
}

}  // namespace

void RateWindow::add(Time now, std::uint64_t bytes_done) {
    // A job that starts counting anew (verify of the next backup) starts a new window.
    if (!samples_.empty() && bytes_done < samples_.back().bytes) samples_.clear();
    samples_.push_back({now, bytes_done});
    while (samples_.size() > 2 && now - samples_.front().time > rate_window) samples_.pop_front();
}

std::uint64_t RateWindow::bytes_per_second() const {
    if (samples_.size() < 2) return 0;
    const std::chrono::duration<double> span = samples_.back().time - samples_.front().time;
    if (span.count() <= 0) return 0;
    const std::uint64_t moved = samples_.back().bytes - samples_.front().bytes;
    return static_cast<std::uint64_t>(static_cast<double>(moved) / span.count());
}

std::string progress_text(const ProgressEvent& event, std::uint64_t bytes_per_second) {
    if (event.phase == to_string(Phase::extracting)) {
        return files_text(event) + amount_text(event, bytes_per_second);
    }
    if (event.phase == to_string(Phase::recovering) && event.bytes_total > 0) {
        return fmt::format("{}: {}, {} of {} of WAL replayed", doing(event.kind), event.phase,
                           human_size(event.bytes_done), human_size(event.bytes_total));
    }
    const bool counted = event.bytes_done > 0 || event.bytes_total > 0;
    const std::string what = counted && moves_bytes(event.phase)
                                 ? amount_text(event, bytes_per_second)
                                 : printable(event.phase);
    return doing(event.kind) + ": " + what;
}

std::string cut_to_width(std::string text, std::size_t width) {
    if (text.size() > width) text.resize(width);
    return text;
}

}  // namespace tsb
