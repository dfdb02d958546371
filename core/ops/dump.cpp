#include "core/ops/dump.hpp"

#include <unistd.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/ops/drill_run.hpp"
#include "core/ops/restore_places.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/conninfo.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace asio = boost::asio;
namespace fsys = std::filesystem;

namespace {

constexpr const char* dump_program = "pg_dump";
constexpr std::chrono::hours dump_limit{24 * 7};  // the job has a limit of its own
constexpr mode_t dump_mode = 0600;
/// Lines of "pg_restore --list" that are of the database itself: how it is made, its settings,
/// privileges and comment.
constexpr const char* entries_of_database =
    "^[0-9]+; [0-9]+ [0-9]+ (DATABASE|(ACL|COMMENT|SECURITY LABEL) - DATABASE) ";

/// The file under another name until it is whole; removed by the destructor unless it was kept.
class DumpFile {
public:
    /// One that a kill left is replaced. `path` has no links: one that came into it meanwhile is
    /// not followed. Error{busy} when another dump writes it.
    DumpFile(Fs& fs, const fsys::path& path)
        : fs_(fs),
          name_(path.filename().string()),
          unfinished_(names::unfinished_file(".tsbackup-" + name_)),
          directory_(open_without_links(fs, path.parent_path())) {
        if (fs.status(directory_.get(), name_)) {
            throw Error(ErrorCode::target_not_empty,
                        "cannot dump to '" + printable(path.string()) + "': it is there already",
                        "nothing is overwritten: name a new file");
        }
        if (fs.status(directory_.get(), unfinished_)) {
            const Fd left = fs.open_file(directory_.get(), unfinished_);
            lock(left, path);
            fs.remove_file(directory_.get(), unfinished_);
        }
        file_ = fs.create_file(directory_.get(), unfinished_, dump_mode);
        lock(file_, path);
    }
    DumpFile(const DumpFile&) = delete;
    ~DumpFile() {
        if (kept_) return;
        try {
            fs_.remove_file(directory_.get(), unfinished_);
        } catch (const Error&) {
            // The next dump to this file replaces it.
        }
    }

    int descriptor() const { return file_.get(); }
    /// Returns its size in bytes. As root, the file goes to the owner of the directory.
    std::uint64_t keep() {
        const FileStatus directory = fs_.status(directory_.get());
        if (::geteuid() == 0) fs_.set_owner(file_.get(), directory.uid, directory.gid);
        fs_.sync(file_.get());
        const std::uint64_t bytes = fs_.status(file_.get()).size;
        fs_.rename(directory_.get(), unfinished_, directory_.get(), name_, RenameMode::no_replace);
        kept_ = true;
        fs_.sync(directory_.get());
        return bytes;
    }

private:
    static Fd open_without_links(Fs& fs, const fsys::path& directory) {
        Fd root = fs.open_root("/");
        const std::string beneath = directory.relative_path().string();
        return beneath.empty() ? std::move(root) : fs.open_directory(root.get(), beneath);
    }
    void lock(const Fd& file, const fsys::path& path) {
        if (fs_.try_lock(file.get(), LockKind::exclusive)) return;
        throw Error(ErrorCode::busy, "cannot dump to '" + printable(path.string()) +
                                         "': another dump is writing it");
    }

