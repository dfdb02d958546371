// A daemon that meets a hostile server: a real one behind a proxy that lies.
#pragma once

#include "tests/integration/ground.hpp"
#include "tests/integration/tampering.hpp"

namespace tsb::test {

struct HostileCase {
    std::string name;
    Tampering tampering;
    std::string cause;  // words of the one line that the client prints
};

/// A small server, the proxy before it, and a daemon with one good backup of it.
class HostileGround {
public:
    using Look = std::function<void(const std::filesystem::path& backup)>;

    explicit HostileGround(PgVersion version, const Arguments& backup_options = {});

    /// Backs up while the server does what the case says: exit status 1, one line with the case's
    /// cause, no file or directory more or less than before, no slot left on the server.
    void check_refused(const HostileCase& hostile);
    /// The same for what a client may pass over: the backup is good, `look` sees its directory,
    /// and it is removed.
    void check_harmless(const HostileCase& hostile, const Look& look = {});
    /// One of the two. The case may miss: there need not be a message like the one it means.
    void check_refused_or_harmless(const HostileCase& hostile);
    /// The earlier backup is the only one, and good; the daemon ends well.
    void check_end();

    /// The absolute path of something that is not there and that the daemon could make.
    std::string outside() const { return daemon_.scratch() / "restored/canary"; }

private:
    using Paths = std::vector<std::string>;

    CommandResult back_up(const Tampering& tampering);
    void check_failed(const CommandResult& result, const std::string& cause, const Paths& before);
    void check_good(const Look& look);
    void discard_newest();
    Paths paths() const;

    Arguments options_;
    PgServer server_;
    TamperingProxy proxy_;
    Daemon daemon_;
    std::string first_;
    int changed_ = 0;  // messages of the last backup that were tampered with
};

}  // namespace tsb::test
