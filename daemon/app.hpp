// The two things tsbackupd can be: the daemon, or one verb run in this process. Names every part
// and wires it; decides nothing else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "daemon/ctl/presenter.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// Runs the daemon until SIGTERM or SIGINT; its exit code. `file` is where `config` was read from,
/// and is read again on SIGHUP. Error when it cannot start.
int run_daemon(const Config& config, const std::filesystem::path& file);

/// Runs `request` as the daemon would, but here, showing it by `presenter`; the exit code of
/// tsbackupctl. A backup takes the repository's lock: Error{repository_locked} while a daemon has
/// it. The rest only reads, and works beside a daemon. Ctrl-C cancels.
int run_in_process(const Config& config, const Request& request, Presenter& presenter);

/// Makes the repository of `config`.
Outcome init_repository(const Config& config);

}  // namespace tsb
