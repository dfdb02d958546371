// PROTOCOL.md is true: its examples are replayed, its table is the program's.
#include <atomic>
#include <set>

#include "daemon/describe.hpp"
#include "daemon/verb_spec.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/fixtures.hpp"
#include "tests/unit/daemon/protocol_document.hpp"

using namespace tsb;
using tsb::test::DocumentedArgument;
using tsb::test::Exchange;

namespace {

const test::ProtocolDocument& document() {
    static const test::ProtocolDocument read = test::read_protocol();
    return read;
}

std::string where(const Exchange& exchange) {
    return "PROTOCOL.md:" + std::to_string(exchange.line) + ": " + exchange.request;
}

const char* type_name(ArgKind kind) {
    switch (kind) {
        case ArgKind::path:
            return "path";
        case ArgKind::list:
            return "list";
        case ArgKind::flag:
            return "bool";
        case ArgKind::text:
        case ArgKind::local:
        case ArgKind::local_path:
            break;
    }
    return "text";
}

bool is_local(const ArgSpec& arg) {
    return arg.kind == ArgKind::local || arg.kind == ArgKind::local_path;
}

/// Names and types of what a request for `verb` may carry.
std::map<std::string, std::string> types_of(const VerbSpec& verb) {
    std::map<std::string, std::string> out;
    if (!verb.positional.empty()) out[std::string(verb.positional)] = "text";
    for (const ArgSpec& arg : verb.args) {
        if (!is_local(arg)) out[std::string(arg.name)] = type_name(arg.kind);
    }
    return out;
}

std::map<std::string, std::string> types_of(const test::DocumentedVerb& verb) {
    std::map<std::string, std::string> out;
    for (const auto& [name, argument] : verb.arguments) out[name] = argument.type;
    return out;
}

std::set<std::string> verbs_of_the_wire() {
    std::set<std::string> out;
    for (const VerbSpec& verb : verb_specs()) {
        if (verb.right != Right::none) out.emplace(verb.name);
    }
    return out;
}

std::set<std::string> fields_of(const Json& object) {
    std::set<std::string> out;
    for (const auto& [name, ignored] : object.items()) out.insert(name);
    return out;
}

/// The result of the section's exchange `number`.
Json documented(const std::string& verb, std::size_t number = 0) {
    for (const Exchange& exchange : document().exchanges) {
        if (exchange.verb != verb || number-- != 0) continue;
        return decode_reply(exchange.answers.back()).outcome.result;
    }
    throw std::runtime_error("no such example of " + verb);
}

/// Answers a request with what the document answers it with.
boost::asio::awaitable<Outcome> replay(const Exchange& exchange, const EmitEvent& emit) {
    Outcome outcome;
    for (const std::string& line : exchange.answers) {
        ReplyLine reply = decode_reply(line);
        if (reply.event) {
            co_await emit(std::move(*reply.event));
        } else {
            outcome = std::move(reply.outcome);
        }
    }
    co_return outcome;
}

}  // namespace

TEST_CASE("every example request is accepted as it stands, for the verb of its section") {
    for (const Exchange& exchange : document().exchanges) {
        INFO(where(exchange));
        const Request request = decode_request(exchange.request);
        CHECK(request.verb == exchange.verb);
        const VerbSpec* verb = find_verb(request.verb);
        REQUIRE(verb != nullptr);
        CHECK_NOTHROW(check_args(*verb, request.args));
    }
    for (const std::string& line : document().other_requests) CHECK_NOTHROW(decode_request(line));
}

TEST_CASE("every example answer is events and then one outcome, as a client reads them") {
    for (const Exchange& exchange : document().exchanges) {
        INFO(where(exchange));
        REQUIRE_FALSE(exchange.answers.empty());
        for (const std::string& line : exchange.answers) {
            const ReplyLine reply = decode_reply(line);
            CHECK(reply.event.has_value() == (&line != &exchange.answers.back()));
            const auto& failure = reply.outcome.failure;
            CHECK((!failure || failure->code() != ErrorCode::internal));
            if (reply.event && reply.event->at("event") == "progress") {
                CHECK(encode_progress(decode_progress(*reply.event).value()) == *reply.event);
            }
        }
    }
    for (const std::string& line : document().other_answers) CHECK_NOTHROW(decode_reply(line));
}

TEST_CASE("every verb of the wire has an example that goes well, and there are no others") {
    std::set<std::string> shown;
    for (const Exchange& exchange : document().exchanges) {
        if (!decode_reply(exchange.answers.back()).outcome.failure) shown.insert(exchange.verb);
    }
    CHECK(shown == verbs_of_the_wire());
}

