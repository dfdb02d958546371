#include <algorithm>
#include <array>
#include <sstream>

#include "tests/tidy/rules.hpp"

namespace tsb::tidy {
namespace {

// The first matching row names the module of a path; `sees` lists the modules it may include.
struct Module {
    std::string_view prefix;
    std::string_view name;
    std::string_view sees;
};

constexpr std::array modules = {
    Module{"core/base/", "base", " base "},
    Module{"core/io/", "io", " base io "},
    Module{"core/pg/", "pg", " base io pg "},
    Module{"core/repo/", "repo", " base io repo "},
    Module{"core/plan/", "plan", " base io plan "},
    Module{"core/ops/", "ops", " base io pg repo plan ops "},
    Module{"config/", "config", " base io pg repo plan ops config "},
    Module{"daemon/ctl/", "ctl", " base wire ctl "},
    Module{"daemon/wire", "wire", " base wire "},
    Module{"daemon/verb_spec", "wire", " base wire "},
    Module{"daemon/", "daemon", " base io pg repo plan ops config wire ctl daemon "},
};

struct Library {
    std::string_view header;
    std::string_view home;
};

constexpr std::array libraries = {
    Library{"libpq-fe.h", "core/pg/"},
    Library{"yaml-cpp/", "config/"},
    Library{"archive.h", "core/io/"},
    Library{"boost/program_options", "daemon/"},
    Library{"date/", "core/plan/"},
    Library{"curl/", "daemon/notify/"},
    Library{"boost/beast", "daemon/metrics/page_server.cpp"},
};

const Module* module_of(std::string_view path) {
    const auto found = std::find_if(modules.begin(), modules.end(), [path](const Module& module) {
        return path.starts_with(module.prefix);
    });
    return found == modules.end() ? nullptr : &*found;
}

struct Include {
    std::size_t line;
    std::string name;
    bool quoted;
};

std::vector<Include> includes_of(const SourceFile& file) {
    std::vector<Include> includes;
    std::istringstream lines(code_of(file.text, Literals::keep));
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const std::size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos || line.compare(start, 8, "#include") != 0) continue;
        const std::size_t open = line.find_first_of("\"<", start);
        if (open == std::string::npos) continue;
        const std::size_t close = line.find_first_of("\">", open + 1);
        includes.push_back({number, line.substr(open + 1, close - open - 1), line[open] == '"'});
    }
    return includes;
}

std::string refusal(const Module& from, const Include& include) {
    const Module* to = module_of(include.name);
    if (to == nullptr) return "\"" + include.name + "\" is no path of a module from the root";
    if (from.sees.find(" " + std::string(to->name) + " ") != std::string_view::npos) return {};
    return std::string(from.name) + " must not include " + include.name;
}

}  // namespace

Violations upward_includes(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        const Module* module = module_of(file.path);
        if (module == nullptr || !file.is_cpp()) continue;
        for (const Include& include : includes_of(file)) {
            if (!include.quoted) continue;
            const std::string cause = refusal(*module, include);
            if (!cause.empty()) violations.push_back({file.path, include.line, cause});
        }
    }
    return violations;
}

Violations strayed_libraries(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        if (!file.is_product() || !file.is_cpp()) continue;
        for (const Include& include : includes_of(file)) {
            for (const Library& library : libraries) {
                if (!include.name.starts_with(library.header)) continue;
                if (file.path.starts_with(library.home)) continue;
                violations.push_back({file.path, include.line,
                                      include.name + " belongs into " + std::string(library.home)});
            }
        }
    }
    return violations;
}

}  // namespace tsb::tidy
