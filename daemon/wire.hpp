// The control protocol on the wire (PROTOCOL.md): one JSON object a line, encoded and decoded here
// for both ends. Every decoder takes untrusted text: lengths and depth are bounded, and what is
// malformed is an Error, never a crash (I7). Knows no verb and opens no socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace tsb {

using Json = nlohmann::json;

inline constexpr int protocol_version = 1;
inline constexpr std::size_t request_limit = 64 << 10;  // bytes of a request line
inline constexpr std::size_t reply_limit = 16 << 20;    // bytes of a reply line

struct Request {
    Request() = default;
    Request(std::string v, Json a) : verb(std::move(v)), args(std::move(a)) {}
    std::string verb;
    Json args = Json::object();
};

/// How a request or a job ended: what it found and, when it failed, why. A failure may have a
/// result too (verify: which files are damaged).
struct Outcome {
    Outcome() = default;
    explicit Outcome(Json r) : result(std::move(r)) {}
    Outcome(Json r, Error f) : result(std::move(r)), failure(std::move(f)) {}
    Json result = Json::object();
    std::optional<Error> failure;
};

/// The outcome of work that threw: an Error as it is, anything else as Error{internal}.
Outcome outcome_of(const std::exception_ptr& thrown);

/// A snapshot of a running job, sent as {"event":"progress",...}.
struct ProgressEvent {
    std::string job;
    std::string kind;  // "backup", "verify", "restore"
    std::string cluster;
    std::string phase;  // to_string(Phase)
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;  // 0: unknown
    std::uint64_t files_done = 0;
    std::uint64_t files_total = 0;  // 0: unknown
};
Json encode_progress(const ProgressEvent& event);
/// Nothing when `event` is another event or malformed.
std::optional<ProgressEvent> decode_progress(const Json& event);

/// The next items of a list of the result, sent ahead of it as {"event":"part",...}.
Json encode_part(const std::string& list, Json items);

/// Puts a result together that came in parts. Thread: one.
class PartialResult {
public:
    /// True when `event` is a part; it was taken. One that is malformed is taken for nothing.
    bool take(Json& event);
    /// The result with what was taken before it.
    Json complete(Json result);

private:
    Json lists_ = Json::object();
};

/// One line from the daemon: an event, or (last of all) the outcome.
struct ReplyLine {
    std::optional<Json> event;
    Outcome outcome;  // when event is empty
};

/// One line with its newline. Text that is not UTF-8 is replaced, not refused.
std::string encode_line(const Json& value);
Json encode_request(const Request& request);
Json encode_outcome(Outcome outcome);

/// Error{usage} when `line` is no well-formed request of this protocol version.
Request decode_request(std::string_view line);
/// Error{protocol} when `line` is no well-formed reply.
ReplyLine decode_reply(std::string_view line);

}  // namespace tsb
