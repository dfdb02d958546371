#include "core/ops/recovery_watch.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds shortest_pause{500};
constexpr std::uint64_t control_file_limit = 64 << 10;

/// A server that starts says so before it says anything of its recovery.
constexpr std::string_view start_mark = "database system was ";
constexpr std::array<std::string_view, 3> position_marks = {"redo starts at ",
                                                            "current LSN: ", "redo done at "};

std::optional<Lsn> position_in(std::string_view line) {
    for (const std::string_view mark : position_marks) {
        const std::size_t at = line.find(mark);
        if (at == std::string_view::npos) continue;
        const std::string_view rest = line.substr(at + mark.size());
        return parse_lsn(rest.substr(0, rest.find_first_not_of("0123456789ABCDEF/")));
    }
    return std::nullopt;
}

}  // namespace

std::optional<Lsn> replayed_position(const std::string& log) {
    std::optional<Lsn> position;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        if (line.find(start_mark) != std::string::npos) position.reset();
        if (const std::optional<Lsn> here = position_in(line)) position = here;
    }
    return position;
}

RecoveryWatch::RecoveryWatch(Lsn start, Lsn end, std::filesystem::path data_directory, Log log,
                             ProgressMeter& meter)
    : start_(start),
      end_(end),
      data_(std::move(data_directory)),
      log_(std::move(log)),
      meter_(meter) {}

asio::awaitable<void> RecoveryWatch::look() {
    const auto now = std::chrono::steady_clock::now();
    if (looked_ && now - *looked_ < shortest_pause) co_return;
    looked_ = now;
    std::function<void()> work = [this] { look_blocking(); };
    co_await run_on_thread(std::move(work));
}

void RecoveryWatch::look_blocking() {
    meter_.replay_bytes = end_.value - start_.value;
    try {
        Fs& fs = real_fs();
        const Fd data = fs.open_root(data_);
        const std::string file =
            read_whole_file(fs, data.get(), pg_control_path, control_file_limit);
        reached(parse_pg_control(as_bytes(file)).min_recovery_point);
    } catch (const Error&) {
        // The server is writing it, or does not let us read it.
    }
    if (const std::optional<Lsn> position = replayed_position(log_())) reached(*position);
}

void RecoveryWatch::reached(Lsn position) {
    if (position < start_) return;  // also of a pg_control that names none
    const std::uint64_t replayed = std::min(position, end_).value - start_.value;
    if (replayed > meter_.replayed_bytes) meter_.replayed_bytes = replayed;
}

}  // namespace tsb
