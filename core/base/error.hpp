// The one exception type of tsbackup and the table of its kinds.
//
// Caught at the job boundary, the request boundary and main(); in between only to add context.
// Messages: lower case, no full stop, "cannot <verb> '<object>': <cause>". The hint is for the
// reader who can act on it and is empty otherwise.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tsb {

enum class ErrorCode {
    usage,                 // wrong command line or request
    config,                // configuration file refused
    not_found,             // no such backup, cluster, job
    refused,               // rights or a guard
    busy,                  // another job or process holds it
    cancelled,             // asked to stop
    daemon_unreachable,    // control socket does not answer
    connection,            // server unreachable or connection lost
    authentication,        // wrong password, unknown role, TLS refused
    hba_rejected,          // no pg_hba.conf line
    no_replication_right,  // role lacks REPLICATION
    server_settings,       // wal_level, max_wal_senders
    wrong_cluster,         // other system identifier or timeline than expected
    server_error,          // any other ErrorResponse
    protocol,              // the server sent something out of order or out of bounds
    stalled,               // no byte for longer than the phase allows
    wal_missing,           // WAL of the backup's range was removed or is incomplete
    standby_promoted,      // source standby was promoted during the backup
    page_checksum,         // server reported page checksum failures (SQLSTATE XX001)
    proof_failed,          // received or stored bytes differ from the manifest
    damaged,               // a stored file of a backup is missing, changed or malformed
    io,                    // file-system call failed
    disk_full,             // ENOSPC, EDQUOT, or the estimate does not fit
    repository_missing,    // no repository here (not initialised, or not mounted)
    repository_locked,     // another process holds the repository
    version_mismatch,      // major versions differ
    target_not_empty,      // restore target holds something
    tablespace_unmapped,   // tablespace has no safe place to go
    command_failed,        // a configured command or hook did not succeed
    unhealthy,             // status or check found a problem
    internal,              // a bug in tsbackup
};

/// One row of the error table.
struct ErrorKind {
    ErrorCode code;
    std::string_view name;  // on the wire, in logs and in JSON
    int exit_code;          // of tsbackupctl and tsbackupd (design: 0 to 5, 78 for configuration)
    bool retryable;         // the same job may succeed later without a person acting
};

/// The whole table, one row per ErrorCode. Thread: any.
std::span<const ErrorKind> error_kinds();
/// The row of `code`. Thread: any.
const ErrorKind& kind_of(ErrorCode code);
/// The code with wire name `name`; ErrorCode::internal when there is none. Thread: any.
ErrorCode error_code_named(std::string_view name);

class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string hint = {})
        : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

    ErrorCode code() const noexcept { return code_; }
    const std::string& hint() const noexcept { return hint_; }
    /// The same error with `context` and ": " put before the message.
    Error with_context(std::string_view context) const;

private:
    ErrorCode code_;
    std::string hint_;
};

/// Turns errno `number` into an Error: "cannot <action> '<object>': <strerror>"; ENOSPC and EDQUOT
/// become disk_full, everything else io. Thread: any.
Error errno_error(int number, std::string_view action, std::string_view object);

/// `text` with control bytes as \xNN, so that text from a server or an archive cannot drive a
/// terminal or forge a log line (CVE-2024-10977 is that case in psql). Thread: any.
std::string printable(std::string_view text);

}  // namespace tsb
