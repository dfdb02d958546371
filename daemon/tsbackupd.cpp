// tsbackupd: the backup daemon, and its operations run in this process when no daemon is up.
#include <sys/prctl.h>
#include <sys/stat.h>

#include <csignal>
#include <iostream>

#include "core/base/heap.hpp"
#include "core/base/version.hpp"
#include "daemon/app.hpp"
#include "daemon/ctl/command_line.hpp"
#include "daemon/ctl/programs.hpp"
#include "daemon/ctl/render.hpp"
#include "daemon/ctl/report_files.hpp"
#include "daemon/polkit_rule.hpp"

namespace tsb {
namespace {

std::filesystem::path config_file(const CommandLine& line) {
    const auto file = line.values.find("config");
    return absolute_path(file == line.values.end() ? default_config : file->second);
}

/// The configuration file's, or with --repository alone one that knows just the repository.
Config configuration(const CommandLine& line) {
    const auto file = line.values.find("config");
    const auto repository = line.values.find("repository");
    if (repository == line.values.end()) return load_config(config_file(line));
    const bool needs_cluster =
        line.verb == nullptr || line.verb->name == "backup" || line.verb->name == "prune";
    if (needs_cluster) {
        throw Error(ErrorCode::usage, "--repository is not enough here", "use --config");
    }
    Config config = file == line.values.end() ? Config() : load_config(file->second);
    config.repository = absolute_path(repository->second);
    return config;
}

int run_verb(const CommandLine& line, const std::string& name) {
    const std::string verb(line.verb->name);
    PresenterOptions options =
        presenter_options(name, verb, line.has("json"), line.has("no-progress"));
    options.keep = report_keeper(line);
    Presenter presenter(std::move(options), std::cout, std::cerr);
    try {
        if (compares_reports(line)) return presenter.finish(Outcome(compare_report_files(line)));
        if (flag_arg(line.args, "detach")) {
            throw Error(ErrorCode::usage, "--detach needs the daemon", "use tsbackupctl");
        }
        const Config config = configuration(line);
        set_up_log(LogLevel::warning);  // what goes well is said by the progress line
        if (verb == "init") return presenter.finish(init_repository(config));
        return run_in_process(config, Request(verb, line.args), presenter);
    } catch (...) {
        return presenter.finish(outcome_of(std::current_exception()));
    }
}

int run_command(const CommandLine& line, const ProgramSpec& spec) {
    if (line.has("help")) {
        std::cout << (line.verb == nullptr ? program_help(spec) : verb_help(spec, *line.verb));
        return 0;
    }
    if (line.has("version")) {
        std::cout << spec.name << " " << version << std::endl;
        return 0;
    }
    if (line.verb != nullptr) return run_verb(line, spec.name);
    const Config config = configuration(line);
    if (line.has("check-config")) {
        std::cout << "configuration is good: " << config.clusters.size() << " cluster(s)\n";
        return 0;
    }
    const auto rule_for = line.values.find("polkit-rule");
    if (rule_for != line.values.end()) {
        std::cout << polkit_rule(config, rule_for->second);
        return 0;
    }
    set_up_log(config.log_level, config.log_format);
    return run_daemon(config, config_file(line));
}

int run(int argc, char** argv) {
    keep_freed_memory();
    // Before anything is made or read: files for nobody else, and no core with a password in it.
    umask(0077);
    prctl(PR_SET_DUMPABLE, 0);
    // Whoever started us may ignore it, which is inherited: hooks must be waited for.
    static_cast<void>(std::signal(SIGCHLD, SIG_DFL));
    const ProgramSpec spec = daemon_program();
    try {
        return run_command(parse_command_line(spec, words_of(argc, argv)), spec);
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
