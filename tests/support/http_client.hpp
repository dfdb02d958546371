// A client of HTTP that reads whole answers and may send anything.
#pragma once

#include <map>
#include <string>

#include "tests/support/raw_client.hpp"

namespace tsb::test {

struct HttpAnswer {
    int status = 0;  // 0: the connection was closed without one
    std::map<std::string, std::string> fields;
    std::string body;
};

class HttpClient : public RawClient {
public:
    using RawClient::RawClient;

    /// The next answer; `to_head`: of a HEAD, which has no body whatever it announces. Without a
    /// length all that comes until the other side closes is its body.
    HttpAnswer answer(bool to_head = false);
    /// Asks by GET; the connection stays.
    HttpAnswer get(const std::string& target);
    /// Asks by GET, as the last on this connection.
    HttpAnswer get_last(const std::string& target);
};

}  // namespace tsb::test
