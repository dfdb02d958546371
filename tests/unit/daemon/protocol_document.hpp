// PROTOCOL.md as a test reads it: its examples and its table of verbs.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tsb::test {

/// A block of the document's section on one verb: a request and what is answered.
struct Exchange {
    std::string verb;  // of the section
    int line = 0;      // where it begins
    std::string request;
    std::vector<std::string> answers;
};

struct DocumentedArgument {
    std::string type;  // "text", "path", "list", "bool"
    bool optional = false;
    bool operator==(const DocumentedArgument&) const = default;
};

struct DocumentedVerb {
    std::string right;
    std::map<std::string, DocumentedArgument> arguments;
};

struct ProtocolDocument {
    std::vector<Exchange> exchanges;
    std::vector<std::string> other_requests;  // outside of those sections
    std::vector<std::string> other_answers;
    std::map<std::string, DocumentedVerb> verbs;
};

/// Reads it. Throws std::runtime_error where it is not laid out as it should be.
ProtocolDocument read_protocol();

}  // namespace tsb::test
