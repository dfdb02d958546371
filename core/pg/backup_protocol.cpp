#include "core/pg/backup_protocol.hpp"

#include <limits>
#include <set>

#include "core/base/error.hpp"
#include "core/io/tar_writer.hpp"
#include "core/pg/copy_message.hpp"
#include "core/pg/result_fields.hpp"

namespace tsb {

namespace {

constexpr int first_typed_copy_version = 150000;
constexpr std::size_t max_tablespaces = 65536;
constexpr std::uint64_t bytes_per_kb = 1024;

[[noreturn]] void out_of_order(std::string_view what) {
    throw Error(ErrorCode::protocol, "the server sent " + std::string(what) + " out of order");
}

std::string_view name_of(SessionEvent::Kind kind) {
    switch (kind) {
        case SessionEvent::Kind::rows:
            return "a result set";
        case SessionEvent::Kind::copy_out:
            return "the begin of a COPY";
        case SessionEvent::Kind::copy_both:
            return "the begin of replication";
        case SessionEvent::Kind::copy_data:
            return "COPY data";
        case SessionEvent::Kind::copy_done:
            return "the end of a COPY";
        case SessionEvent::Kind::complete:
            return "the end of the command";
        case SessionEvent::Kind::idle:
            return "readiness";
        case SessionEvent::Kind::woken:
            return "nothing";
    }
    return "something";
}

struct Position {
    Lsn lsn;
    Timeline timeline;
};

Position position_of(const ResultSet& result) {
    require_shape(result, 1, 2);
    return {lsn_field(result, 0, 0), number_field<Timeline>(result, 0, 1)};
}

std::uint64_t size_of(const ResultSet& result, std::size_t row) {
    const auto kb = number_field<std::uint64_t>(result, row, 2);
    if (kb > std::numeric_limits<std::int64_t>::max() / bytes_per_kb) {
        throw Error(ErrorCode::protocol, "the server sent a tablespace size out of bounds");
    }
    return kb * bytes_per_kb;
}

TablespaceInfo tablespace_of(const ResultSet& result, std::size_t row) {
    TablespaceInfo info;
    info.oid = number_field<std::uint32_t>(result, row, 0);
    info.location = text_field(result, row, 1);
    info.size_bytes = size_of(result, row);
    if (info.oid == 0 || info.location.empty() || info.location.size() > max_location ||
        info.location.find('\0') != std::string::npos) {
        throw Error(ErrorCode::protocol, "the server sent a malformed tablespace");
    }
    return info;
}

/// Sum that stays at the maximum instead of wrapping: it only serves as an estimate.
std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    return a > std::numeric_limits<std::uint64_t>::max() - b
               ? std::numeric_limits<std::uint64_t>::max()
               : a + b;
}

}  // namespace

BackupProtocol::BackupProtocol(int server_version, std::string archive_ending)
    : server_version_(server_version), archive_ending_(std::move(archive_ending)) {}

bool BackupProtocol::typed_copies() const noexcept {
    return server_version_ >= first_typed_copy_version;
}

void BackupProtocol::feed(SessionEvent event, BackupHandler& handler) {
    using Kind = SessionEvent::Kind;
    if (event.kind == Kind::rows && state_ == State::start) {
        take_start(event.rows, handler);
    } else if (event.kind == Kind::rows && state_ == State::tablespaces) {
        take_tablespaces(event.rows, handler);
    } else if (event.kind == Kind::rows && state_ == State::end_position) {
        take_end(event.rows, handler);
    } else if (event.kind == Kind::copy_out && state_ == State::copy) {
        copy_begins(handler);
    } else if (event.kind == Kind::copy_data) {
        take_data(std::move(event.data), handler);
    } else if (event.kind == Kind::copy_done) {
        copy_ends(handler);
    } else if (event.kind == Kind::complete && state_ == State::final) {
        state_ = State::idle;
    } else if (event.kind == Kind::idle && state_ == State::idle) {
        state_ = State::complete;
    } else {
        out_of_order(name_of(event.kind));
    }
}

void BackupProtocol::take_start(const ResultSet& result, BackupHandler& handler) {
    const auto [lsn, timeline] = position_of(result);
    start_ = lsn;
    start_timeline_ = timeline;
    state_ = State::tablespaces;
    handler.started(lsn, timeline);
}