TEST_CASE("the table of verbs is the program's, in rights, arguments and their types") {
    std::set<std::string> named;
    for (const auto& [name, ignored] : document().verbs) named.insert(name);
    CHECK(named == verbs_of_the_wire());
    for (const auto& [name, row] : document().verbs) {
        INFO(name);
        const VerbSpec* verb = find_verb(name);
        REQUIRE(verb != nullptr);
        CHECK(row.right == to_string(verb->right));
        CHECK(types_of(row) == types_of(*verb));
        const auto positional = row.arguments.find(std::string(verb->positional));
        if (positional == row.arguments.end()) continue;
        CHECK(positional->second.optional != verb->positional_required);
    }
}

TEST_CASE("a server sends the examples' answers just as they are written") {
    std::atomic<const Exchange*> asked = nullptr;
    const test::ControlGround server(
        [&](const Caller&, const Request&, const EmitEvent& emit) { return replay(*asked, emit); });
    for (const Exchange& exchange : document().exchanges) {
        INFO(where(exchange));
        asked = &exchange;
        test::ControlClient client(server);
        client.send(exchange.request + "\n");
        for (const std::string& line : exchange.answers) {
            CHECK(Json::parse(client.line()) == Json::parse(line));
        }
        CHECK(client.line().empty());
    }
}

TEST_CASE("a backup has the documented fields, in full and in a list") {
    Metadata metadata;
    metadata.wal_ranges.resize(1);
    metadata.tablespaces.resize(1);
    metadata.databases.resize(1);
    metadata.databases[0].contents.emplace().extensions.resize(1);
    metadata.files.resize(1);
    Json full = describe(metadata);
    full["drill"] = describe(DrillResult());
    const Json shown = documented("show").at("backup");
    CHECK(fields_of(full) == fields_of(shown));
    for (const char* list : {"wal_ranges", "tablespaces", "databases", "files"}) {
        CHECK(fields_of(full.at(list).at(0)) == fields_of(shown.at(list).at(0)));
    }

    const Json contents = full.at("databases").at(0).at("contents");
    const Json drilled = documented("drill").at("databases").at(0);
    for (const Json& documented_contents : {shown.at("databases").at(0).at("contents"),
                                            drilled.at("contents"), drilled.at("recorded")}) {
        CHECK(fields_of(contents) == fields_of(documented_contents));
        CHECK(fields_of(contents.at("extensions").at(0)) ==
              fields_of(documented_contents.at("extensions").at(0)));
    }

    BackupEntry entry;
    entry.metadata = std::make_shared<Metadata>(metadata);
    entry.notes.pin.emplace();
    entry.notes.verification.emplace();
    entry.notes.drill.emplace();
    std::set<std::string> fields = fields_of(describe(entry, test::fixed_clock().now()));
    fields.insert("retention");
    CHECK(fields == fields_of(documented("list").at("backups").back()));
    CHECK(fields_of(full["drill"]) == fields_of(shown.at("drill")));
    CHECK(fields_of(full["drill"]) ==
          fields_of(documented("list").at("backups").back().at("drill")));
    BackupEntry broken;
    CHECK(fields_of(describe(broken, {})) == fields_of(documented("list").at("backups").at(1)));
}

TEST_CASE("a job has the documented fields, from this run of the daemon and from an earlier one") {
    JobRecord record;
    record.started_at.emplace();
    record.error_code = "connection";
    const Json jobs = documented("jobs").at("jobs");
    CHECK(fields_of(describe(record)) == fields_of(jobs.at(0)));

    Job job("b-1", JobSpec("backup", "main", "uid 0"), {});
    CHECK(fields_of(describe(job, job.started)) == fields_of(jobs.at(2)));
    job.state = JobState::running;
    job.meter.bytes_done = 1;
    job.meter.bytes_total = 2;
    CHECK(fields_of(describe(job, job.started)) ==
          fields_of(documented("jobs", 1).at("jobs").at(0)));
    job.state = JobState::done;
    job.outcome.result["backup_id"] = "latest";
    CHECK(fields_of(describe(job, job.started)) == fields_of(jobs.at(1)));
}

TEST_CASE("status and version have the documented fields") {
    test::Ground ground(test::unreachable_server());
    Request request("status", {{"health", true}});
    const Json status = ground.ask(request).result;
    const Json shown = documented("status", 1);
    CHECK(fields_of(status) == fields_of(shown));
    CHECK(fields_of(status.at("repository")) == fields_of(shown.at("repository")));
    CHECK(fields_of(status.at("clusters").at(0)) == fields_of(shown.at("clusters").at(0)));
    const Json version = ground.ask(Request("version", Json::object())).result;
    CHECK(fields_of(version) == fields_of(documented("version")));
}
