// What a server says when it refuses or fails: its fields, and the error code they mean.
//
// Servers may speak any language, so a kind is told by SQLSTATE and by the name of the C function
// that raised the error, neither of which is translated; by text only where both are shared by
// several causes. Pure; does not read from a connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace tsb {

struct ServerMessage {
    std::string sqlstate;  // five characters; empty when the client library itself failed
    std::string primary;   // the message without severity, detail and hint
    std::string detail;
    std::string hint;
    std::string function;  // of the server's source; empty when not sent
};

/// The server's messages in `text`, the client library's error text at verbosity "verbose", in
/// order. Several when it tried several ways (with and without TLS); empty when the server said
/// nothing. Lines that begin with a label in another language stay out of `primary`.
std::vector<ServerMessage> parse_verbose_messages(std::string_view text);

/// The error of a command that failed on an open session: code by kind, the primary message with
/// its detail and SQLSTATE on one line (after "the connection to the server was lost: " when that
/// is what it means), our hint or else the server's. Control bytes are escaped.
Error command_error(const ServerMessage& message);

/// `text` on one line: without trailing space, inner runs of white space as one blank, control
/// bytes escaped, at most `limit` bytes.
std::string one_line(std::string_view text, std::size_t limit = 500);

}  // namespace tsb
