#include "core/ops/dump.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/ops/drill_run.hpp"
#include "core/ops/restore_preflight.hpp"
#include "core/ops/run_on.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace asio = boost::asio;
namespace fsys = std::filesystem;

namespace {

constexpr const char* dump_program = "pg_dump";
constexpr std::chrono::hours dump_limit{24 * 7};  // the job has a limit of its own
constexpr mode_t dump_mode = 0600;

/// The file under another name until it is whole; removed by the destructor unless it was kept.
class DumpFile {
public:
    /// One that a kill left is replaced.
    DumpFile(Fs& fs, const fsys::path& path)
        : fs_(fs),
          name_(path.filename().string()),
          unfinished_(names::unfinished_file(".tsbackup-" + name_)),
          directory_(fs.open_root(path.parent_path())) {
        if (fs.status(directory_.get(), name_)) {
            throw Error(ErrorCode::target_not_empty,
                        "cannot dump to '" + printable(path.string()) + "': it is there already",
                        "nothing is overwritten: name a new file");
        }
        if (fs.status(directory_.get(), unfinished_)) {
            fs.remove_file(directory_.get(), unfinished_);
        }
        file_ = fs.create_file(directory_.get(), unfinished_, dump_mode);
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
    /// Returns its size in bytes.
    std::uint64_t keep(const std::optional<FileOwner>& owner) {
        if (owner) fs_.set_owner(file_.get(), owner->uid, owner->gid);
        fs_.sync(file_.get());
        const std::uint64_t bytes = fs_.status(file_.get()).size;
        fs_.rename(directory_.get(), unfinished_, directory_.get(), name_, RenameMode::no_replace);
        kept_ = true;
        fs_.sync(directory_.get());
        return bytes;
    }

private:
    Fs& fs_;
    const std::string name_;
    const std::string unfinished_;
    Fd directory_;
    Fd file_;
    bool kept_ = false;
};

/// What the backup's metadata has of the database; empty when it was not recorded.
DatabaseInfo recorded(const Metadata& metadata, const std::string& database) {
    const auto found = std::ranges::find(metadata.databases, database, &DatabaseInfo::name);
    return found == metadata.databases.end() ? DatabaseInfo() : *found;
}

/// A typing error shall not cost a restore. Where the list could not be had, pg_dump tells.
void require_database(const Metadata& metadata, const std::string& database) {
    std::string known;
    for (const DatabaseInfo& info : metadata.databases) {
        if (info.name == database || info.name.empty()) return;
        known += (known.empty() ? "" : ", ") + printable(info.name);
    }
    if (known.empty()) return;
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

/// The owner of the directory, as what a restore writes; nothing unless root.
std::optional<FileOwner> owner_of(Fs& fs, const fsys::path& file) {
    if (own_identity().uid != 0) return std::nullopt;
    const Fd directory = fs.open_root(file.parent_path());
    const FileStatus status = fs.status(directory.get());
    return FileOwner{status.uid, status.gid};
}

void dump(const DrillRun& run, const std::string& database, int file, const JobContext& job) {
    Command command = run.client_command(dump_program);
    // As a connection string: a name is taken for one where it holds "=".
    std::string quoted;
    for (const char c : database) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    for (const std::string& argument :
         {std::string("--format=custom"), std::string("--no-password"),
          "--dbname=dbname='" + quoted + "'"}) {
        command.argv.push_back(argument);
    }
    command.limit = dump_limit;
    command.output = file;
    const CommandOutcome outcome = run_command(command, job.stop);
    if (const std::optional<Error> failure = failure_of(command, outcome)) throw Error(*failure);
}

asio::awaitable<void> dump_backup(DrillRun& run, const DumpOptions& options, Fs& fs,
                                  const JobContext& job, DumpReport& report) {
    // Before the restore, which takes long, so that what stands against it is told at once.
    std::optional<DumpFile> file;
    std::function<void()> begin = [&] { file.emplace(fs, options.file); };
    co_await run_on_thread(std::move(begin));
    co_await run.prepare();
    require_program(run);
    require_database(run.metadata(), options.database);
    report.timescaledb_version = recorded(run.metadata(), options.database).timescaledb_version;
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
        report.bytes = file->keep(owner_of(fs, options.file));
    };
    co_await run_on_thread(std::move(write));
}

std::string shell_quoted(const std::string& text) {
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
    asio::awaitable<void> steps = dump_backup(run, options, repository.fs(), job, report);
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
    const std::string name = shell_quoted(database);
    std::vector<std::string> commands = {"createdb --template=template0 " + name};
    const auto run_sql = [&](const std::string& sql) {
        commands.push_back("psql --dbname=" + name + " --command=" + shell_quoted(sql));
    };
    if (!timescaledb_version.empty()) {
        run_sql("CREATE EXTENSION timescaledb VERSION \"" + timescaledb_version + "\"");
        run_sql("SELECT timescaledb_pre_restore()");
    }
    commands.push_back("pg_restore --dbname=" + name + " " + shell_quoted(file.string()));
    if (!timescaledb_version.empty()) run_sql("SELECT timescaledb_post_restore()");
    return commands;
}

}  // namespace tsb
