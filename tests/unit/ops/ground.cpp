#include "tests/unit/ops/ground.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <set>

#include "core/pg/pg_control.hpp"
#include "tests/support/catch.hpp"

namespace tsb::test {

namespace fsys = std::filesystem;
namespace asio = boost::asio;

namespace {

constexpr uid_t some_user = 65534;

// A clock that stands: ids must still grow.
class StandingClock : public Clock {
public:
    SystemTime now() const override {
        return std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    }
    std::chrono::steady_clock::time_point steady_now() const override { return {}; }
};

template <class Work>
Outcome run(const std::stop_token& stop, Work work) {
    ProgressMeter progress;
    JobContext job("test", stop, progress);
    Outcome outcome;
    try {
        work(outcome, job);
    } catch (...) {
        outcome.failure = std::current_exception();
    }
    return outcome;
}

void check_modes(const fsys::path& root) {
    for (const fsys::directory_entry& entry : fsys::recursive_directory_iterator(root)) {
        struct stat status {};
        REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
        if (S_ISLNK(status.st_mode)) {
            continue;
        }
        const mode_t wanted = S_ISDIR(status.st_mode) ? 0700 : 0600;
        const bool owned = ::geteuid() != 0 || status.st_uid == some_user;
        if ((status.st_mode & 07777) != wanted || !owned) {
            FAIL_CHECK("wrong mode or owner: " + entry.path().string());
        }
    }
}

}  // namespace

std::optional<ErrorCode> Outcome::code() const {
    try {
        if (failure) {
            std::rethrow_exception(failure);
        }
    } catch (const Error& error) {
        return error.code();
    } catch (...) {
    }
    return std::nullopt;
}

std::string Outcome::message() const {
    try {
        if (failure) {
            std::rethrow_exception(failure);
        }
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

Ground::Ground() {
    static const bool quiet = (set_up_log(LogLevel::error), true);
    static_cast<void>(quiet);
    Repository::create(fs, repository_path());
    fsys::create_directories(path() / "15" / "bin");
    std::ofstream(path() / "15" / "bin" / "postgres") << "";
}

fsys::path Ground::backup_path(const std::string& id) const {
    return repository_path() / "main" / "backups" / id;
}

Repository Ground::open_repository() {
    Repository repository = Repository::open(fs, repository_path());
    repository.lock();
    return repository;
}

RestoreOptions Ground::restore_options() const {
    RestoreOptions options;
    options.cluster = "main";
    options.target = target();
    options.server_binaries = {path() / "15" / "bin"};
    options.any_version = true;
    if (::geteuid() == 0) {
        options.owner = FileOwner{some_user, some_user};
    }
    return options;
}

std::vector<std::string> Ground::in_progress() const {
    std::vector<std::string> found;
    const fsys::path directory = repository_path() / "main" / "inprogress";
    if (fsys::exists(directory)) {
        for (const fsys::directory_entry& entry : fsys::directory_iterator(directory)) {
            found.push_back(entry.path().filename().string());
        }
    }
    return found;
}

BackupOptions backup_options() {
    BackupOptions options;
    options.cluster = "main";
    options.compression = Compression(CompressionMethod::gzip, 1);
    options.compression_workers = 2;
    options.manifest_checksums = DigestKind::sha256;  // as make_cluster() has it
    return options;
}

Outcome back_up(Repository& repository, SyntheticServer& server, const BackupOptions& options,
                const std::stop_token& stop) {
    server.begin_anew();
    return run(stop, [&](Outcome& outcome, JobContext& job) {
        const StandingClock clock;
        const SessionFactory connect = server.factory();
        asio::io_context loop{1};
        std::exception_ptr failure;
        asio::co_spawn(loop, run_backup(options, repository, connect, clock, job),
                       [&](const std::exception_ptr& cause, Metadata metadata) {
                           failure = cause;
                           outcome.metadata = std::move(metadata);
                       });
        loop.run();
        CHECK(server.open_sessions() == 0);
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
}

Outcome verify(Repository& repository, const std::string& backup, const std::stop_token& stop) {
    return run(stop, [&](Outcome& outcome, JobContext& job) {
        outcome.verified = verify_backup(repository, "main", backup, job);
    });
}

Outcome restore(Repository& repository, const RestoreOptions& options,
                const std::stop_token& stop) {
    return run(stop, [&](Outcome& outcome, JobContext& job) {
        outcome.restored = restore_backup(repository, options, job);
    });
}

void check_verifies(Repository& repository, const std::string& backup) {
    const Outcome verified = verify(repository, backup);
    INFO(verified.message());
    REQUIRE(verified.ok());
    INFO(line_with(verified.verified.problems, ""));
    CHECK(verified.verified.problems.empty());
}

std::map<std::string, std::string> tree_of(const fsys::path& root) {
    std::map<std::string, std::string> tree;
    const auto options = fsys::directory_options::follow_directory_symlink;
    for (const fsys::directory_entry& entry : fsys::recursive_directory_iterator(root, options)) {
        const std::string path = entry.path().lexically_relative(root).string();
        if (entry.is_directory()) {
            tree[path + "/"] = "";
        } else {
            tree[path] = content_of(entry.path());
        }
    }
    return tree;
}

void check_restored(const fsys::path& target, const SyntheticCluster& cluster) {
    check_restored(target, cluster, source_tree(cluster));
}

void check_restored(const fsys::path& target, const SyntheticCluster& cluster,
                    const std::map<std::string, std::string>& source) {
    std::map<std::string, std::string> tree = tree_of(target);
    const auto take = [&tree](const std::string& path) {
        INFO(path);
        REQUIRE(tree.contains(path));
        return std::move(tree.extract(path).mapped());
    };
    const std::string text = take("global/pg_control");
    std::string expected = cluster.base().files.at("global/pg_control");
    const PgControl restored = parse_pg_control(as_bytes(text));
    CHECK(restored.checkpoint == Lsn{0xDEAD});
    CHECK(restored.system_identifier == cluster.system_identifier);
    CHECK(text.substr(40, 240) == expected.substr(40, 240));

    CHECK(take("recovery.signal").empty());
    const std::string settings = take("postgresql.auto.conf");
    CHECK(contains(settings, "work_mem = '7MB'\n"));
    CHECK(contains(settings, "\nrestore_command = "));
    CHECK(contains(settings, "\nrecovery_target_name = ''\n"));
    CHECK_FALSE(contains(settings, "'old'"));
    if (cluster.base().files.contains("tablespace_map")) {
        take("tablespace_map");
    }
    // Comparing the maps as such would print whole files when they differ.
    for (const auto& [path, content] : source) {
        const auto found = tree.find(path);
        if (found == tree.end() || found->second != content) {
            FAIL_CHECK("missing or different: " + path);
        }
        tree.erase(path);
    }
    for (const auto& [path, content] : tree) {
        FAIL_CHECK("not from the backup: " + path);
    }
    check_modes(target);
}

std::string content_of(const fsys::path& path) {
    std::string text(fsys::file_size(path), '\0');
    std::ifstream(path, std::ios::binary)
        .read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

std::string line_with(const std::vector<std::string>& lines, const std::string& part) {
    for (const std::string& line : lines) {
        if (contains(line, part)) {
            return line;
        }
    }
    return {};
}

}  // namespace tsb::test
