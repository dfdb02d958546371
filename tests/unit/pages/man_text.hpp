// A produced manual page as a reader sees it: sections with their paragraphs, roff undone.
#pragma once

#include <map>
#include <string>

namespace tsb::test {

struct ManSection {
    std::string lead;                         // text before the first tagged paragraph
    std::map<std::string, std::string> tags;  // "--format tar|plain" -> its text
};

struct ManText {
    std::map<std::string, ManSection> sections;  // by .SH, or by the .SS beneath it
};

/// Reads the page `name` of the build, such as "tsbackupctl.1". Throws when it is not there, and on
/// a tag that comes twice.
ManText read_man_page(const std::string& name);

}  // namespace tsb::test
