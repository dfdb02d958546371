#include "config/config.hpp"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "config/reader.hpp"
#include "config/yaml_text.hpp"
#include "core/base/error.hpp"
#include "core/base/fs.hpp"

namespace tsb {
namespace {

/// The text of `file`, at most a little over config_size_limit bytes of it. Links are followed:
/// container platforms mount configuration files as links.
std::string read_text(const std::filesystem::path& file) {
    // Not waiting for a writer, should it be a pipe.
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) throw errno_error(errno, "read", file.string());
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) throw errno_error(errno, "read", file.string());
    if (!S_ISREG(status.st_mode)) {
        throw Error(ErrorCode::config,
                    fmt::format("cannot read '{}': not a regular file", file.string()));
    }
    std::string text;
    std::array<std::byte, 16 * 1024> buffer{};
    while (text.size() <= config_size_limit) {
        const std::size_t count = real_fs().read(fd.get(), buffer);
        if (count == 0) break;
        text += as_text(Bytes(buffer).first(count));
    }
    return text;
}

}  // namespace

const ClusterConfig* Config::find_cluster(const std::string& name) const {
    const auto found =
        std::find_if(clusters.begin(), clusters.end(),
                     [&](const ClusterConfig& cluster) { return cluster.name == name; });
    return found == clusters.end() ? nullptr : &*found;
}

const ClusterConfig& Config::cluster(const std::string& name) const {
    if (name.empty() && clusters.size() == 1) return clusters.front();
    if (const ClusterConfig* found = find_cluster(name)) return *found;
    std::vector<std::string> names;
    for (const ClusterConfig& candidate : clusters) names.push_back(candidate.name);
    const std::string known = fmt::format("{}", fmt::join(names, ", "));
    if (name.empty()) {
        throw Error(ErrorCode::not_found, "cannot choose a cluster: several are configured",
                    "name one of " + known);
    }
    throw Error(ErrorCode::not_found,
                fmt::format("cannot find cluster '{}': it is not configured", printable(name)),
                "configured: " + known);
}

Config load_config(const std::filesystem::path& file) {
    std::string text;
    try {
        text = read_text(file);
    } catch (const Error& error) {
        throw Error(ErrorCode::config, error.what(), error.hint());
    }
    return parse_config(text, file.string());
}

Config parse_config(const std::string& text, const std::string& name) {
    const YamlNode root = parse_yaml(text, name);
    Findings findings;
    Config config = read_config_tree(root, findings);
    findings.throw_if_any(name);
    return config;
}

}  // namespace tsb
