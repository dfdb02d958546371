// The command line of a server that runs on a restored copy and is thrown away with it.
//
// Keeps: whatever the copy's own configuration says, the server listens on one private socket,
// archives nothing, fetches nothing, runs no command but `false`, starts no background worker,
// follows no other server, and recovers to the end of its backup. Pure. Source: PostgreSQL
// documentation, "Server Configuration", of versions 13 to 18.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tsb {

inline constexpr int scratch_server_port = 5432;         // names the socket's file, nothing else
inline constexpr std::size_t longest_socket_path = 107;  // bytes; unix(7)

struct ScratchPlaces {
    ScratchPlaces() = default;
    std::filesystem::path binaries;  // holds `postgres`
    std::filesystem::path data;      // the copy
    std::filesystem::path run;       // the socket, the configuration files, the log
};

struct ScratchProfile {
    ScratchProfile() = default;
    int major = 0;
    bool timescaledb = false;  // a database of the copy has it
    std::string name;          // cluster_name: tells this server from any other
};

/// Name and value of every setting, in the order in which they are given.
std::vector<std::pair<std::string, std::string>> scratch_settings(const ScratchPlaces& places,
                                                                  const ScratchProfile& profile);

/// `postgres` with all of them: what stands on the command line wins over every file.
std::vector<std::string> scratch_command(const ScratchPlaces& places,
                                         const ScratchProfile& profile);

/// Settings of one session, for PGOPTIONS: they win over what the copy's roles and databases set.
std::string scratch_session_options(int major);

/// The path of the socket's file in `run`.
std::filesystem::path scratch_socket(const std::filesystem::path& run);

}  // namespace tsb
