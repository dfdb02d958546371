#include "core/repo/job_record.hpp"

#include "core/repo/json_fields.hpp"

namespace tsb {
namespace {

constexpr std::size_t largest_text = 8 * 1024;

json::Value bounded(const std::string& text) {
    return json::from_text(json::shortened(text, largest_text));
}

}  // namespace

std::string encode_job_record(const JobRecord& record) {
    json::Value line = json::Value::object();
    line["ended_at"] = to_iso8601(record.ended_at);
    line["job_id"] = bounded(record.job_id);
    line["kind"] = bounded(record.kind);
    line["cluster"] = bounded(record.cluster);
    line["outcome"] = bounded(record.outcome);
    line["backup_id"] = bounded(record.backup_id);
    line["error_code"] = bounded(record.error_code);
    line["message"] = bounded(record.message);
    if (record.started_at) line["started_at"] = to_iso8601(*record.started_at);
    line["asked_by"] = bounded(record.asked_by);
    line["bytes"] = record.bytes;
    line["hint"] = bounded(record.hint);
    if (record.in_place) line["in_place"] = true;
    return line.dump() + "\n";
}

JobRecord decode_job_record(std::string_view line) {
    const json::Value value = json::parse(line, "history");
    const json::Object object(value, "history");
    JobRecord record;
    record.ended_at = object.time("ended_at");
    record.job_id = object.text("job_id");
    record.kind = object.text("kind");
    record.cluster = object.text("cluster");
    record.outcome = object.text("outcome");
    record.backup_id = object.text("backup_id");
    record.error_code = object.text("error_code");
    record.message = object.text("message");
    if (object.has("started_at")) record.started_at = object.time("started_at");
    if (object.has("asked_by")) record.asked_by = object.text("asked_by");
    if (object.has("bytes")) record.bytes = object.number("bytes");
    if (object.has("hint")) record.hint = object.text("hint");
    if (object.has("in_place")) record.in_place = object.flag("in_place");
    return record;
}

}  // namespace tsb