void BackupProtocol::take_tablespaces(const ResultSet& result, BackupHandler& handler) {
    require_shape(result, result.rows.size(), 3);
    if (result.rows.empty() || result.rows.size() > max_tablespaces) {
        throw Error(ErrorCode::protocol,
                    "the server sent " + std::to_string(result.rows.size()) + " tablespaces");
    }
    std::vector<TablespaceInfo> list;
    std::set<std::string> names;
    std::uint64_t total = 0;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        Archive archive{"base", ""};
        if (result.rows[row][0]) {
            auto& info = list.emplace_back(tablespace_of(result, row));
            archive = {std::to_string(info.oid), info.location};
        }
        if (!names.insert(archive.name).second) {
            throw Error(ErrorCode::protocol, "the server sent a tablespace twice");
        }
        total = saturating_add(total, size_of(result, row));
        archives_.push_back(std::move(archive));
    }
    if (!names.contains("base")) {
        throw Error(ErrorCode::protocol, "the server sent no main data directory");
    }
    state_ = State::copy;
    handler.tablespaces(std::move(list), total);
}

void BackupProtocol::copy_begins(BackupHandler& handler) {
    if (typed_copies()) {
        state_ = State::typed_copy;
    } else if (next_archive_ < archives_.size()) {
        begin_archive(handler);
    } else {
        begin_manifest(handler);
    }
}

void BackupProtocol::take_data(Chunk data, BackupHandler& handler) {
    if (data.size() > max_copy_message) {
        throw Error(ErrorCode::protocol,
                    "the server sent a COPY message of " + std::to_string(data.size()) + " bytes");
    }
    const bool in_copy =
        state_ == State::typed_copy || state_ == State::in_archive || state_ == State::in_manifest;
    if (!in_copy) {
        out_of_order(name_of(SessionEvent::Kind::copy_data));
    }
    if (typed_copies()) {
        take_typed_data(std::move(data), handler);
    } else {
        hand_on(std::move(data), handler);
    }
}

void BackupProtocol::take_typed_data(Chunk data, BackupHandler& handler) {
    const auto message = parse_copy_message(data.bytes(), archive_ending_);
    switch (message.kind) {
        case CopyMessage::Kind::archive:
            begin_named_archive(message.archive, message.location, handler);
            break;
        case CopyMessage::Kind::data:
            data.drop_front(1);
            hand_on(std::move(data), handler);
            break;
        case CopyMessage::Kind::progress:
            handler.progress(message.bytes);
            break;
        case CopyMessage::Kind::manifest:
            begin_manifest(handler);
            break;
    }
}

void BackupProtocol::hand_on(Chunk data, BackupHandler& handler) {
    if (state_ == State::typed_copy) {
        out_of_order("data without an archive");
    }
    if (data.size() == 0) {
        return;
    }
    if (state_ == State::in_archive) {
        handler.archive_data(std::move(data));
    } else {
        handler.manifest_data(std::move(data));
    }
}

void BackupProtocol::copy_ends(BackupHandler& handler) {
    if (state_ == State::in_manifest) {
        state_ = State::end_position;
        handler.manifest_ends();
    } else if (state_ == State::in_archive && !typed_copies()) {
        end_archive(handler);
    } else {
        out_of_order(name_of(SessionEvent::Kind::copy_done));
    }
}

void BackupProtocol::begin_archive(BackupHandler& handler) {
    if (state_ == State::in_archive) {
        end_archive(handler);
    }
    state_ = State::in_archive;
    handler.archive_begins(archives_[next_archive_].name);
    ++next_archive_;
}

void BackupProtocol::begin_named_archive(std::string_view archive, std::string_view location,
                                         BackupHandler& handler) {
    const bool expected = state_ != State::in_manifest && next_archive_ < archives_.size() &&
                          archives_[next_archive_].name == archive &&
                          archives_[next_archive_].location == location;
    if (!expected) {
        out_of_order("archive '" + std::string(archive) + "'");
    }
    begin_archive(handler);
}

void BackupProtocol::end_archive(BackupHandler& handler) {
    state_ = State::copy;
    if (!typed_copies()) {
        // Before 15 the server leaves out the zero records that end a tar archive.
        handler.archive_data(Chunk::copy_of(tar_end()));
    }
    handler.archive_ends();
}

void BackupProtocol::begin_manifest(BackupHandler& handler) {
    if (next_archive_ < archives_.size() || state_ == State::in_manifest) {
        out_of_order("the manifest");
    }
    if (state_ == State::in_archive) {
        end_archive(handler);
    }
    state_ = State::in_manifest;
    handler.manifest_begins();
}

void BackupProtocol::take_end(const ResultSet& result, BackupHandler& handler) {
    const auto [lsn, timeline] = position_of(result);
    if (lsn < start_ || timeline < start_timeline_) {
        throw Error(ErrorCode::protocol,
                    "the server sent an end position before the start position");
    }
    state_ = State::final;
    handler.stopped(lsn, timeline);
}

}  // namespace tsb
