// The handlers behind the verb table, one file a verb or family of verbs. Each gets arguments that
// check_args() accepted and a caller who has the verb's right.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/ops/restore_in_place.hpp"
#include "daemon/verbs.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

struct VerbCall {
    VerbCall(Service& s, const Caller& c, const Json& a, const EmitEvent& e)
        : service(s), caller(c), args(a), emit(e) {}
    Service& service;
    const Caller& caller;
    const Json& args;
    const EmitEvent& emit;
};

using VerbHandler = boost::asio::awaitable<Outcome> (*)(VerbCall& call);

// Thread: loop. Errors are thrown.
boost::asio::awaitable<Outcome> status_verb(VerbCall& call);
boost::asio::awaitable<Outcome> check_verb(VerbCall& call);
boost::asio::awaitable<Outcome> backup_verb(VerbCall& call);
boost::asio::awaitable<Outcome> list_verb(VerbCall& call);
boost::asio::awaitable<Outcome> report_verb(VerbCall& call);
boost::asio::awaitable<Outcome> show_verb(VerbCall& call);
boost::asio::awaitable<Outcome> verify_verb(VerbCall& call);
boost::asio::awaitable<Outcome> restore_verb(VerbCall& call);
boost::asio::awaitable<Outcome> drill_verb(VerbCall& call);
boost::asio::awaitable<Outcome> explore_verb(VerbCall& call);
boost::asio::awaitable<Outcome> schedule_verb(VerbCall& call);
boost::asio::awaitable<Outcome> prune_verb(VerbCall& call);
boost::asio::awaitable<Outcome> keep_verb(VerbCall& call);
boost::asio::awaitable<Outcome> unkeep_verb(VerbCall& call);
boost::asio::awaitable<Outcome> delete_verb(VerbCall& call);
boost::asio::awaitable<Outcome> reload_verb(VerbCall& call);
boost::asio::awaitable<Outcome> jobs_verb(VerbCall& call);
boost::asio::awaitable<Outcome> cancel_verb(VerbCall& call);
boost::asio::awaitable<Outcome> watch_verb(VerbCall& call);
boost::asio::awaitable<Outcome> version_verb(VerbCall& call);

/// Begins a restore into `target`. Error{busy} while another one fills it.
JobPointer start_restore(VerbCall& call, const std::string& cluster,
                         const std::filesystem::path& target, JobWork work);
/// The ways of restore_verb() that exchange data.
boost::asio::awaitable<Outcome> restore_in_place_verb(VerbCall& call, InPlaceOptions options);
boost::asio::awaitable<Outcome> undo_restore(VerbCall& call);
boost::asio::awaitable<Outcome> clean_up_restores(VerbCall& call);
/// True when what the verb restore is to restore is one database.
bool asks_for_dump(const Json& args);
boost::asio::awaitable<Outcome> dump_verb(VerbCall& call);
/// The backup that is meant; "latest" when none is named. Reads the disk. Thread: any (blocks).
BackupName chosen_backup(Service& service, const Json& args);

/// Shows `job` until it ends and gives its outcome; with --detach gives its id at once.
boost::asio::awaitable<Outcome> attend(VerbCall& call, JobPointer job);
/// Shows `jobs` until all have ended.
boost::asio::awaitable<void> follow(VerbCall& call, std::vector<JobPointer> jobs);

}  // namespace tsb
