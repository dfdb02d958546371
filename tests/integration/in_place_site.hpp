// A cluster that a daemon restores in place: with a tablespace, rows to lose, and the commands that
// start its server.
#pragma once

#include <optional>

#include "tests/integration/ground.hpp"
#include "tests/integration/small_disk.hpp"

namespace tsb::test {

/// What Site::rows() tells of the data as it was made, and after Site::damage().
inline constexpr const char* whole = "1000|500";
inline constexpr const char* damaged = "0|7";

/// Whether data directory and tablespace are file systems of their own; that needs root.
enum class SiteKind { directories, mount_points };

/// A server that a daemon stops by signal and starts with pg_ctl.
class Site {
public:
    explicit Site(PgVersion version, SiteKind kind = SiteKind::directories);
    /// The server that runs now may be one that pg_ctl started.
    ~Site();
    Site(const Site&) = delete;

    std::filesystem::path data() const { return server_.data(); }
    std::filesystem::path tablespace() const { return place_ / "fast" / "here"; }
    PgServer& server() { return server_; }
    Daemon& daemon() { return daemon_; }
    std::string rows();
    void damage();
    std::string started_at();
    nlohmann::json restore(const std::string& id, const Arguments& options = {});
    /// What the daemon is configured with.
    std::vector<ClusterEntry> entries() const;
    /// Starts the server as the daemon does.
    void start_server();

private:
    Arguments start_command() const;

    Scratch place_;
    std::optional<SmallDisk> data_disk_;
    std::optional<SmallDisk> tablespace_disk_;
    PgServer server_;
    Daemon daemon_;
};

/// What restores in place keep beside `directory`.
std::vector<std::string> names_beside(const std::filesystem::path& directory);

/// A restore, its undo and a cleaning up, with all that must be true in between.
void check_there_and_back(Site& site);

}  // namespace tsb::test
