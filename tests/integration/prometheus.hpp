// A real Prometheus beside the test, and promtool: .ci/make-prometheus brings both.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"

namespace tsb::test {

/// True when they are there; a missing one is named on stderr and, when CI is "true", throws.
bool have_prometheus();
CommandResult promtool(const Arguments& arguments, const std::string& input = "");
/// Where the alert rules and the dashboard are.
std::filesystem::path monitoring_files();

/// Scrapes one target every second by a job called tsbackup, with the project's alert rules.
class Prometheus {
public:
    /// Runs it until it answers.
    explicit Prometheus(int scraped_port);

    /// The samples that `query` gives now.
    nlohmann::json query(const std::string& query) const;
    /// Waits until `query` gives a sample, and gives its value; throws with the log when none
    /// comes.
    double wait_for(const std::string& query) const;
    /// "data" of an address of its API.
    nlohmann::json api(const std::string& target) const;

private:
    Scratch scratch_;
    int port_;
    Background process_;
};

}  // namespace tsb::test
