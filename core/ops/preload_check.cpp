#include "core/ops/preload_check.hpp"

#include <algorithm>
#include <string>

#include "core/base/error.hpp"
#include "core/ops/explore.hpp"
#include "core/ops/server_binaries.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr std::uint64_t file_limit = 1 << 20;
constexpr std::size_t files_limit = 200;  // a file may include itself

/// What the configuration says of TimescaleDB, over all files of it.
struct Preloading {
    std::size_t files = 0;
    bool named = false;    // a file loads it
    bool unknown = false;  // a file cannot be read, or there are too many
};

void read_file(Fs& fs, const fsys::path& path, Preloading& found);

/// As PostgreSQL does: every file of the directory that ends in .conf and is not hidden.
void read_directory(Fs& fs, const fsys::path& path, Preloading& found) {
    const Fd directory = fs.open_root(path);
    for (const std::string& name : fs.entries(directory.get())) {
        if (name.ends_with(".conf") && !name.starts_with('.')) read_file(fs, path / name, found);
    }
}

void read_settings(Fs& fs, const fsys::path& path, Preloading& found) {
    std::error_code missing;
    const fsys::path real = fsys::canonical(path, missing);
    if (missing || !fsys::is_regular_file(real, missing)) {
        found.unknown = true;
        return;
    }
    const Fd home = fs.open_root(real.parent_path());
    const std::string text = read_whole_file(fs, home.get(), real.filename(), file_limit);
    for (const auto& [name, value] : settings_in(text)) {
        const fsys::path named = path.parent_path() / value;
        if (name == "shared_preload_libraries") {
            found.named |= value.find("timescaledb") != std::string::npos;
        } else if (name == "include_dir") {
            read_directory(fs, named, found);
        } else if (name == "include" || name == "include_if_exists") {
            read_file(fs, named, found);
        }
    }
}

void read_file(Fs& fs, const fsys::path& path, Preloading& found) {
    if (++found.files > files_limit) {
        found.unknown = true;
        return;
    }
    try {
        read_settings(fs, path, found);
    } catch (const Error&) {
        found.unknown = true;
    }
}

std::optional<fsys::path> outside_configuration(Fs& fs, const fsys::path& data_directory) {
    try {
        const Fd data = fs.open_root(data_directory);
        return config_file_in(read_whole_file(fs, data.get(), "postmaster.opts", file_limit));
    } catch (const Error&) {
        return std::nullopt;  // there is no old data, or it was never started
    }
}

}  // namespace

std::optional<fsys::path> config_file_in(std::string_view postmaster_opts) {
    std::optional<fsys::path> file;
    for (std::size_t begin = postmaster_opts.find('"'); begin < postmaster_opts.size();
         begin = postmaster_opts.find('"', begin)) {
        const std::size_t end =
            std::min(postmaster_opts.find('"', begin + 1), postmaster_opts.size());
        std::string_view argument = postmaster_opts.substr(begin + 1, end - begin - 1);
        begin = std::min(end + 1, postmaster_opts.size());
        for (const std::string_view option : {"-c", "--"}) {
            if (argument.starts_with(option)) argument.remove_prefix(option.size());
        }
        for (const std::string_view name : {"config_file=", "config-file="}) {
            if (!argument.starts_with(name)) continue;
            file = argument.substr(name.size());
        }
    }
    if (file && !file->is_absolute()) return std::nullopt;
    return file;
}

void require_timescaledb_preloaded(Fs& fs, const Metadata& metadata,
                                   const fsys::path& data_directory) {
    if (!has_timescaledb(metadata)) return;
    const std::optional<fsys::path> file = outside_configuration(fs, data_directory);
    if (!file || file->string().starts_with(data_directory.string() + "/")) return;
    Preloading found;
    read_file(fs, *file, found);
    // ALTER SYSTEM's file comes with the backup; the old one is what is nearest to it. A cluster
    // without it never ran ALTER SYSTEM.
    Preloading altered;
    read_file(fs, data_directory / "postgresql.auto.conf", altered);
    if (found.named || found.unknown || altered.named) return;
    throw Error(ErrorCode::version_mismatch,
                "cannot restore to '" + printable(data_directory.string()) +
                    "': the server's configuration '" + printable(file->string()) +
                    "' does not load TimescaleDB, which the backup needs",
                "add timescaledb to shared_preload_libraries there");
}

}  // namespace tsb
