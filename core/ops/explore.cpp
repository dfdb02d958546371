#include "core/ops/explore.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/ops/drill_run.hpp"
#include "core/ops/run_on.hpp"
#include "core/repo/recovery_settings.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t longest_configuration = 1 << 20;
constexpr std::array configuration_files = {"postgresql.conf", "postgresql.auto.conf"};

/// One that every restore writes into postgresql.auto.conf.
bool is_of_restore(const std::string& name, const std::string& value) {
    return std::ranges::find(recovery_settings, name + " = '" + value + "'") !=
           recovery_settings.end();
}

/// What the files of the copy in `data` set, as rows of the list "settings"; without files that
/// are not there, as where the distribution keeps them elsewhere.
std::vector<ReportRow> configured_settings(Fs& fs, const std::filesystem::path& data,
                                           std::vector<std::string>& notes) {
    std::vector<ReportRow> rows;
    const Fd directory = fs.open_root(data);
    for (const std::string file : configuration_files) {
        if (!fs.status(directory.get(), file)) {
            notes.push_back("the backup has no " + file + ": it is kept elsewhere");
            continue;
        }
        try {
            const std::string text =
                read_whole_file(fs, directory.get(), file, longest_configuration);
            for (const auto& [name, value] : settings_in(text)) {
                if (is_of_restore(name, value) || rows.size() == most_report_rows) continue;
                rows.push_back({cut_text(name), cut_text(shown_setting(name, value)), file});
            }
        } catch (const Error& error) {
            notes.push_back("cannot read the backup's " + file + ": " + error.what());
        }
    }
    return rows;
}

asio::awaitable<void> read_backup(DrillRun& run, const SessionFactory& connect,
                                  unsigned sample_rows, Fs& fs, const JobContext& job,
                                  BackupContents& contents) {
    co_await run.prepare();
    const bool restored = co_await run.restore();
    if (!restored) co_return;
    std::vector<ReportRow> settings;
    std::vector<std::string> notes;
    // Starting replaces them.
    std::function<void()> read = [&] { settings = configured_settings(fs, run.data(), notes); };
    co_await run_on_thread(std::move(read));
    co_await run.start();
    const bool open = co_await run.recover();
    if (!open) co_return;
    job.progress.phase = Phase::checking;
    ReportOptions options;
    options.sample_rows = sample_rows;
    options.settings = SettingsOf::roles_and_databases;
    const ConnectOptions connection = run.connection();
    contents.report = co_await read_cluster_report(connect, connection, options, job);
    ClusterReport& report = contents.report;
    std::ranges::move(settings, std::back_inserter(report.list("settings").rows));
    std::ranges::move(notes, std::back_inserter(report.notes));
}

}  // namespace

asio::awaitable<BackupContents> explore_backup(const DrillOptions& options, unsigned sample_rows,
                                               Repository& repository,
                                               const SessionFactory& connect, const Clock& clock,
                                               JobContext& job) {
    DrillRun run(options, repository, connect, clock, job);
    BackupContents contents;
    asio::awaitable<void> steps =
        read_backup(run, connect, sample_rows, repository.fs(), job, contents);
    co_await run.complete(std::move(steps));
    const DrillReport drill = run.report();
    require_no_problem(drill, "explore");
    contents.backup_id = drill.backup_id;
    std::ranges::copy(drill.notes, std::back_inserter(contents.report.notes));
    co_return contents;
}

}  // namespace tsb
