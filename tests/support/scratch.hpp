// A directory that belongs to the account servers run under, gone at the end of its scope. With
// TSB_KEEP set in the environment it stays, and its path is printed. It lies in TSB_TEST_DIR, else
// in memory when there is plenty, since the tests write much and want none of it, else in /tmp.
#pragma once

#include <filesystem>
#include <string>

namespace tsb::test {

class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    /// Makes an empty directory in it, mode 0700, owned by the servers' account.
    std::filesystem::path directory(const std::string& name) const;

private:
    std::filesystem::path path_;
};

/// Hands `path` (and with `recursive` all beneath it) to the servers' account; nothing unless root.
void give_to_server_user(const std::filesystem::path& path, bool recursive = false);

}  // namespace tsb::test
