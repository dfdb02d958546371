#include "tests/support/http_client.hpp"

#include <limits>

namespace tsb::test {

HttpAnswer HttpClient::answer(bool to_head) {
    HttpAnswer out;
    const std::string first = line();
    if (first.empty()) return out;
    out.status = std::stoi(first.substr(first.find(' ') + 1));
    for (std::string field = line(); field.size() > 1; field = line()) {
        const std::size_t colon = field.find(": ");
        out.fields[field.substr(0, colon)] = field.substr(colon + 2, field.size() - colon - 3);
    }
    if (to_head) return out;
    const auto length = out.fields.find("Content-Length");
    out.body = bytes(length == out.fields.end() ? std::numeric_limits<std::size_t>::max()
                                                : std::stoul(length->second));
    return out;
}

HttpAnswer HttpClient::get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return answer();
}

HttpAnswer HttpClient::get_last(const std::string& target) {
    send("GET " + target + " HTTP/1.0\r\n\r\n");
    return answer();
}

}  // namespace tsb::test