    Fs& fs_;
    const std::string name_;
    const std::string unfinished_;
    Fd directory_;
    Fd file_;
    bool kept_ = false;
};

/// What the backup's metadata has of the database. A typing error shall not cost a restore; where
/// the list could not be had, pg_dump tells.
DatabaseInfo require_database(const Metadata& metadata, const std::string& database) {
    std::string known;
    for (const DatabaseInfo& info : metadata.databases) {
        if (info.name == database || info.name.empty()) return info;
        known += (known.empty() ? "" : ", ") + printable(info.name);
    }
    if (known.empty()) return {};
    throw Error(ErrorCode::not_found,
                "cannot dump database '" + printable(database) + "': backup '" + metadata.id +
                    "' has none of that name",
                "it has " + known);
}

void require_program(const DrillRun& run) {
    std::error_code ignored;
    const fsys::path program = run.program(dump_program);
    if (fsys::exists(program, ignored)) return;
    throw Error(ErrorCode::version_mismatch,
                "cannot dump: there is no '" + printable(program.string()) + "'",
                "install PostgreSQL's client programs of that version");
}

/// A name would be taken for a connection string where it holds "=".
std::string connection_to(const std::string& database) {
    return "dbname=" + conninfo_value(database);
}

void dump(const DrillRun& run, const std::string& database, int file, const JobContext& job) {
    Command command = run.client_command(dump_program);
    for (const std::string& argument :
         {std::string("--format=custom"), std::string("--no-password"),
          "--dbname=" + connection_to(database)}) {
        command.argv.push_back(argument);
    }
    command.limit = dump_limit;
    command.output = file;
    const CommandOutcome outcome = run_command(command, job.stop);
    if (const std::optional<Error> failure = failure_of(command, outcome)) throw Error(*failure);
}

/// `file` is opened before the restore, which takes long, so that what stands against it is told at
/// once.
asio::awaitable<void> dump_to(std::optional<DumpFile>& file, DrillRun& run,
                              const DumpOptions& options, Repository& repository,
                              const JobContext& job, DumpReport& report) {
    std::function<void()> begin = [&] {
        require_safe_places(repository.path(), options.file, {});
        file.emplace(repository.fs(), options.file);
    };
    co_await run_on_thread(std::move(begin));
    co_await run.prepare();
    require_program(run);
    report.timescaledb_version =
        require_database(run.metadata(), options.database).timescaledb_version;
    const bool restored = co_await run.restore();
    if (!restored) co_return;
    co_await run.start();
    const bool open = co_await run.recover();
    if (!open) co_return;
    job.progress.phase = Phase::copying;
    job.progress.bytes_done = 0;  // nobody knows how much pg_dump will write
    job.progress.bytes_total = 0;
    std::function<void()> write = [&] {
        dump(run, options.database, file->descriptor(), job);
        job.progress.phase = Phase::syncing;
        report.bytes = file->keep();
    };
    co_await run_on_thread(std::move(write));
}

asio::awaitable<void> dump_backup(DrillRun& run, const DumpOptions& options, Repository& repository,
                                  const JobContext& job, DumpReport& report) {
    std::optional<DumpFile> file;
    std::exception_ptr failure;
    asio::awaitable<void> steps = dump_to(file, run, options, repository, job, report);
    try {
        co_await std::move(steps);
    } catch (...) {
        failure = std::current_exception();
    }
    // Removing what is half written may take long.
    std::function<void()> close = [&] { file.reset(); };
    co_await run_on_thread(std::move(close));
    if (failure) std::rethrow_exception(failure);
}

/// True for what a shell takes as it is, and libpq for a name.
bool is_plain(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '/' || c == '.';
    });
}

std::string shell_quoted(const std::string& text) {
    if (is_plain(text)) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

asio::awaitable<DumpReport> dump_database(const DumpOptions& options, Repository& repository,
                                          const SessionFactory& connect, const Clock& clock,
                                          JobContext& job) {
    DrillRun run(options.copy, repository, connect, clock, job);
    DumpReport report;
    asio::awaitable<void> steps = dump_backup(run, options, repository, job, report);
    co_await run.complete(std::move(steps));
    const DrillReport drill = run.report();
    require_no_problem(drill, "dump from");
    report.backup_id = drill.backup_id;
    report.notes = drill.notes;
    co_return report;
}

std::vector<std::string> commands_to_load(const std::string& database,
                                          const std::string& timescaledb_version,
                                          const fsys::path& file) {
    const std::string dump = shell_quoted(file.string());
    if (timescaledb_version.empty()) return {"pg_restore --create --dbname=postgres " + dump};
    const std::string name = is_plain(database) ? database : shell_quoted(connection_to(database));
    const auto sql = [&](const std::string& text) {
        return "psql --dbname=" + name + " --command=" + shell_quoted(text);
    };
    std::string version;
    for (const char c : timescaledb_version) version += c == '"' ? "\"\"" : std::string(1, c);
    return {"pg_restore --create --list " + dump + " | grep -E '" + entries_of_database +
                "' | pg_restore --create --use-list=/dev/stdin --dbname=postgres " + dump,
            sql("CREATE EXTENSION timescaledb VERSION \"" + version + "\""),
            sql("SELECT timescaledb_pre_restore()"), "pg_restore --dbname=" + name + " " + dump,
            sql("SELECT timescaledb_post_restore()")};
}

}  // namespace tsb
