// The words in which the cases of a hostile server are written down: which message of the server is
// meant, and what is done to it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/tampering_proxy.hpp"

namespace tsb::test {

using When = std::function<bool(const ServerMessage&)>;
using Change = std::function<std::string(std::string)>;

// Which message.
/// A message of `type` in the answer to a command that begins with `command`, on the session with
/// that number (a backup's data comes over the first, 0, its WAL over the second).
When answer(const std::string& command, char type, int session = 0);
/// A typed CopyData message of a base backup: 'n' archive, 'd' data, 'p' progress, 'm' manifest.
When backup_copy(char kind);
/// A message of the WAL stream: 'w' data, 'k' keepalive.
When wal_copy(char kind);
/// A parameter that the server reports at login.
When parameter(const std::string& name);

/// `what` is done to the `number`th message (from 1) that `when` picks out; all else passes.
Tampering at(int number, When when, Tampering what);
Tampering first(When when, Tampering what);

// What is done to it.
Tampering replaced(char type, const std::string& payload);
Tampering put_before(char type, const std::string& payload);
Tampering put_after(char type, const std::string& payload);
Tampering changed(Change change);
Tampering dropped();
Tampering repeated();
Tampering cut_off();
/// The message's length says `length`, but only `size` bytes come; then the connection breaks.
Tampering lying_about_length(std::uint32_t length, std::size_t size = 1000);

// Payloads.
std::string big_endian(std::uint64_t value, int bytes);
/// The announcement of an archive of the main data directory; `name` may hold anything.
std::string archive_message(const std::string& name);
/// A DataRow with another text in the field `index`.
Change field(std::size_t index, const std::string& text);
std::string error_payload(const std::string& sqlstate, const std::string& text);

// The content of a base backup.
/// Collects the whole archive and the whole manifest, and sends what `tar` and `manifest` make of
/// them; empty: as they are.
Tampering rewritten(Change tar, Change manifest);

}  // namespace tsb::test
