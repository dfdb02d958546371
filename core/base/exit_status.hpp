// What the exit codes of tsbackupctl and tsbackupd mean, in words: for the manual pages. Which
// error gives which code stands in the error table.
#pragma once

#include <span>
#include <string_view>

namespace tsb {

struct ExitStatus {
    int code;
    std::string_view meaning;
};

/// One row per code that the error table uses, and success. Thread: any.
std::span<const ExitStatus> exit_statuses();

}  // namespace tsb
