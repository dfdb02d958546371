// Hooks that are shell scripts, and what these leave, in one directory.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "config/notices.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

class HookScripts {
public:
    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
    /// A script of this name that runs `text` in the directory.
    HookConfig hook(const std::string& name, const std::string& text) const {
        write_file(path(name), "#!/bin/sh\ncd " + directory_.path().string() + "\n" + text);
        std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
        return program(name);
    }
    HookConfig required(const std::string& name, const std::string& text) const {
        HookConfig required = hook(name, text);
        required.required = true;
        return required;
    }
    /// What has this name is the program, whatever it is.
    HookConfig program(const std::string& name) const {
        HookConfig hook;
        hook.command = {path(name).string()};
        return hook;
    }
    bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
    bool await(const std::string& name) const {
        return eventually([&] { return has(name); });
    }
    std::string text(const std::string& name) const {
        return has(name) ? read_file(path(name)) : std::string();
    }
    std::vector<std::string> lines(const std::string& name) const {
        std::istringstream stream(text(name));
        std::vector<std::string> lines;
        for (std::string line; std::getline(stream, line);) lines.push_back(line);
        return lines;
    }
    bool await_lines(const std::string& name, std::size_t count) const {
        return eventually([&] { return lines(name).size() >= count; });
    }

private:
    TempDir directory_;
};

}  // namespace tsb::test
