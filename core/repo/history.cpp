// history/jobs.jsonl: one JSON object a line, appended, never rewritten.
#include <array>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/repo/cluster_directories.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

constexpr std::uint64_t largest_history = 256ULL << 20;

std::string encode(const JobRecord& record) {
    json::Value line = json::Value::object();
    line["ended_at"] = to_iso8601(record.ended_at);
    line["job_id"] = json::from_text(record.job_id);
    line["kind"] = json::from_text(record.kind);
    line["cluster"] = json::from_text(record.cluster);
    line["outcome"] = json::from_text(record.outcome);
    line["backup_id"] = json::from_text(record.backup_id);
    line["error_code"] = json::from_text(record.error_code);
    line["message"] = json::from_text(record.message);
    return line.dump() + "\n";
}

JobRecord decode(std::string_view line) {
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
    return record;
}

/// True when an append was cut off before its newline: the next one must not join that line.
bool ends_within_a_line(Fs& fs, int file) {
    std::array<std::byte, 65536> buffer;
    std::byte last{'\n'};
    while (const std::size_t count = fs.read(file, buffer)) last = buffer[count - 1];
    return last != std::byte{'\n'};
}

}  // namespace

void Repository::append_history(const JobRecord& record) {
    // The first job of a cluster may fail before it has a directory; that must be recorded too.
    const Fd cluster = lock_file_ ? make_cluster_directories(*fs_, root_.get(), record.cluster)
                                  : open_cluster(record.cluster);
    if (!cluster) throw Error(ErrorCode::not_found, "the cluster has no directory");
    const Fd history = fs_->open_directory(cluster.get(), names::history_directory);
    Fd file = fs_->open_append_file(history.get(), names::history_file);
    const bool torn = ends_within_a_line(*fs_, file.get());
    write_all(*fs_, file.get(), as_bytes((torn ? "\n" : "") + encode(record)), names::history_file);
    fs_->sync(file.get());
    fs_->close(std::move(file));
    fs_->sync(history.get());
}

void Repository::record(const JobRecord& record) {
    try {
        append_history(record);
    } catch (const std::exception& error) {
        log(LogLevel::warning, record.job_id,
            std::string("cannot record how the job ended: ") + error.what());
    }
}

std::vector<JobRecord> Repository::history(const std::string& cluster) {
    std::vector<JobRecord> records;
    const std::string path = names::join(names::history_directory, names::history_file);
    const Fd directory = open_cluster(cluster);
    if (!directory || !fs_->status(directory.get(), path)) return records;
    const std::string text = read_whole_file(*fs_, directory.get(), path, largest_history);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        try {
            records.push_back(decode(std::string_view(text).substr(begin, end - begin)));
        } catch (const Error&) {
            // Torn by a crash or a full disk; the records around it are whole.
        }
        begin = end + 1;
    }
    return records;
}

}  // namespace tsb
