#include "tests/bench/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

namespace tsb::bench {
namespace {

constexpr const char* help = R"(usage: tsb_bench [OPTION VALUE]...
  --size MB       size of the data set (default 3000)
  --runs N        rounds of each case, ours and the peer in turn (default 5)
  --slow-runs N   rounds of pg_basebackup with gzip, which takes minutes (default: as --runs)
  --only A,B      only cases with one of these texts in their names
  --json FILE     write every figure of every run
  --scratch DIR   where all is made; a directory on a disk, since writes to it must count
  --files N       also: a cluster of N small files against the same bytes in 2,000
  --list N        also: `list` of a repository with N backups
)";

int number_of(const std::string& option, const std::string& text, int least) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < least) {
        throw Usage(
            option + " expects a number from " + std::to_string(least) + " up, not '" + text + "'",
            2);
    }
    return number;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

}  // namespace

bool Options::wants(const std::string& case_name) const {
    return only.empty() || std::ranges::any_of(only, [&](const std::string& part) {
               return case_name.find(part) != std::string::npos;
           });
}

int Options::rounds_of_slow_peer() const {
    return slow_runs == 0 ? runs : std::min(runs, slow_runs);
}

Options parse_options(const std::vector<std::string>& words) {
    Options options;
    const auto number = [](int& field, int least) {
        return [&field, least](const std::string& option, const std::string& text) {
            field = number_of(option, text, least);
        };
    };
    const auto text_of = [](std::string& field) {
        return [&field](const std::string&, const std::string& text) { field = text; };
    };
    using Setter = std::function<void(const std::string&, const std::string&)>;
    const std::map<std::string, Setter> setters = {
        {"--size", number(options.size_mb, 50)},
        {"--runs", number(options.runs, 1)},
        {"--slow-runs", number(options.slow_runs, 1)},
        {"--files", number(options.many_files, 2000)},
        {"--list", number(options.many_backups, 1)},
        {"--json", text_of(options.json_file)},
        {"--scratch", text_of(options.scratch)},
        {"--only",
         [&](const std::string&, const std::string& text) { options.only = split(text); }},
    };
    for (auto word = words.begin(); word != words.end(); word += 2) {
        if (*word == "--help") throw Usage(help, 0);
        const auto setter = setters.find(*word);
        if (setter == setters.end()) throw Usage("unknown option '" + *word + "'\n" + help, 2);
        if (std::next(word) == words.end()) throw Usage(*word + " expects a value", 2);
        setter->second(*word, *std::next(word));
    }
    return options;
}

}  // namespace tsb::bench
