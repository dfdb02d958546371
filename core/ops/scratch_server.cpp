#include "core/ops/scratch_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <sstream>

#include "core/base/command.hpp"
#include "core/base/error.hpp"
#include "core/ops/postmaster.hpp"

namespace tsb {

namespace {

constexpr const char* auto_conf = "postgresql.auto.conf";
constexpr const char* log_name = "log";
constexpr std::uint64_t log_begin = 4 << 10;
constexpr std::uint64_t log_end = 16 << 10;
constexpr std::uint64_t largest_pid_file = 8 << 10;
constexpr std::size_t status_line = 7;  // LOCK_FILE_LINE_PM_STATUS of pidfile.h, from 0

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Appends up to `count` bytes from where `file` stands.
void read_some(Fs& fs, const Fd& file, std::uint64_t count, std::string& into) {
    std::array<std::byte, 4096> buffer;
    while (count > 0) {
        const std::size_t most = std::min<std::uint64_t>(count, buffer.size());
        const std::size_t got = fs.read(file.get(), std::span(buffer).first(most));
        if (got == 0) return;
        into += as_text(Bytes(buffer).first(got));
        count -= got;
    }
}

}  // namespace

void require_short_socket(const std::filesystem::path& run) {
    const std::filesystem::path socket = scratch_socket(run);
    const std::size_t length = socket.native().size();
    if (length <= longest_socket_path) return;
    throw Error(ErrorCode::usage,
                "cannot start a server in '" + printable(run.string()) +
                    "': the path of its socket would have " + std::to_string(length) +
                    " bytes, at most " + std::to_string(longest_socket_path) + " are possible",
                "choose a directory with a shorter path");
}

ScratchServer::ScratchServer(Fs& fs, const ScratchPlaces& places, const ScratchProfile& profile,
                             const std::optional<Account>& account)
    : fs_(fs), places_(places), profile_(profile), account_(account) {
    require_short_socket(places_.run);
    const Fd output = prepare();
    ServerLaunch launch;
    launch.argv = scratch_command(places_, profile_);
    launch.environment = clean_environment(account_, {});
    launch.account = account_;
    launch.output = output.get();
    process_ = std::make_unique<ServerProcess>(launch);
}

void ScratchServer::give(const Fd& made) {
    if (account_) fs_.set_owner(made.get(), account_->uid, account_->gid);
}

void ScratchServer::write_file(int directory, const std::string& name, const std::string& text) {
    Fd file = fs_.create_file(directory, name, 0600);
    write_all(fs_, file.get(), as_bytes(text), name);
    give(file);
    fs_.close(std::move(file));
}

// Nothing is synced: no one looks at this after a crash.
Fd ScratchServer::prepare() {
    const Fd parent = fs_.open_root(places_.run.parent_path());
    const std::string name = places_.run.filename().string();
    fs_.make_directory(parent.get(), name, 0700);
    const Fd run = fs_.open_directory(parent.get(), name);
    give(run);
    write_file(run.get(), "postgresql.conf", "# all settings are on the command line\n");
    write_file(run.get(), "pg_hba.conf", "local all all trust\n");
    write_file(run.get(), "pg_ident.conf", "");

    const Fd data = fs_.open_root(places_.data);
    remove_tree(fs_, data.get(), auto_conf);
    write_file(data.get(), auto_conf, "# replaced: this copy is thrown away\n");
    // Written by all processes of the server at one shared position.
    return fs_.create_file(run.get(), log_name, 0600);
}

// As pg_ctl does it: who tried to log in meanwhile would fill the log with refusals.
bool ScratchServer::ready() const {
    const Fd data = fs_.open_root(places_.data);
    if (!fs_.status(data.get(), postmaster_pid_file)) return false;
    const auto lines =
        lines_of(read_whole_file(fs_, data.get(), postmaster_pid_file, largest_pid_file));
    return lines.size() > status_line && lines[status_line].starts_with("ready");
}

std::string ScratchServer::log() const {
    const Fd run = fs_.open_root(places_.run);
    const Fd file = fs_.open_file(run.get(), log_name);
    const std::uint64_t size = fs_.status(file.get()).size;
    std::string bytes;
    if (size > log_begin + log_end) {
        read_some(fs_, file, log_begin, bytes);
        bytes += "\n...\n";
        ::lseek(file.get(), static_cast<off_t>(size - log_end), SEEK_SET);
    }
    read_some(fs_, file, log_begin + log_end, bytes);
    std::string text;
    for (const std::string& line : lines_of(bytes)) text += printable(line) + "\n";
    return text;
}

std::string cause_in_log(const std::string& log) {
    const std::vector<std::string> lines = lines_of(log);
    for (const std::string_view level : {"PANIC:  ", "FATAL:  "}) {
        const auto found = std::find_if(lines.rbegin(), lines.rend(), [&](const std::string& line) {
            return line.find(level) != std::string::npos;
        });
        if (found != lines.rend()) return *found;
    }
    return lines.empty() ? "its log is empty" : lines.back();
}

bool recovery_refused_data(const std::string& log) {
    // The first message of the process that recovers, and messages about the machine.
    constexpr std::array begun = {"database system was interrupted", "starting backup recovery",
                                  "redo starts at"};
    constexpr std::array machine = {
        "No space left on device", "Disk quota exceeded",         "Cannot allocate memory",
        "out of memory",           "out of shared memory",        "could not load library",
        "resource manager with",   "Permission denied",           "Operation not permitted",
        "Too many open files",     "Input/output error",          "terminated by signal 9",
        "received fast shutdown",  "received immediate shutdown", "could not create shared",
        "could not resize shared"};
    const auto says = [&](const char* text) { return log.find(text) != std::string::npos; };
    return std::ranges::any_of(begun, says) && std::ranges::none_of(machine, says);
}

}  // namespace tsb
