#include "tests/support/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace tsb::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Descriptor {
    explicit Descriptor(int number) : fd(number) {
        if (fd < 0) throw std::runtime_error(std::string("open: ") + std::strerror(errno));
    }
    ~Descriptor() { close(fd); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int fd;
};

std::string content_of(int fd) {
    std::string text;
    char buffer[65536];
    ssize_t count = 0;
    lseek(fd, 0, SEEK_SET);
    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

Arguments with_guards(const Arguments& argv, bool as_server_user) {
    Arguments guarded{"setpriv", "--pdeathsig", "KILL"};
    if (as_server_user && !server_user().empty()) {
        guarded.insert(guarded.end(),
                       {"--reuid=" + server_user(), "--regid=" + server_user(), "--init-groups"});
    }
    guarded.insert(guarded.end(), argv.begin(), argv.end());
    return guarded;
}

std::vector<std::string> environment_with(const RunOptions& options) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view existing = *entry;
        const auto name = existing.substr(0, existing.find('='));
        bool replaced = false;
        for (const auto& [key, value] : options.environment) replaced |= key == name;
        if (!replaced) merged.emplace_back(existing);
    }
    for (const auto& [key, value] : options.environment) merged.push_back(key + "=" + value);
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

pid_t spawn(const Arguments& argv, const RunOptions& options, int in, int out, int err) {
    auto guarded = with_guards(argv, options.as_server_user);
    auto environment = environment_with(options);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    // The work tree may be closed to the server's user.
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    pid_t pid = -1;
    const int failure = posix_spawnp(&pid, guarded[0].c_str(), &actions, nullptr,
                                     pointers(guarded).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error("cannot run " + joined(argv));
    return pid;
}

// By number: the header of glibc 2.36 declares the function for C alone.
int process_handle(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

int memory_file(const char* name) {
    return memfd_create(name, MFD_CLOEXEC);
}

}  // namespace

std::string server_user() {
    return geteuid() == 0 ? "postgres" : "";
}

CommandResult run(const Arguments& argv, const RunOptions& options) {
    const Descriptor in(memory_file("in"));
    const Descriptor out(memory_file("out"));
    const Descriptor err(memory_file("err"));
    if (write(in.fd, options.input.data(), options.input.size()) < 0) {
        throw std::runtime_error("cannot pass input to " + joined(argv));
    }
    lseek(in.fd, 0, SEEK_SET);
    const pid_t pid = spawn(argv, options, in.fd, out.fd, err.fd);
    const Descriptor handle(process_handle(pid));
    pollfd waiting{handle.fd, POLLIN, 0};
    const auto limit = std::chrono::milliseconds(options.limit).count();
    const bool in_time = poll(&waiting, 1, static_cast<int>(limit)) == 1;
    if (!in_time) kill(pid, SIGKILL);
    int status = 0;
    CommandResult result;
    wait4(pid, &status, 0, &result.usage);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = content_of(out.fd);
    result.err = content_of(err.fd);
    if (!in_time) {
        throw std::runtime_error("still running after the limit: " + joined(argv) + "\n" +
                                 result.out + result.err);
    }
    return result;
}

std::string must_run(const Arguments& argv, const RunOptions& options) {
    auto result = run(argv, options);
    if (result.status != 0) {
        throw std::runtime_error("exit status " + std::to_string(result.status) +
                                 " of: " + joined(argv) + "\n" + result.out + result.err);
    }
    return std::move(result.out);
}

bool is_gone(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    return !(stat >> number >> name >> state) || state == "Z";
}

Background::Background(const Arguments& argv, const RunOptions& options,
                       const std::filesystem::path& log) {
    const Descriptor in(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor out(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    pid_ = spawn(argv, options, in.fd, out.fd, out.fd);
    ended_ = false;
}

Background::Background(Background&& other) noexcept {
    *this = std::move(other);
}

Background& Background::operator=(Background&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    std::swap(ended_, other.ended_);
    return *this;
}

Background::~Background() {
    if (ended_) return;
    kill(pid_, SIGKILL);
    kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
}

bool Background::reap(int timeout_ms) {
    if (ended_) return true;
    const Descriptor handle(process_handle(pid_));
    pollfd waiting{handle.fd, POLLIN, 0};
    if (poll(&waiting, 1, timeout_ms) != 1) return false;
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended_ = true;
    return true;
}

bool Background::running() {
    return !reap(0);
}

void Background::signal(int number) {
    if (running()) kill(pid_, number);
}

int Background::wait(std::chrono::seconds limit) {
    if (!reap(static_cast<int>(std::chrono::milliseconds(limit).count()))) {
        throw std::runtime_error("process " + std::to_string(pid_) + " does not end");
    }
    return status_;
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    while (!condition()) {
        if (SteadyClock::now() > deadline) return false;
        poll(nullptr, 0, 20);
    }
    return true;
}

std::string joined(const Arguments& argv) {
    std::string text;
    for (const auto& argument : argv) text += (text.empty() ? "" : " ") + argument;
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string read_file(const std::filesystem::path& file) {
    const std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace tsb::test
