// The order of a BASE_BACKUP answer as a machine without input or output: feed it events, it
// checks order and bounds and calls the handler. Both layouts: one COPY per archive (13, 14) and
// one COPY with typed messages (15 and newer).
//
// Success is only complete(): after the end position, the final CommandComplete and the idle event.
#pragma once

#include <string>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// Called by BackupProtocol::feed, in this order: started, tablespaces, then for each archive
/// archive_begins, archive_data*, archive_ends; then manifest_begins, manifest_data*,
/// manifest_ends; stopped. progress may come anywhere in between.
class BackupHandler {
public:
    virtual ~BackupHandler() = default;
    virtual void started(Lsn start, Timeline timeline) = 0;
    /// User tablespaces with the server's size estimates, and the whole estimate in bytes.
    virtual void tablespaces(std::vector<TablespaceInfo> list, std::uint64_t total_bytes) = 0;
    /// `archive` is "base" or a tablespace's oid in decimal.
    virtual void archive_begins(std::string archive) = 0;
    virtual void archive_data(Chunk data) = 0;
    virtual void archive_ends() = 0;
    virtual void manifest_begins() = 0;
    virtual void manifest_data(Chunk data) = 0;
    virtual void manifest_ends() = 0;
    /// Bytes of the whole backup sent so far (15 and newer).
    virtual void progress(std::uint64_t bytes) = 0;
    virtual void stopped(Lsn end, Timeline timeline) = 0;
};

class BackupProtocol {
public:
    /// `archive_ending`: what the names of archives end with, ".tar.gz" when the server was asked
    /// to compress.
    explicit BackupProtocol(int server_version, std::string archive_ending = ".tar");
    /// Error{protocol} on anything out of order or out of bounds. What the handler throws passes
    /// through. Thread: loop.
    void feed(SessionEvent event, BackupHandler& handler);
    bool complete() const noexcept { return state_ == State::complete; }

private:
    struct Archive {
        std::string name;      // "base" or an oid
        std::string location;  // empty for base
    };
    // What is awaited, or being received, in this order. 13 and 14 pass between the archive states
    // by one COPY each, 15 and newer by messages within one COPY.
    enum class State {
        start,        // result set with the start position
        tablespaces,  // result set with the tablespaces
        copy,         // a COPY to begin
        typed_copy,   // in the one typed COPY, before its first archive
        in_archive,
        in_manifest,
        end_position,  // result set with the end position
        final,         // CommandComplete
        idle,          // ReadyForQuery
        complete,
    };

    void take_start(const ResultSet& result, BackupHandler& handler);
    void take_tablespaces(const ResultSet& result, BackupHandler& handler);
    void take_end(const ResultSet& result, BackupHandler& handler);
    void copy_begins(BackupHandler& handler);
    void take_data(Chunk data, BackupHandler& handler);
    void take_typed_data(Chunk data, BackupHandler& handler);
    void hand_on(Chunk data, BackupHandler& handler);
    void copy_ends(BackupHandler& handler);
    void begin_archive(BackupHandler& handler);
    void begin_named_archive(std::string_view archive, std::string_view location,
                             BackupHandler& handler);
    void end_archive(BackupHandler& handler);
    void begin_manifest(BackupHandler& handler);
    bool typed_copies() const noexcept;

    int server_version_;
    State state_ = State::start;
    Lsn start_;
    Timeline start_timeline_ = 0;
    const std::string archive_ending_;
    std::vector<Archive> archives_;  // as announced; the copies come in this order
    std::size_t next_archive_ = 0;   // index into archives_
};

}  // namespace tsb
