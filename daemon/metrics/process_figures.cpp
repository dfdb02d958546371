#include "daemon/metrics/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tsb {
namespace {

constexpr double nanosecond = 1e-9;
constexpr double microsecond = 1e-6;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * microsecond;
}

double clock_seconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * nanosecond;
}

/// Not from the boot time in /proc/stat, which a service may not see. Looked at once, so that a
/// clock that is set does not make it another process.
double start_time() {
    static const double started = [] {
        std::ifstream file("/proc/self/stat");
        const std::string stat(std::istreambuf_iterator<char>(file), {});
        const std::uint64_t ticks = start_ticks(stat);
        if (ticks == 0) return 0.0;
        const double since_boot =
            static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        return clock_seconds(CLOCK_REALTIME) - clock_seconds(CLOCK_BOOTTIME) + since_boot;
    }();
    return started;
}

std::uint64_t open_files() {
    std::error_code failed;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end;
         !failed && each != end; each.increment(failed)) {
        ++count;
    }
    return count == 0 ? 0 : count - 1;  // but for the one that looks
}

}  // namespace

ProcessFigures process_figures() {
    ProcessFigures figures;
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        figures.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) figures.most_files = files.rlim_cur;
    figures.open_files = open_files();
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    std::ifstream memory("/proc/self/statm");
    if (memory >> pages >> resident) {
        figures.virtual_bytes = pages * page;
        figures.resident_bytes = resident * page;
    }
    figures.started_at = start_time();
    return figures;
}

std::uint64_t start_ticks(const std::string& stat) {
    constexpr int fields_between = 19;  // the third to the 21st; it is the 22nd
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream rest(stat.substr(name_end + 1));
    std::string field;
    for (int i = 0; i < fields_between; ++i) rest >> field;
    std::uint64_t ticks = 0;
    return rest >> ticks ? ticks : 0;
}

}  // namespace tsb
