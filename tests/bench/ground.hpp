// What the cases stand on: the server with the data set, a daemon that backs it up, and new
// directories for what each run writes, so that the disk never holds more than one run's.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/bench/options.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/server.hpp"

namespace tsb::bench {

/// A name in a directory of the servers' account, where nothing is. What is made there goes with
/// the object.
class NewPlace {
public:
    explicit NewPlace(const std::filesystem::path& parent);
    ~NewPlace();
    NewPlace(const NewPlace&) = delete;
    NewPlace& operator=(const NewPlace&) = delete;
    const std::filesystem::path& path() const { return path_; }
    /// Makes it an empty directory of the servers' account.
    void make() const;

private:
    std::filesystem::path path_;
};

/// Server and daemon are made when a case first asks for one of them.
class Ground {
public:
    explicit Ground(const Options& options) : options_(options) {}

    const Options& options() const { return options_; }
    bool made() const { return daemon_ != nullptr; }
    test::PgServer& server();
    test::Daemon& daemon();
    std::uint64_t cluster_bytes();
    /// For what a peer writes, and for restore targets.
    std::filesystem::path peer_directory() { return server().scratch() / "peer"; }
    std::filesystem::path restore_directory() { return daemon().scratch() / "restored"; }

    /// A backup for restores and verifies, taken when it is first asked for. Returns its id.
    const std::string& kept_backup(const std::string& compression);

private:
    void make();

    const Options& options_;
    std::unique_ptr<test::PgServer> server_;
    std::unique_ptr<test::Daemon> daemon_;
    std::uint64_t cluster_bytes_ = 0;
    std::map<std::string, std::string> kept_;
};

/// Bytes that a base backup of the server sends, but for a little WAL.
std::uint64_t data_bytes(const test::PgServer& server);

}  // namespace tsb::bench
