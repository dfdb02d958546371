#include "daemon/wire.hpp"

#include "core/base/json_depth.hpp"

namespace tsb {
namespace {

constexpr std::size_t request_depth = 4;  // the object, args, a list in it, and one to spare
constexpr std::size_t reply_depth = 16;

/// Parses one line; nothing when it is malformed or nested deeper than `depth_limit`.
std::optional<Json> parse_line(std::string_view line, std::size_t depth_limit) {
    if (nested_deeper(line, depth_limit)) return std::nullopt;
    Json value = Json::parse(line, nullptr, false);
    if (!value.is_object()) return std::nullopt;
    return value;
}

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t count_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Error bad_request(const std::string& cause) {
    return {ErrorCode::usage, "cannot read the request: " + cause};
}

}  // namespace

Outcome outcome_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        return {Json::object(), error};
    } catch (const std::exception& error) {
        return {Json::object(), Error(ErrorCode::internal, error.what())};
    }
}

Json encode_progress(const ProgressEvent& event) {
    return {{"event", "progress"},
            {"job", event.job},
            {"kind", event.kind},
            {"cluster", event.cluster},
            {"phase", event.phase},
            {"bytes_done", event.bytes_done},
            {"bytes_total", event.bytes_total},
            {"files_done", event.files_done},
            {"files_total", event.files_total}};
}

std::optional<ProgressEvent> decode_progress(const Json& event) {
    if (!event.is_object() || text_of(event, "event") != "progress") return std::nullopt;
    ProgressEvent progress;
    progress.job = text_of(event, "job");
    progress.kind = text_of(event, "kind");
    progress.cluster = text_of(event, "cluster");
    progress.phase = text_of(event, "phase");
    progress.bytes_done = count_of(event, "bytes_done");
    progress.bytes_total = count_of(event, "bytes_total");
    progress.files_done = count_of(event, "files_done");
    progress.files_total = count_of(event, "files_total");
    return progress;
}

Json encode_part(const std::string& list, Json items) {
    return {{"event", "part"}, {"list", list}, {"items", std::move(items)}};
}

bool PartialResult::take(Json& event) {
    if (text_of(event, "event") != "part") return false;
    const auto items = event.find("items");
    if (items == event.end() || !items->is_array()) return true;
    Json& list = lists_.emplace(text_of(event, "list"), Json::array()).first.value();
    for (Json& item : *items) list.push_back(std::move(item));
    return true;
}

Json PartialResult::complete(Json result) {
    for (const auto& [name, list] : lists_.items()) {
        Json& rest = result[name];
        for (Json& item : rest) list.push_back(std::move(item));
        rest = std::move(list);
    }
    return result;
}

std::string encode_line(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json encode_request(const Request& request) {
    return {{"v", protocol_version}, {"verb", request.verb}, {"args", request.args}};
}

Json encode_outcome(Outcome outcome) {
    Json line;
    if (outcome.failure) {
        line["error"] = {{"code", kind_of(outcome.failure->code()).name},
                         {"message", outcome.failure->what()},
                         {"hint", outcome.failure->hint()}};
    }
    if (!outcome.failure || !outcome.result.empty()) {
        line[outcome.failure ? "result" : "ok"] = std::move(outcome.result);
    }
    return line;
}

Request decode_request(std::string_view line) {
    if (line.size() > request_limit) throw bad_request("longer than 64 KiB");
    const std::optional<Json> value = parse_line(line, request_depth);
    if (!value) throw bad_request("expected one JSON object on a line");
    for (const auto& [key, ignored] : value->items()) {
        if (key != "v" && key != "verb" && key != "args") {
            throw bad_request("unknown key '" + printable(key) + "'");
        }
    }
    const auto version = value->find("v");
    if (version == value->end() || *version != protocol_version) {
        throw Error(ErrorCode::usage, "cannot read the request: expected protocol version 1",
                    "client and daemon must be of the same release");
    }
    Request request;
    request.verb = text_of(*value, "verb");
    if (request.verb.empty()) throw bad_request("no verb");
    if (const auto args = value->find("args"); args != value->end()) {
        if (!args->is_object()) throw bad_request("'args' is not an object");
        request.args = *args;
    }
    return request;
}

ReplyLine decode_reply(std::string_view line) {
    const Error malformed(ErrorCode::protocol, "cannot read the daemon's answer: malformed line");
    std::optional<Json> value =
        line.size() > reply_limit ? std::nullopt : parse_line(line, reply_depth);
    if (!value) throw malformed;

    ReplyLine reply;
    if (const auto ok = value->find("ok"); ok != value->end()) {
        if (!ok->is_object()) throw malformed;
        reply.outcome.result = std::move(*ok);
    } else if (const auto error = value->find("error"); error != value->end()) {
        if (!error->is_object() || text_of(*error, "message").empty()) throw malformed;
        reply.outcome.failure.emplace(error_code_named(text_of(*error, "code")),
                                      text_of(*error, "message"), text_of(*error, "hint"));
        if (const auto result = value->find("result");
            result != value->end() && result->is_object()) {
            reply.outcome.result = std::move(*result);
        }
    } else if (!text_of(*value, "event").empty()) {
        reply.event = std::move(*value);
    } else {
        throw malformed;
    }
    return reply;
}

}  // namespace tsb
