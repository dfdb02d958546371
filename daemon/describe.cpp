#include "daemon/describe.hpp"

#include <algorithm>

namespace tsb {
namespace {

/// One version for a short line: that of the first database that has the extension.
std::string timescaledb_version(const Metadata& metadata) {
    const auto found = std::find_if(
        metadata.databases.begin(), metadata.databases.end(),
        [](const DatabaseInfo& database) { return !database.timescaledb_version.empty(); });
    return found == metadata.databases.end() ? "" : found->timescaledb_version;
}

std::int64_t age_seconds(SystemTime then, SystemTime now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

Json describe(const WalRange& range) {
    return {{"timeline", range.timeline},
            {"start", to_string(range.start)},
            {"end", to_string(range.end)}};
}

Json describe(const TablespaceInfo& tablespace) {
    return {{"oid", tablespace.oid},
            {"location", tablespace.location},
            {"size_bytes", tablespace.size_bytes}};
}

Json describe(const DatabaseInfo& database) {
    Json out = {{"name", database.name},
                {"size_bytes", database.size_bytes},
                {"collation", database.collation},
                {"timescaledb_version", database.timescaledb_version},
                {"timescaledb_license", database.timescaledb_license},
                {"problem", database.problem}};
    if (database.contents) out["contents"] = describe(*database.contents);
    return out;
}

Json describe(const StoredFile& file) {
    return {{"name", file.name}, {"size", file.size}, {"sha256", file.sha256}};
}

/// How far a running job is, and for how long it goes on if it goes on like that.
void add_forecast(const Job& job, SystemTime now, Json& out) {
    const std::uint64_t total = job.meter.bytes_total;
    const std::uint64_t done = std::min<std::uint64_t>(job.meter.bytes_done, total);
    if (job.state != JobState::running || done == 0) return;
    if (job.meter.phase == Phase::recovering) return;  // it counts something else
    out["percent"] = done * 100 / total;
    const std::chrono::duration<double> elapsed = now - job.started;
    const double rest =
        elapsed.count() * static_cast<double>(total - done) / static_cast<double>(done);
    out["eta_s"] = static_cast<std::uint64_t>(std::max(rest, 0.0));
}

template <class Item>
Json describe_all(const std::vector<Item>& items) {
    Json out = Json::array();
    for (const Item& item : items) out.push_back(describe(item));
    return out;
}

}  // namespace

Json describe(const Metadata& metadata) {
    Json out;
    out["backup_id"] = metadata.id;
    out["cluster"] = metadata.cluster;
    out["label"] = metadata.label;
    out["tsbackup_version"] = metadata.tsbackup_version;
    out["job"] = metadata.job_id;
    out["format"] = to_string(metadata.format);
    out["compression"] = to_string(metadata.compression);
    out["server_version"] = metadata.server_version;
    out["server_version_num"] = metadata.server_version_num;
    // Text: JSON readers with doubles for numbers would round it.
    out["system_identifier"] = std::to_string(metadata.system_identifier);
    out["from_standby"] = metadata.from_standby;
    out["wal_segment_size"] = metadata.wal_segment_size;
    out["timeline"] = metadata.timeline;
    out["start_lsn"] = to_string(metadata.start_lsn);
    out["end_lsn"] = to_string(metadata.end_lsn);
    out["wal_ranges"] = describe_all(metadata.wal_ranges);
    out["tablespaces"] = describe_all(metadata.tablespaces);
    out["databases"] = describe_all(metadata.databases);
    out["started_at"] = to_iso8601(metadata.started_at);
    out["stopped_at"] = to_iso8601(metadata.stopped_at);
    out["server_stopped_at"] = metadata.server_stopped_at;
    out["checkpoint_ms"] = metadata.checkpoint_ms;
    out["copy_ms"] = metadata.copy_ms;
    out["total_ms"] = metadata.total_ms;
    out["cluster_bytes"] = metadata.cluster_bytes;
    out["stored_bytes"] = metadata.stored_bytes;
    out["member_count"] = metadata.member_count;
    out["files"] = describe_all(metadata.files);
    return out;
}

Json describe(const DatabaseContents& contents) {
    Json extensions = Json::array();
    for (const ExtensionInfo& extension : contents.extensions) {
        extensions.push_back({{"name", extension.name}, {"version", extension.version}});
    }
    return {{"tables", contents.tables},
            {"estimated_rows", contents.estimated_rows},
            {"hypertables", contents.hypertables},
            {"chunks", contents.chunks},
            {"continuous_aggregates", contents.continuous_aggregates},
            {"jobs", contents.jobs},
            {"policies", contents.policies},
            {"extensions", std::move(extensions)}};
}

Json describe(const DrillResult& drill) {
    return {{"at", to_iso8601(drill.at)},
            {"passed", drill.problems.empty()},
            {"problem", drill.problems},
            {"restored_ms", drill.restored_ms},
            {"recovered_ms", drill.recovered_ms}};
}

Json describe(const BackupEntry& entry, SystemTime now) {
    Json out = {{"cluster", entry.cluster}, {"backup_id", entry.id}};
    if (!entry.metadata) {
        out["state"] = "broken";
        out["problem"] = entry.problem;
        return out;
    }
    const Metadata& metadata = *entry.metadata;
    out["state"] = entry.good() ? "good" : "damaged";
    if (!entry.good()) out["problem"] = entry.why_not_good();
    if (entry.notes.pin) out["kept"] = entry.notes.pin->reason;
    if (entry.notes.verification) out["verified_at"] = to_iso8601(entry.notes.verification->at);
    if (entry.notes.drill) out["drill"] = describe(*entry.notes.drill);
    out["stopped_at"] = to_iso8601(metadata.stopped_at);
    out["age_s"] = age_seconds(metadata.stopped_at, now);
    out["stored_bytes"] = metadata.stored_bytes;
    out["cluster_bytes"] = metadata.cluster_bytes;
    out["copy_ms"] = metadata.copy_ms;
    out["total_ms"] = metadata.total_ms;
    out["format"] = to_string(metadata.format);
    out["compression"] = to_string(metadata.compression);
    out["server_version"] = metadata.server_version;
    out["timescaledb_version"] = timescaledb_version(metadata);
    out["label"] = metadata.label;
    return out;
}

Json describe(const Job& job, SystemTime now) {
    Json out = encode_progress(progress_of(job));
    out.erase("event");
    out["state"] = to_string(job.state);
    out["asked_by"] = job.spec.asked_by;
    out["started_at"] = to_iso8601(job.started);
    if (!job.has_ended()) {
        add_forecast(job, now, out);
        return out;
    }
    out["ended_at"] = to_iso8601(job.ended);
    if (job.outcome.result.contains("backup_id")) {
        out["backup_id"] = job.outcome.result["backup_id"];
    }
    if (job.outcome.failure) out["error"] = encode_outcome(job.outcome)["error"];
    return out;
}

Json describe(const JobRecord& record) {
    Json out = {{"job", record.job_id},
                {"kind", record.kind},
                {"cluster", record.cluster},
                {"state", record.outcome},
                {"asked_by", record.asked_by},
                {"bytes_done", record.bytes},
                {"ended_at", to_iso8601(record.ended_at)}};
    if (record.started_at) out["started_at"] = to_iso8601(*record.started_at);
    if (!record.backup_id.empty()) out["backup_id"] = record.backup_id;
    if (record.error_code.empty()) return out;
    out["error"] = {
        {"code", record.error_code}, {"message", record.message}, {"hint", record.hint}};
    return out;
}

ProgressEvent progress_of(const Job& job) {
    ProgressEvent event;
    event.job = job.id;
    event.kind = job.spec.kind;
    event.cluster = job.spec.cluster;
    event.phase = to_string(job.meter.phase.load());
    const bool recovering = job.meter.phase == Phase::recovering;
    event.bytes_done = recovering ? job.meter.replayed_bytes : job.meter.bytes_done;
    event.bytes_total = recovering ? job.meter.replay_bytes : job.meter.bytes_total;
    event.files_done = job.meter.files_done;
    event.files_total = job.meter.files_total;
    return event;
}

std::string libpq_version_text(int number) {
    return std::to_string(number / 10000) + "." + std::to_string(number % 10000);
}

}  // namespace tsb
