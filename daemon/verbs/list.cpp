#include "core/ops/run_on.hpp"
#include "daemon/backup_list.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json show_backup(Service& service, const std::string& named, const std::string& id) {
    service.repository.require_there();
    const std::string cluster = service.cluster_with(named, id);
    const BackupHandle backup =
        service.repository.open_backup(cluster, service.backup_id(cluster, id));
    Json described = describe(backup.metadata);
    const BackupNotes notes = service.repository.notes(cluster, backup.id);
    if (notes.drill) described["drill"] = describe(*notes.drill);
    return {{"backup_id", backup.id}, {"backup", std::move(described)}};
}

}  // namespace

asio::awaitable<Outcome> list_verb(VerbCall& call) {
    const WithVerdicts verdicts = flag_arg(call.args, "why") ? WithVerdicts::yes : WithVerdicts::no;
    std::function<Listed()> find = [&call, verdicts] {
        return find_backups(call.service, text_arg(call.args, "cluster"), verdicts);
    };
    const Listed listed = co_await run_on_thread(std::move(find));
    Json last = co_await send_backups(listed, call.service.clock.now(), call.emit);
    Json result = {{"backups", std::move(last)}};
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> show_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        return show_backup(call.service, text_arg(call.args, "cluster"),
                           text_arg(call.args, "backup"));
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

}  // namespace tsb
