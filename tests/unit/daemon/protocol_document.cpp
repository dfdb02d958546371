#include "tests/unit/daemon/protocol_document.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tsb::test {
namespace {

/// "backup [cluster] [detach: bool]".
std::map<std::string, DocumentedArgument> arguments_of(const std::string& cell) {
    std::map<std::string, DocumentedArgument> out;
    std::istringstream words(cell);
    for (std::string word; words >> word;) {
        DocumentedArgument argument;
        argument.optional = word.front() == '[';
        if (argument.optional) word.erase(0, 1);
        std::string type = "text";
        if (word.ends_with(':')) {
            words >> type;
            word.pop_back();
            if (argument.optional) type.pop_back();
        } else if (argument.optional) {
            word.pop_back();
        }
        argument.type = type;
        out[word] = argument;
    }
    return out;
}

/// Cells of a row whose first one is code: "| `show` | read | backup [cluster] |".
std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    if (!line.starts_with("| `")) return cells;
    std::istringstream rest(line.substr(2));
    for (std::string cell; std::getline(rest, cell, '|');) {
        const std::size_t first = cell.find_first_not_of(" `");
        const std::size_t last = cell.find_last_not_of(" `");
        cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return cells;
}

class Reader {
public:
    void read(const std::string& line) {
        ++number_;
        if (line == "```json" || (line == "```" && in_block_)) {
            in_block_ = !in_block_;
            begins_ = in_block_;
        } else if (in_block_) {
            example(line);
        } else if (line.starts_with("### `")) {
            section_ = line.substr(5, line.rfind('`') - 5);
        } else if (line == "## Verbs") {
            in_verbs_ = true;
        } else if (const auto cells = cells_of(line); in_verbs_ && cells.size() == 3) {
            document.verbs[cells[0]] = {cells[1], arguments_of(cells[2])};
        }
    }

    ProtocolDocument document;

private:
    void example(const std::string& line) {
        const bool request = line.starts_with(R"({"v":)");
        if (section_.empty()) {
            (request ? document.other_requests : document.other_answers).push_back(line);
            return;
        }
        if (request != begins_) {
            throw std::runtime_error("line " + std::to_string(number_) +
                                     ": expected a request and then answers");
        }
        begins_ = false;
        if (request) {
            document.exchanges.push_back({section_, number_, line, {}});
        } else {
            document.exchanges.back().answers.push_back(line);
        }
    }

    int number_ = 0;
    std::string section_;  // its verb; empty before the first one
    bool in_verbs_ = false;
    bool in_block_ = false;
    bool begins_ = false;
};

}  // namespace

ProtocolDocument read_protocol() {
    std::ifstream file(TSB_PROTOCOL_FILE);
    Reader reader;
    for (std::string line; std::getline(file, line);) reader.read(line);
    if (reader.document.exchanges.empty()) throw std::runtime_error("no examples");
    return reader.document;
}

}  // namespace tsb::test
