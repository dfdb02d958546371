#include "config/values.hpp"

#include <sys/un.h>

#include <algorithm>
#include <cctype>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {
namespace {

template <class Value, class Field>
ValueResult store(const std::optional<Value>& value, Field& into) {
    if (!value) return wrong_type();
    into = *value;
    return stored;
}

std::optional<std::filesystem::path> parse_path(const std::string& text) {
    const std::filesystem::path path(text);
    const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
    if (!path.is_absolute() || climbs) return std::nullopt;
    return path.lexically_normal();
}

ValueResult store_within(const std::string& text, unsigned least, unsigned most, unsigned& into) {
    const auto count = parse_whole<unsigned>(text);
    if (!count || *count < least || *count > most) return wrong_type();
    return store(count, into);
}

}  // namespace

ValueResult store_path(const std::string& text, std::filesystem::path& into) {
    return store(parse_path(text), into);
}

ValueResult store_path(const std::string& text, std::string& into) {
    std::filesystem::path path;
    if (auto problem = store_path(text, path)) return problem;
    into = path.string();
    return stored;
}

ValueResult append_path(const std::string& text, std::vector<std::filesystem::path>& into) {
    std::filesystem::path path;
    if (auto problem = store_path(text, path)) return problem;
    into.push_back(path);
    return stored;
}

ValueResult store_secret_place(const std::string& text, std::string& into) {
    constexpr std::size_t longest = 255;
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
    };
    const bool is_name = !text.empty() && text.size() <= longest && text[0] != '.' &&
                         std::all_of(text.begin(), text.end(), fits);
    if (!is_name) return store_path(text, into);
    into = text;
    return stored;
}

ValueResult store_socket_path(const std::string& text, std::filesystem::path& into) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (text.size() > longest) {
        return ValueProblem{"expected a path of at most " + std::to_string(longest) + " bytes", {}};
    }
    return store_path(text, into);
}

ValueResult store_log_level(const std::string& text, LogLevel& into) {
    if (text == "debug") return store(std::optional(LogLevel::debug), into);
    if (text == "info") return store(std::optional(LogLevel::info), into);
    if (text == "warning") return store(std::optional(LogLevel::warning), into);
    if (text == "error") return store(std::optional(LogLevel::error), into);
    return wrong_type();
}

ValueResult store_log_format(const std::string& text, LogFormat& into) {
    if (text == "text") return store(std::optional(LogFormat::text), into);
    if (text == "json") return store(std::optional(LogFormat::json), into);
    return wrong_type();
}

ValueResult store_format(const std::string& text, BackupFormat& into) {
    return store(parse_backup_format(text), into);
}

ValueResult store_compression(const std::string& text, Compression& into) {
    return store(parse_compression(text), into);
}

ValueResult store_checkpoint(const std::string& text, CheckpointMode& into) {
    if (text == "fast") return store(std::optional(CheckpointMode::fast), into);
    if (text == "spread") return store(std::optional(CheckpointMode::spread), into);
    return wrong_type();
}

ValueResult store_rate(const std::string& text, std::uint32_t& into_kb) {
    if (text == "unlimited") return store(std::optional(0U), into_kb);
    const auto bytes = parse_size(text);
    if (!bytes) return wrong_type();
    const std::uint64_t kb = *bytes / 1024;
    if (kb < lowest_rate_kb || kb > highest_rate_kb) return wrong_type();
    into_kb = static_cast<std::uint32_t>(kb);
    return stored;
}

ValueResult store_workers(const std::string& text, unsigned& into) {
    if (text == "auto") return store(std::optional(0U), into);
    return store_within(text, 1, most_workers, into);
}

ValueResult store_label(const std::string& text, std::string& into) {
    if (text.empty() || text.size() > longest_label || printable(text) != text) return wrong_type();
    into = text;
    return stored;
}

ValueResult store_manifest_checksums(const std::string& text, DigestKind& into) {
    const auto kind = digest_kind_named(text);
    return kind == DigestKind::none ? wrong_type() : store(kind, into);
}

ValueResult store_nice(const std::string& text, int& into) {
    const auto nice = parse_whole<unsigned>(text);
    if (!nice || *nice > highest_nice) return wrong_type();
    return store(nice, into);
}

ValueResult store_ionice(const std::string& text, ThreadPriority& into) {
    return parse_io_priority(text, into) ? stored : wrong_type();
}

ValueResult store_timeout(const std::string& text, std::chrono::seconds& into) {
    const auto timeout = parse_duration(text);
    if (!timeout || *timeout < shortest_timeout || *timeout > longest_timeout) return wrong_type();
    return store(timeout, into);
}

ValueResult store_jobs(const std::string& text, unsigned& into) {
    return store_within(text, 1, most_jobs, into);
}

ValueResult store_count(const std::string& text, unsigned& into) {
    return store_within(text, 0, largest_count, into);
}

ValueResult store_min_keep(const std::string& text, unsigned& into) {
    return store_within(text, 1, largest_count, into);
}

ValueResult store_switch(const std::string& text, bool& into) {
    if (text != "true" && text != "false") return wrong_type();
    into = text == "true";
    return stored;
}

ValueResult add_event(const std::string& text, std::set<std::string>& into) {
    static const std::set<std::string> events = {"success", "failure", "overdue", "recovered"};
    if (!events.contains(text)) return wrong_type();
    into.insert(text);
    return stored;
}

ValueResult append_argument(const std::string& text, std::vector<std::string>& into) {
    into.push_back(text);
    if (into.size() > 1 || parse_path(text)) return stored;
    return ValueProblem{
        "expected the absolute path of a program first, such as /usr/local/bin/tell-dba", {}};
}

ValueResult store_url(const std::string& text, std::string& into) {
    const std::size_t scheme = text.starts_with("https://")  ? 8
                               : text.starts_with("http://") ? 7
                                                             : 0;
    if (scheme == 0) return wrong_type();
    const std::string host = text.substr(scheme, text.find_first_of("/?#", scheme) - scheme);
    if (host.empty() || text.find(' ') != std::string::npos) return wrong_type();
    if (host.find('@') != std::string::npos) {
        return ValueProblem{"expected no user or password in the address",
                            "put a token into a file of its own and name it in token_file"};
    }
    into = text;
    return stored;
}

}  // namespace tsb
