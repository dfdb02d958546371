#include "daemon/repository_lock.hpp"

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace tsb {

void lock_and_recover(Repository& repository) {
    try {
        repository.lock();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::repository_locked) throw;
        throw Error(error.code(), error.what(),
                    "if that is the daemon, ask it with tsbackupctl; if it is a tsbackupd command, "
                    "wait until it has ended");
    }
    for (const std::string& done : repository.recover()) {
        log(LogLevel::info, "", "recovery: " + done);
    }
}

}  // namespace tsb
