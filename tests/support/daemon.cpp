#include "tests/support/daemon.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace tsb::test {
namespace {

namespace fs = std::filesystem;

// Copies of the programs that every account may read and run.
class Programs {
public:
    Programs() {
        for (const char* built : {TSB_DAEMON_PROGRAM, TSB_CLIENT_PROGRAM}) {
            const auto copy = scratch_ / fs::path(built).filename().string();
            fs::copy_file(built, copy);
            chmod(copy.c_str(), 0755);
        }
    }
    std::string path(const std::string& name) const { return scratch_ / name; }

private:
    Scratch scratch_;
};

void refuse_sanitizer_report(const std::string& text) {
    if (contains(text, "Sanitizer") || contains(text, "runtime error:")) {
        throw std::runtime_error("sanitizer report:\n" + text);
    }
}

bool answers(const fs::path& path) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return connected;
}

std::string yaml_for(const ClusterEntry& cluster, const fs::path& targets) {
    std::ostringstream text;
    text << "  " << cluster.name << ":\n    connection: \"" << cluster.connection << "\"\n";
    if (!cluster.password_file.empty()) {
        text << "    password_file: " << cluster.password_file << "\n";
    }
    if (!cluster.backup.empty()) text << "    backup:\n";
    for (const auto& line : cluster.backup) text << "      " << line << "\n";
    for (const auto& line : cluster.others) text << "    " << line << "\n";
    text << "    restore:\n      allowed_targets: [" << targets.string() << "]\n"
         << "      server_binaries: [" << server_programs(PgVersion::pg15).string() << ", "
         << server_programs(PgVersion::pg17).string() << "]\n";
    for (const auto& line : cluster.restore) text << "      " << line << "\n";
    return text.str();
}

std::vector<ClusterEntry> main_cluster(const PgServer& server) {
    return {ClusterEntry("main", server.connection())};
}

}  // namespace

RunOptions program_options() {
    RunOptions options;
    options.as_server_user = true;
    // The daemon forbids being traced, which the leak check of an unprivileged process needs.
    options.environment = {{"ASAN_OPTIONS", "detect_leaks=0:exitcode=99"},
                           {"UBSAN_OPTIONS", "print_stacktrace=1"},
                           {"TZ", "Europe/Berlin"},
                           {"HOME", "/nonexistent"}};
    return options;
}

std::string program_path(const std::string& name) {
    static const Programs programs;
    return programs.path(name);
}

CommandResult run_program(const Arguments& argv, const RunOptions& options) {
    auto result = run(argv, options);
    refuse_sanitizer_report(result.out + result.err);
    return result;
}

Daemon::Daemon(const std::vector<ClusterEntry>& clusters) {
    scratch_.directory("run");
    scratch_.directory("restored");
    configure(clusters);
    const auto made = in_process({"init"});
    if (made.status != 0) throw std::runtime_error("init: " + made.out + made.err);
}

Daemon::Daemon(const PgServer& server) : Daemon(main_cluster(server)) {}

Daemon::~Daemon() {
    try {
        if (!process_.running()) return;
        const int status = stop();
        if (status != 0) std::cerr << "tsbackupd ended with " << status << "\n" << log();
    } catch (const std::exception& error) {
        std::cerr << "tsbackupd: " << error.what() << "\n";
    }
}

void Daemon::configure(const std::vector<ClusterEntry>& clusters) {
    std::string yaml = "repository: " + repository().string() + "\nlog:\n  level: debug\n" +
                       "control:\n  socket: " + (scratch_ / "run/control.sock").string() +
                       "\nclusters:\n";
    for (const auto& cluster : clusters) yaml += yaml_for(cluster, scratch_ / "restored");
    write_file(config_file(), yaml);
    give_to_server_user(config_file());
}

Arguments Daemon::daemon_command() const {
    return {program_path("tsbackupd"), "--config", config_file()};
}

void Daemon::start() {
    start_under({});
    if (!process_.running()) throw std::runtime_error("tsbackupd does not start:\n" + log());
}

void Daemon::start_under(const Arguments& runner) {
    Arguments command = runner;
    for (const auto& argument : daemon_command()) command.push_back(argument);
    process_ = Background(command, program_options(), scratch_ / "daemon.log");
    const auto socket_path = scratch_ / "run/control.sock";
    const bool decided = eventually([&] { return !process_.running() || answers(socket_path); });
    if (!decided) throw std::runtime_error("tsbackupd neither answers nor ends:\n" + log());
}

int Daemon::stop() {
    process_.signal(SIGTERM);
    process_.signal(SIGCONT);
    const int status = process_.wait();
    refuse_sanitizer_report(log());
    return status;
}

void Daemon::kill9() {
    process_.signal(SIGKILL);
    process_.wait();
}

CommandResult Daemon::ctl(const Arguments& arguments) {
    Arguments argv{program_path("tsbackupctl"), "--socket", scratch_ / "run/control.sock"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_program(argv, program_options());
}

Background Daemon::ctl_beside(const Arguments& arguments, const fs::path& log) {
    Arguments argv{program_path("tsbackupctl"), "--socket", scratch_ / "run/control.sock"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Background(argv, program_options(), log);
}

nlohmann::json Daemon::ask(const Arguments& arguments) {
    Arguments argv{"--json"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto result = ctl(argv);
    if (result.status != 0) {
        throw std::runtime_error("tsbackupctl " + arguments.front() + ": exit status " +
                                 std::to_string(result.status) + "\n" + result.out + result.err);
    }
    std::istringstream lines(result.out);
    std::string line;
    std::string last;
    while (std::getline(lines, line)) last = line;
    return nlohmann::json::parse(last).at("ok");
}

CommandResult Daemon::in_process(const Arguments& arguments) {
    auto argv = daemon_command();
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_program(argv, program_options());
}

std::string Daemon::backup(const Arguments& options) {
    Arguments arguments{"backup", "main", "--no-progress"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return ask(arguments).at("backup_id");
}

std::vector<std::string> Daemon::listed() {
    std::vector<std::string> ids;
    const auto answer = ask({"list"});
    for (const auto& entry : answer.at("backups")) ids.push_back(entry.at("backup_id"));
    return ids;
}

fs::path Daemon::backup_directory(const std::string& id) const {
    return repository() / "main/backups" / id;
}

}  // namespace tsb::test
