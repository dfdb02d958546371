// pgBackRest as a peer: a repository of its own with one backup of the bench's server, which it
// reads from the data directory beside it, and restores of that.
#pragma once

#include <filesystem>
#include <string>

#include "tests/bench/measure.hpp"
#include "tests/support/server.hpp"

namespace tsb::bench {

/// The program to use: $TSB_PGBACKREST, the one beside PostgreSQL 17, or the installed one.
/// Empty when there is none that knows `version` of PostgreSQL; `why` then says so.
std::string find_pgbackrest(test::PgVersion version, std::string& why);

/// "pgBackRest 2.55.1"
std::string pgbackrest_version(const std::string& program);

class PgBackRest {
public:
    /// `compression`: its options, such as {"--compress-type=lz4"}. Takes the backup.
    PgBackRest(std::string program, const test::PgServer& server,
               const test::Arguments& compression);

    /// Restores into `target`, an empty directory.
    Sample restore(const std::filesystem::path& target) const;

private:
    void write_configuration(const test::PgServer& server) const;
    test::Arguments command(const std::filesystem::path& data, const test::Arguments& words) const;

    std::string program_;
    test::Scratch scratch_;
    std::uint64_t stored_bytes_ = 0;
};

}  // namespace tsb::bench
