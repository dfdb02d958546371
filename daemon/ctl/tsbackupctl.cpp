// The thin client of tsbackupd: reads a command line, sends one request, shows what comes back.
#include <spdlog/fmt/fmt.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "core/base/version.hpp"
#include "daemon/ctl/command_line.hpp"
#include "daemon/ctl/completions.hpp"
#include "daemon/ctl/connection.hpp"
#include "daemon/ctl/presenter.hpp"
#include "daemon/ctl/programs.hpp"
#include "daemon/ctl/render.hpp"
#include "daemon/ctl/report_files.hpp"

namespace tsb {
namespace {

constexpr auto silence_limit = std::chrono::seconds(120);

std::string socket_path(const CommandLine& line) {
    const auto given = line.values.find("socket");
    if (given != line.values.end()) return given->second;
    const char* from_environment = std::getenv("TSBACKUP_SOCKET");
    return from_environment != nullptr && *from_environment != '\0' ? from_environment
                                                                    : default_socket;
}

/// SIGINT and SIGTERM as something to poll for, so that none is missed between two reads.
Fd interrupts() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return Fd(signalfd(-1, &set, SFD_CLOEXEC));
}

int taken_signal(const Fd& signals) {
    signalfd_siginfo info{};
    const ssize_t count = ::read(signals.get(), &info, sizeof(info));
    return count == static_cast<ssize_t>(sizeof(info)) ? static_cast<int>(info.ssi_signo) : SIGINT;
}

void ask_to_cancel(const std::string& path, const std::string& job) {
    const Request cancel("cancel", {{"job", job}});
    Connection(path, cancel).next(-1, silence_limit);
}

/// Shows what would be done. The backup that was shown is the one that is meant from then on.
void show_plan(CommandLine& line) {
    Json args = line.args;
    args["plan"] = true;
    Connection connection(socket_path(line), Request(std::string(line.verb->name), args));
    std::optional<ReplyLine> reply;
    do {
        reply = connection.next(-1, silence_limit);
    } while (reply && reply->event);
    const Outcome& outcome = reply.value().outcome;
    std::cerr << render_result(std::string(line.verb->name), outcome.result);
    if (outcome.failure) throw Error(*outcome.failure);
    line.args["backup"] = outcome.result.value("backup_id", text_arg(line.args, "backup"));
    line.args["cluster"] = outcome.result.value("cluster", text_arg(line.args, "cluster"));
}

std::string question(const CommandLine& line) {
    if (flag_arg(line.args, "undo")) {
        return "Stop the server and put its old data back now?";
    }
    if (flag_arg(line.args, "cleanup")) {
        return "Remove what restores in place kept, for good?";
    }
    const std::string what = text_arg(line.args, std::string(line.verb->positional).c_str());
    return fmt::format(fmt::runtime(line.verb->confirm), printable(what));
}

/// Asks what the verb wants to be asked, when a person sits there who can answer.
void require_consent(CommandLine& line) {
    // A dump is written to a new file: there is nothing to be asked.
    const bool settled =
        line.has("yes") || flag_arg(line.args, "plan") || line.args.contains("database");
    if (line.verb->confirm.empty() || settled || ::isatty(STDIN_FILENO) == 0) return;
    const std::string backup = text_arg(line.args, std::string(line.verb->positional).c_str());
    if (line.verb->has_plan() && !backup.empty()) show_plan(line);
    std::cerr << question(line) << " [y/N] ";
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "yes") return;
    throw Error(ErrorCode::cancelled, "nothing was done");
}

int run_verb(const CommandLine& line, const std::string& name) {
    const std::string path = socket_path(line);
    PresenterOptions options = presenter_options(name, std::string(line.verb->name),
                                                 line.has("json"), line.has("no-progress"));
    options.keep = report_keeper(line);
    Presenter presenter(std::move(options), std::cout, std::cerr);
    if (line.verb->name == "version" && !line.has("json")) {
        std::cout << name << " " << version << std::endl;
    }
    try {
        if (compares_reports(line)) return presenter.finish(Outcome(compare_report_files(line)));
        const Fd signals = interrupts();
        Connection connection(path, Request(std::string(line.verb->name), line.args));
        while (true) {
            auto reply = connection.next(signals.get(), silence_limit);
            if (reply && !reply->event) return presenter.finish(std::move(reply->outcome));
            if (reply) {
                presenter.event(std::move(*reply->event), std::chrono::steady_clock::now());
                continue;
            }
            const int signal = taken_signal(signals);
            if (line.has("cancel-on-exit") && !presenter.job().empty()) {
                ask_to_cancel(path, presenter.job());
                continue;
            }
            presenter.leave();
            return 128 + signal;
        }
    } catch (...) {
        return presenter.finish(outcome_of(std::current_exception()));
    }
}

int run(int argc, char** argv) {
    const ProgramSpec spec = client_program();
    try {
        CommandLine line = parse_command_line(spec, words_of(argc, argv));
        if (line.has("help")) {
            std::cout << (line.verb == nullptr ? program_help(spec) : verb_help(spec, *line.verb));
            return 0;
        }
        if (line.has("version")) {
            std::cout << spec.name << " " << version << std::endl;
            return 0;
        }
        const auto wanted = line.values.find("complete");
        if (wanted != line.values.end()) {
            print_completions(socket_path(line), wanted->second, std::cout);
            return 0;
        }
        if (line.verb == nullptr) {
            throw Error(ErrorCode::usage, "no command given", "--help lists the commands");
        }
        require_consent(line);
        return run_verb(line, spec.name);
    } catch (const Error& error) {
        std::cerr << render_error(spec.name, error);
        return kind_of(error.code()).exit_code;
    } catch (const std::exception& error) {
        std::cerr << render_error(spec.name, Error(ErrorCode::internal, error.what()));
        return kind_of(ErrorCode::internal).exit_code;
    }
}

}  // namespace
}  // namespace tsb

int main(int argc, char** argv) {
    return tsb::run(argc, argv);
}
