#include "core/repo/backup_notes.hpp"

#include <limits>

#include "core/base/error.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/self_checksum.hpp"

namespace tsb {
namespace {

constexpr std::string_view notes_format = "tsbackup-notes";
constexpr unsigned notes_version = 1;
constexpr std::string_view checksum_key = "notes_sha256";
constexpr std::size_t largest_job_id = 256;

json::Value to_json(const Pin& pin) {
    json::Value value = json::Value::object();
    value["reason"] = json::from_text(json::shortened(pin.reason, largest_pin_reason));
    value["by_uid"] = pin.by_uid;
    value["at"] = to_iso8601(pin.at);
    return value;
}

json::Value to_json(const VerificationResult& verification) {
    json::Value value = json::Value::object();
    value["at"] = to_iso8601(verification.at);
    value["outcome"] = to_string(verification.outcome);
    value["problems"] = json::from_text(json::shortened(verification.problems, largest_problems));
    value["job_id"] = json::from_text(json::shortened(verification.job_id, largest_job_id));
    return value;
}

json::Value to_json(const DrillResult& drill) {
    json::Value value = json::Value::object();
    value["at"] = to_iso8601(drill.at);
    value["restored_ms"] = drill.restored_ms;
    value["recovered_ms"] = drill.recovered_ms;
    value["problems"] = json::from_text(json::shortened(drill.problems, largest_problems));
    value["job_id"] = json::from_text(json::shortened(drill.job_id, largest_job_id));
    return value;
}

Pin read_pin(const json::Object& object) {
    Pin pin;
    pin.reason = object.text("reason");
    pin.by_uid = static_cast<uid_t>(object.number("by_uid", std::numeric_limits<uid_t>::max()));
    pin.at = object.time("at");
    return pin;
}

VerificationResult read_verification(const json::Object& object) {
    VerificationResult verification;
    verification.at = object.time("at");
    const auto outcome = parse_verification_outcome(object.text("outcome"));
    if (!outcome) object.refuse("outcome", "neither good nor damaged");
    verification.outcome = *outcome;
    verification.problems = object.text("problems");
    verification.job_id = object.text("job_id");
    return verification;
}

DrillResult read_drill(const json::Object& object) {
    DrillResult drill;
    drill.at = object.time("at");
    drill.restored_ms = object.number("restored_ms");
    drill.recovered_ms = object.number("recovered_ms");
    drill.problems = object.text("problems");
    drill.job_id = object.text("job_id");
    return drill;
}

}  // namespace

std::string_view to_string(VerificationOutcome outcome) {
    return outcome == VerificationOutcome::good ? "good" : "damaged";
}

std::optional<VerificationOutcome> parse_verification_outcome(std::string_view text) {
    for (const auto outcome : {VerificationOutcome::good, VerificationOutcome::damaged}) {
        if (text == to_string(outcome)) return outcome;
    }
    return std::nullopt;
}

std::string encode_notes(const BackupNotes& notes, const std::string& cluster,
                         const std::string& id) {
    json::Value root = json::Value::object();
    root["format"] = notes_format;
    root["version"] = notes_version;
    root["backup_id"] = id;
    root["cluster"] = cluster;
    if (notes.pin) root["pin"] = to_json(*notes.pin);
    if (notes.verification) root["verification"] = to_json(*notes.verification);
    if (notes.drill) root["drill"] = to_json(*notes.drill);
    return text_with_checksum(root, checksum_key);
}

BackupNotes decode_notes(std::string_view text, const std::string& cluster, const std::string& id) {
    require_checksum(text, checksum_key, "notes");
    const json::Value value = json::parse(text, "notes");
    const json::Object root(value, "notes");
    if (root.text("format") != notes_format) root.refuse("format", "not a backup's notes");
    const std::uint64_t version = root.number("version");
    if (version != notes_version) {
        root.refuse("version", std::to_string(version) + " is not known to this tsbackup");
    }
    if (root.text("backup_id") != id) root.refuse("backup_id", "that of another backup");
    if (root.text("cluster") != cluster) root.refuse("cluster", "that of another cluster");
    BackupNotes notes;
    if (root.has("pin")) notes.pin = read_pin(root.object("pin"));
    if (root.has("verification")) {
        notes.verification = read_verification(root.object("verification"));
    }
    if (root.has("drill")) notes.drill = read_drill(root.object("drill"));
    return notes;
}

}  // namespace tsb
