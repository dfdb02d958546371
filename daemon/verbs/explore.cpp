#include "core/base/whole_number.hpp"
#include "core/ops/run_on.hpp"
#include "daemon/report_parts.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

unsigned sample_rows(const Json& args) {
    const std::string text = text_arg(args, "rows");
    if (text.empty()) return 0;
    const auto rows = parse_whole<unsigned>(text);
    if (!rows || *rows > most_sample_rows) {
        throw Error(ErrorCode::usage, "cannot explore: --rows '" + printable(text) +
                                          "': expected a number from 0 to " +
                                          std::to_string(most_sample_rows));
    }
    return *rows;
}

JobPointer start_live(const VerbCall& call, unsigned rows, std::shared_ptr<ClusterReport> report) {
    if (call.args.contains("backup") || call.args.contains("cluster")) {
        throw Error(ErrorCode::usage, "cannot explore: --live names the one thing to look at",
                    "leave the backup and --cluster out");
    }
    const std::shared_ptr<const Config> config = call.service.config();
    const ClusterConfig& cluster = config->cluster(text_arg(call.args, "live"));
    return start_explore_live(call.service, cluster, rows, requester(call.caller.uid),
                              std::move(report));
}

asio::awaitable<void> send_lists(VerbCall& call, const ClusterReport& report) {
    ReportParts parts(report);
    for (;;) {
        std::function<std::optional<Json>()> make = [&parts] { return parts.next(); };
        std::optional<Json> part = co_await run_on_thread(std::move(make));
        if (!part) co_return;
        co_await call.emit(std::move(*part));
    }
}

}  // namespace

asio::awaitable<Outcome> explore_verb(VerbCall& call) {
    const unsigned rows = sample_rows(call.args);
    auto report = std::make_shared<ClusterReport>();
    JobPointer job;
    if (call.args.contains("live")) {
        job = start_live(call, rows, report);
    } else {
        std::function<BackupName()> choose = [&call] {
            return chosen_backup(call.service, call.args);
        };
        const BackupName backup = co_await run_on_thread(std::move(choose));
        const std::shared_ptr<const Config> config = call.service.config();
        const ClusterConfig& cluster = config->cluster(backup.cluster);
        job = start_explore(call.service, cluster, backup.id, rows, requester(call.caller.uid),
                            report);
    }
    Outcome outcome = co_await attend(call, std::move(job));
    if (!outcome.failure) co_await send_lists(call, *report);
    co_return outcome;
}

}  // namespace tsb
