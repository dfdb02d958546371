#include "daemon/verbs.hpp"

#include <algorithm>
#include <array>

#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

struct HandlerRow {
    std::string_view verb;
    VerbHandler handle;
};

constexpr std::array handlers = {
    HandlerRow{"status", status_verb},   HandlerRow{"check", check_verb},
    HandlerRow{"backup", backup_verb},   HandlerRow{"list", list_verb},
    HandlerRow{"show", show_verb},       HandlerRow{"verify", verify_verb},
    HandlerRow{"restore", restore_verb}, HandlerRow{"schedule", schedule_verb},
    HandlerRow{"prune", prune_verb},     HandlerRow{"keep", keep_verb},
    HandlerRow{"unkeep", unkeep_verb},   HandlerRow{"delete", delete_verb},
    HandlerRow{"jobs", jobs_verb},       HandlerRow{"cancel", cancel_verb},
    HandlerRow{"watch", watch_verb},     HandlerRow{"reload", reload_verb},
    HandlerRow{"version", version_verb}, HandlerRow{"drill", drill_verb},
    HandlerRow{"explore", explore_verb}, HandlerRow{"report", report_verb},
};

VerbHandler handler_of(const VerbSpec& verb) {
    const auto* row = std::find_if(handlers.begin(), handlers.end(),
                                   [&](const HandlerRow& each) { return each.verb == verb.name; });
    return row == handlers.end() ? nullptr : row->handle;
}

const VerbSpec& served_verb(const std::string& name) {
    const VerbSpec* verb = find_verb(name);
    if (verb != nullptr && handler_of(*verb) != nullptr) return *verb;
    std::vector<std::string> known;
    for (const HandlerRow& row : handlers) known.emplace_back(row.verb);
    throw unknown_verb(name, known);
}

}  // namespace

asio::awaitable<Outcome> handle_request(Service& service, const Caller& caller,
                                        const Request& request, const EmitEvent& emit) {
    std::exception_ptr emit_failure;
    const EmitEvent watched_emit = [&](Json event) -> asio::awaitable<void> {
        try {
            co_await emit(std::move(event));
        } catch (...) {
            emit_failure = std::current_exception();
            throw;
        }
    };
    std::exception_ptr thrown;
    try {
        const VerbSpec& verb = served_verb(request.verb);
        require_right(caller, verb);
        check_args(verb, request.args);
        VerbCall call(service, caller, request.args, watched_emit);
        const VerbHandler handle = handler_of(verb);
        co_return co_await handle(call);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (emit_failure) std::rethrow_exception(emit_failure);
    Outcome outcome = outcome_of(thrown);
    if (outcome.failure->code() == ErrorCode::internal) {
        log(LogLevel::error, "", request.verb + " failed: " + outcome.failure->what());
    }
    co_return outcome;
}

}  // namespace tsb
