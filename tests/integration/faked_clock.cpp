#include "tests/integration/faked_clock.hpp"

#include <stdexcept>

#include "tests/support/daemon.hpp"

namespace tsb::test {
namespace {

namespace fs = std::filesystem;

/// In the directory of the machine's architecture, /usr/lib/x86_64-linux-gnu for example.
fs::path library() {
    for (const auto& directory : fs::directory_iterator("/usr/lib")) {
        const auto file = directory.path() / "faketime/libfaketimeMT.so.1";
        std::error_code none;
        if (fs::exists(file, none)) return file;
    }
    throw std::runtime_error("libfaketime is missing: install the package faketime");
}

/// ASan wants to be the first library. It must not look at the clock while it allocates either:
/// libfaketime allocates when asked for the time, and waits for itself for ever.
std::string asan_options() {
    std::string options = "ASAN_OPTIONS=";
    for (const auto& [name, value] : program_options().environment) {
        if (name == "ASAN_OPTIONS") options += value + ":";
    }
    return options + "verify_asan_link_order=0:allocator_release_to_os_interval_ms=-1";
}

}  // namespace

FakedClock::FakedClock(const Scratch& scratch, SystemTime now)
    : file_(scratch / "clock"), timers_(scratch / "real_timers.so") {
    set(now);
    fs::copy_file(TSB_REAL_TIMERS, timers_);  // the work tree may be closed to the daemon
}

void FakedClock::set(SystemTime now) {
    now_ = now;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const fs::path next = file_.string() + ".next";
    write_file(next, std::to_string(seconds));
    fs::rename(next, file_);
}

Arguments FakedClock::runner() const {
    return {"env",
            "LD_PRELOAD=" + timers_.string() + ":" + library().string(),
            "FAKETIME_TIMESTAMP_FILE=" + file_.string(),
            "FAKETIME_FMT=%s",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1",
            asan_options()};
}

void FakedClock::clear_up_after(pid_t killed) {
    const std::string pid = std::to_string(killed);
    fs::remove("/dev/shm/faketime_shm_" + pid);
    fs::remove("/dev/shm/sem.faketime_sem_" + pid);
}

}  // namespace tsb::test
