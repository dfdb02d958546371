#include <algorithm>
#include <array>

#include "daemon/pages/completion.hpp"

namespace tsb::pages {
namespace {

struct Row {
    std::string_view placeholder;
    std::string_view offer;
};
constexpr std::array rows = {
    Row{"BACKUP", "backups"},  Row{"CLUSTER", "clusters"}, Row{"JOB", "jobs"},
    Row{"DIR", "directories"}, Row{"FILE", "files"},       Row{"PATH", "files"},
    Row{"OLD NEW", "files"},   Row{"USER", "users"},       Row{"USER[:GROUP]", "users"},
};

/// "fast spread" of "fast|spread"; empty when it is no list of words.
std::string alternatives(std::string_view placeholder) {
    const bool words = placeholder.find('|') != std::string_view::npos &&
                       std::all_of(placeholder.begin(), placeholder.end(), [](char c) {
                           return c == '|' || c == '-' || (c >= 'a' && c <= 'z');
                       });
    std::string out(words ? placeholder : "");
    std::replace(out.begin(), out.end(), '|', ' ');
    return out;
}

}  // namespace

std::string offer_for(std::string_view placeholder, std::string_view choices) {
    const auto* row = std::find_if(
        rows.begin(), rows.end(), [&](const Row& each) { return each.placeholder == placeholder; });
    if (row != rows.end()) return std::string(row->offer);
    const std::string words = choices.empty() ? alternatives(placeholder) : std::string(choices);
    return words.empty() ? "nothing" : "words " + words;
}

std::string verb_words(const ProgramSpec& program) {
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        out += (out.empty() ? "" : " ") + std::string(verb->name);
    }
    return out;
}

}  // namespace tsb::pages
