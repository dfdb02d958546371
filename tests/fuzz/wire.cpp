// Lines of the control protocol, as a request with its arguments and as a reply. What is accepted
// is the same after it was encoded and decoded again, and an encoded line is one line. Arguments
// that are accepted can be read.
#include "daemon/verb_spec.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

std::string line_of(const Json& value) {
    std::string line = encode_line(value);
    require(line.ends_with('\n') && line.find('\n') + 1 == line.size(), "a line is one line");
    line.pop_back();
    require(printable(line) == line || line.find('\x7F') != std::string::npos ||
                line.find('\xC2') != std::string::npos,
            "control bytes are escaped in a line");
    return line;
}

/// Reads all arguments of `verb` as its handler would.
void read_args(const VerbSpec& verb, const Json& args) {
    if (!verb.positional.empty()) text_arg(args, std::string(verb.positional).c_str());
    for (const ArgSpec& arg : verb.args) {
        const std::string name(arg.name);
        if (arg.kind == ArgKind::flag) {
            flag_arg(args, name.c_str());
        } else if (arg.kind == ArgKind::list) {
            list_arg(args, name.c_str());
        } else {
            const bool given = args.contains(name);
            require(given == !text_arg(args, name.c_str()).empty(), "no text means none given");
        }
    }
}

void check_args_of(const Request& request) {
    for (const VerbSpec& verb : verb_specs()) {
        const auto check = [&] { check_args(verb, request.args); };
        if (accepts({ErrorCode::usage}, check)) read_args(verb, request.args);
    }
}

void check_request(std::string_view text) {
    Request request;
    if (!accepts({ErrorCode::usage}, [&] { request = decode_request(text); })) return;
    require(!request.verb.empty() && request.args.is_object(), "a request has verb and args");
    check_args_of(request);
    const std::string line = line_of(encode_request(request));
    if (line.size() > request_limit) return;  // numbers may grow: 1e9 becomes 1000000000.0
    const Request again = decode_request(line);
    require(again.verb == request.verb && again.args == request.args, "a request comes back");
}

void check_reply(std::string_view text) {
    ReplyLine reply;
    if (!accepts({ErrorCode::protocol}, [&] { reply = decode_reply(text); })) return;
    if (reply.event) {
        require(reply.event->is_object(), "an event is an object");
        const auto progress = decode_progress(*reply.event);
        if (!progress) return;
        const auto again = decode_progress(encode_progress(*progress));
        require(again && encode_progress(*again) == encode_progress(*progress),
                "progress comes back");
        return;
    }
    const ReplyLine again = decode_reply(line_of(encode_outcome(reply.outcome)));
    const Outcome& outcome = again.outcome;
    require(!again.event && outcome.result == reply.outcome.result &&
                outcome.failure.has_value() == reply.outcome.failure.has_value(),
            "an outcome comes back");
    if (!outcome.failure) return;
    require(outcome.failure->code() == reply.outcome.failure->code() &&
                std::string_view(outcome.failure->what()) == reply.outcome.failure->what() &&
                outcome.failure->hint() == reply.outcome.failure->hint(),
            "a failure comes back");
}

}  // namespace

std::vector<std::string> seeds() {
    return {
        R"({"v":1,"verb":"backup","args":{"cluster":"main","label":"a\u0000b","rate":64}})",
        R"({"v":1,"verb":"list"})",
        R"({"v":1,"verb":"restore","args":{"backup":"latest","target":"/srv/x","owner":"a:b",)"
        R"("tablespace-map":["/a=/b","/c=/d"],"any-version":true,"detach":false}})",
        R"({"v":1,"verb":"prune","args":{"cluster":"main","dry-run":true,"force":true}})",
        R"({"v":1,"verb":"keep","args":{"backup":"latest","reason":"\u00e4 \ud83d\ude00"}})",
        R"({"v":1,"verb":"schedule","args":{"next":"3"}})",
        R"({"v":1,"verb":"restore","args":{"map":[["/a","/b"]],"x":{"y":[1.5e3,null,true]}}})",
        R"({"ok":{"backups":[{"backup_id":"cluster_backup_20261123_014224"}]}})",
        R"({"error":{"code":"busy","message":"job runs","hint":"wait"},"result":{"a":1}})",
        R"({"event":"progress","job":"j","kind":"backup","cluster":"main","phase":"copying",)"
        R"("bytes_done":5,"bytes_total":18446744073709551615,"files_done":1,"files_total":2})",
        R"({"ok":)" + std::string(20, '[') + std::string(20, ']') + "}",
    };
}

void try_input(std::string_view input) {
    check_request(input);
    check_reply(input);
}

}  // namespace tsb::fuzz
