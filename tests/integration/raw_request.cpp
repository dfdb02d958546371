#include "tests/integration/raw_request.hpp"

#include "tests/support/daemon.hpp"

namespace tsb::test {

std::filesystem::path socket_of(const Daemon& daemon) {
    return daemon.scratch() / "run/control.sock";
}

std::string request_line(const std::string& verb, const nlohmann::json& args) {
    return nlohmann::json({{"v", 1}, {"verb", verb}, {"args", args}}).dump() + "\n";
}

nlohmann::json raw_answer(const Daemon& daemon, const std::string& verb,
                          const nlohmann::json& args) {
    RawClient client(socket_of(daemon));
    client.send(request_line(verb, args));
    std::string last;
    for (std::string line = client.line(); !line.empty(); line = client.line()) last = line;
    return nlohmann::json::parse(last);
}

}  // namespace tsb::test
