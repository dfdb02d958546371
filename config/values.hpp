// The values that configuration keys take: each function parses one text and stores it, or says
// what is wrong and stores nothing. Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace tsb {

/// Why a text was refused; an empty cause means: it is not of the type that its key takes.
struct ValueProblem {
    std::string cause;
    std::string hint;
};
using ValueResult = std::optional<ValueProblem>;
inline constexpr ValueResult stored = std::nullopt;
inline ValueResult wrong_type() {
    return ValueProblem{};
}

inline constexpr std::chrono::seconds shortest_timeout{1};
inline constexpr std::chrono::seconds longest_timeout{24 * 3600};
inline constexpr std::uint32_t lowest_rate_kb = 32;  // the range of BASE_BACKUP's MAX_RATE
inline constexpr std::uint32_t highest_rate_kb = 1024 * 1024;
inline constexpr unsigned most_workers = 64;
inline constexpr unsigned highest_nice = 19;
inline constexpr std::size_t longest_label = 512;
inline constexpr unsigned most_jobs = 16;
inline constexpr unsigned largest_count = 100'000;

/// Absolute and without ".." parts.
ValueResult store_path(const std::string& text, std::filesystem::path& into);
ValueResult store_path(const std::string& text, std::string& into);
ValueResult append_path(const std::string& text, std::vector<std::filesystem::path>& into);
/// A path, or the name of a credential as it is: letters, digits, '_', '.' and '-', the first no
/// '.'.
ValueResult store_secret_place(const std::string& text, std::string& into);
/// A path that fits into a socket address.
ValueResult store_socket_path(const std::string& text, std::filesystem::path& into);
/// A path that fits into a socket address, or a numeric host and a port.
ValueResult store_listen_address(const std::string& text, std::optional<ListenAddress>& into);
ValueResult append_principal(const std::string& text, std::vector<Principal>& into);
ValueResult store_log_level(const std::string& text, LogLevel& into);
/// What libpq can parse, holds no secret and sets at least one keyword.
ValueResult store_connection(const std::string& text, std::string& into);
ValueResult store_log_format(const std::string& text, LogFormat& into);
ValueResult store_format(const std::string& text, BackupFormat& into);
ValueResult store_compression(const std::string& text, Compression& into);
ValueResult store_checkpoint(const std::string& text, CheckpointMode& into);
/// "unlimited" (0), or a size per second in the range above.
ValueResult store_rate(const std::string& text, std::uint32_t& into_kb);
/// "auto" (0), or 1 to most_workers.
ValueResult store_workers(const std::string& text, unsigned& into);
/// 1 to longest_label bytes without control characters.
ValueResult store_label(const std::string& text, std::string& into);
ValueResult store_manifest_checksums(const std::string& text, DigestKind& into);
ValueResult store_nice(const std::string& text, int& into);
ValueResult store_ionice(const std::string& text, ThreadPriority& into);
ValueResult store_timeout(const std::string& text, std::chrono::seconds& into);
/// 1 to most_jobs.
ValueResult store_jobs(const std::string& text, unsigned& into);
/// 0 to largest_count.
ValueResult store_count(const std::string& text, unsigned& into);
/// 1 to largest_count.
ValueResult store_min_keep(const std::string& text, unsigned& into);
/// "true" or "false".
ValueResult store_switch(const std::string& text, bool& into);
/// One of success, failure, overdue and recovered.
ValueResult add_event(const std::string& text, std::set<std::string>& into);
/// Any text; the first, the program, an absolute path. One that is refused is appended all the
/// same: what follows it is an argument.
ValueResult append_argument(const std::string& text, std::vector<std::string>& into);
/// http or https with a host, without blanks, user and password.
ValueResult store_url(const std::string& text, std::string& into);

}  // namespace tsb
