#include "daemon/ctl/programs.hpp"

namespace tsb {

ProgramSpec client_program() {
    ProgramSpec spec;
    spec.name = "tsbackupctl";
    spec.summary = "asks tsbackupd to back up, verify and restore PostgreSQL clusters";
    spec.globals = {
        {"socket", "PATH",
         "control socket; default $TSBACKUP_SOCKET, then " + std::string(default_socket)},
        {"json", "", "print events and the result as JSON lines", OptionUse::with_command},
        {"version", "", "print the version of this program, and exit"},
        {"complete", "WHAT", "names of backups, clusters or jobs", OptionUse::by_scripts},
    };
    for (const VerbSpec& verb : verb_specs()) {
        if (verb.right != Right::none) spec.verbs.push_back(&verb);
    }
    return spec;
}

ProgramSpec daemon_program() {
    ProgramSpec spec;
    spec.name = "tsbackupd";
    spec.summary = "backs up PostgreSQL and TimescaleDB clusters; without a command: the daemon";
    spec.globals = {
        {"config", "FILE", "configuration; default " + std::string(default_config)},
        {"repository", "DIR", "for commands that need no configuration but a repository"},
        {"check-config", "", "say whether the configuration is good, and exit",
         OptionUse::without_command},
        {"polkit-rule", "USER",
         "print the polkit rule that lets USER run the systemctl commands of the configuration, "
         "and exit",
         OptionUse::without_command},
        {"version", "", "print the version, and exit"},
        {"json", "", "commands: print events and the result as JSON lines",
         OptionUse::with_command},
    };
    for (const VerbSpec& verb : verb_specs()) {
        if (verb.in_process) spec.verbs.push_back(&verb);
    }
    return spec;
}

}  // namespace tsb
