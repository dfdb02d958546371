// What is wrong with a configuration file, collected so that one run shows all of it.
#pragma once

#include <string>
#include <vector>

namespace tsb {

/// A place in the file, both 1-based; the column counts bytes.
struct Position {
    int line = 1;
    int column = 1;
};

class Findings {
public:
    /// Notes "line:column: text"; the hint may be empty.
    void add(Position position, std::string text, std::string hint = {});
    std::size_t size() const { return findings_.size(); }
    /// Error{config} with one line per finding in the file's order (the first 20, then how many
    /// more there are), each beginning with `file`; returns when there is none.
    void throw_if_any(const std::string& file) const;

private:
    struct Finding {
        Position position;
        std::string text;
        std::string hint;
    };
    std::vector<Finding> findings_;
};

}  // namespace tsb
