#include "core/ops/server_binaries.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

// Debian and its kin, Red Hat and its kin.
std::vector<fsys::path> usual_binary_directories() {
    std::vector<fsys::path> found;
    std::error_code ignored;
    for (const fsys::directory_entry& entry :
         fsys::directory_iterator("/usr/lib/postgresql", ignored)) {
        found.push_back(entry.path() / "bin");
    }
    for (int major = 13; major <= 18; ++major) {
        found.emplace_back("/usr/pgsql-" + std::to_string(major) + "/bin");
    }
    return found;
}

bool holds(const fsys::path& directory, const std::string& name) {
    std::error_code ignored;
    return fsys::exists(directory / name, ignored);
}

std::string shown(const std::vector<fsys::path>& directories) {
    std::string text;
    for (const fsys::path& directory : directories) {
        text += (text.empty() ? "'" : ", '") + printable(directory.string()) + "'";
    }
    return text;
}

}  // namespace

std::optional<int> major_of_binary_path(const fsys::path& directory) {
    std::optional<int> major;
    for (const fsys::path& component : directory) {
        std::string text = component.string();
        if (text.starts_with("pgsql-")) {
            text.erase(0, 6);
        }
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size()) {
            major = number;
        }
    }
    return major;
}

std::map<int, fsys::path> installed_servers(const std::vector<fsys::path>& configured) {
    std::map<int, fsys::path> servers;
    for (const fsys::path& directory :
         configured.empty() ? usual_binary_directories() : configured) {
        const std::optional<int> major = major_of_binary_path(directory);
        if (major && holds(directory, "postgres")) servers.emplace(*major, directory);
    }
    return servers;
}

std::string majors_of(const std::map<int, fsys::path>& servers) {
    std::string text;
    for (const auto& [major, directory] : servers) {
        text += (text.empty() ? "" : ", ") + std::to_string(major);
    }
    return text;
}

fsys::path server_binaries_of(int major, const std::vector<fsys::path>& configured) {
    const std::map<int, fsys::path> servers = installed_servers(configured);
    const auto found = servers.find(major);
    if (found != servers.end()) return found->second;
    const std::string wanted = "PostgreSQL " + std::to_string(major);
    throw Error(
        ErrorCode::version_mismatch,
        "cannot start " + wanted + ": it is not installed here" +
            (servers.empty() ? "" : "; installed are: " + majors_of(servers)),
        "install " + wanted + ", or name the directory of its programs in restore.server_binaries");
}

std::vector<fsys::path> library_directories(const fsys::path& binaries,
                                            const std::optional<Account>& account) {
    std::vector<fsys::path> found;
    Command command({(binaries / "pg_config").string(), "--pkglibdir"});
    command.account = account;
    const CommandOutcome told = run_command(command, std::stop_token());
    if (told.succeeded() && told.output.starts_with('/')) found.emplace_back(told.output);
    const fsys::path prefix = binaries.parent_path();
    for (const fsys::path& usual : {prefix / "lib", prefix / "lib" / "postgresql"}) {
        if (std::find(found.begin(), found.end(), usual) == found.end()) found.push_back(usual);
    }
    return found;
}

void require_timescaledb_libraries(const Metadata& metadata,
                                   const std::vector<fsys::path>& directories) {
    for (const DatabaseInfo& database : metadata.databases) {
        const std::string& version = database.timescaledb_version;
        if (version.empty()) continue;
        const std::string library = "timescaledb-" + version + ".so";
        const auto has_it = [&](const fsys::path& directory) { return holds(directory, library); };
        if (names::safe_file_name(library) && std::ranges::any_of(directories, has_it)) continue;
        throw Error(ErrorCode::version_mismatch,
                    "database '" + printable(database.name) + "' needs TimescaleDB " +
                        printable(version) + ", and there is no '" + printable(library) + "' in " +
                        shown(directories),
                    "install that version of TimescaleDB for PostgreSQL " +
                        std::to_string(metadata.server_major()));
    }
}

bool has_timescaledb(const Metadata& metadata) {
    return std::ranges::any_of(metadata.databases, [](const DatabaseInfo& database) {
        return !database.timescaledb_version.empty();
    });
}

}  // namespace tsb
