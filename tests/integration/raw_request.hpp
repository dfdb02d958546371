// Requests to the daemon by a raw connection.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/raw_client.hpp"

namespace tsb::test {

class Daemon;

std::filesystem::path socket_of(const Daemon& daemon);
/// A request line.
std::string request_line(const std::string& verb,
                         const nlohmann::json& args = nlohmann::json::object());
/// The last line that the daemon answers a request with.
nlohmann::json raw_answer(const Daemon& daemon, const std::string& verb,
                          const nlohmann::json& args = nlohmann::json::object());

}  // namespace tsb::test
