#include "tests/unit/pages/man_text.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

namespace tsb::test {
namespace {

std::string without_roff(std::string text) {
    struct Escape {
        std::string roff;
        std::string plain;
    };
    static const std::array escapes = {
        Escape{"\\fB", ""},   Escape{"\\fI", ""},   Escape{"\\fR", ""},   Escape{"\\-", "-"},
        Escape{"\\(aq", "'"}, Escape{"\\(ga", "`"}, Escape{"\\(ti", "~"}, Escape{"\\(ha", "^"},
        Escape{"\\&", ""},    Escape{"\\e", "\\"},
    };
    for (const Escape& escape : escapes) {
        for (std::size_t at = 0; (at = text.find(escape.roff, at)) != std::string::npos;) {
            text.replace(at, escape.roff.size(), escape.plain);
            at += escape.plain.size();
        }
    }
    return text;
}

void append(std::string& text, const std::string& line) {
    text += (text.empty() ? "" : " ") + line;
}

}  // namespace

ManText read_man_page(const std::string& name) {
    std::ifstream file(std::string(TSB_PAGES_DIR) + "/" + name);
    if (!file) throw std::runtime_error("no page " + name);
    ManText page;
    ManSection* section = nullptr;
    std::string* text = nullptr;
    bool tag_follows = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(".SH ") || line.starts_with(".SS ")) {
            std::string title = without_roff(line.substr(4));
            if (title.starts_with('"')) title = title.substr(1, title.size() - 2);
            section = &page.sections[title];
            text = &section->lead;
        } else if (section == nullptr) {
            continue;
        } else if (line == ".TP") {
            tag_follows = true;
        } else if (tag_follows) {
            tag_follows = false;
            const auto [entry, is_new] = section->tags.emplace(without_roff(line), "");
            if (!is_new) throw std::runtime_error(name + ": twice: " + line);
            text = &entry->second;
        } else if (line == ".PP") {
            text = &section->lead;
        } else {
            append(*text, without_roff(line));
        }
    }
    return page;
}

}  // namespace tsb::test
