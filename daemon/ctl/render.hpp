// Results of verbs and jobs as text for people. Pure; the shapes rendered are those of PROTOCOL.md.
#pragma once

#include <string>

#include "daemon/wire.hpp"

namespace tsb {

/// The text for the result of the verb or job kind `what`; empty when there is nothing to say.
/// Ends with a newline otherwise. Throws Error{protocol} when the result has another shape.
/// Thread: any.
std::string render_result(const std::string& what, const Json& result);

/// "tsbackupctl: cannot ... [code]", and "hint: ..." on a line of its own when there is one. The
/// findings in a configuration are a line each. Thread: any.
std::string render_error(const std::string& program, const Error& error);

}  // namespace tsb
