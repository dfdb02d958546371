// history/jobs.jsonl: one JSON object a line, appended. When it is full it becomes jobs.1.jsonl in
// place of the older one, so that a history has bounds.
#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/repo/cluster_directories.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

constexpr std::uint64_t full_history = 4ULL << 20;
// More than is ever written: an earlier version let the file grow.
constexpr std::uint64_t largest_history = 256ULL << 20;

/// True when an append was cut off before its newline: the next one must not join that line.
bool ends_within_a_line(Fs& fs, int file) {
    std::array<std::byte, 65536> buffer;
    std::byte last{'\n'};
    while (const std::size_t count = fs.read(file, buffer)) last = buffer[count - 1];
    return last != std::byte{'\n'};
}

/// One rename, so at any moment no more than the older file is lost.
void make_room(Fs& fs, int history, std::size_t wanted, const std::string& job_id) {
    const auto status = fs.status(history, names::history_file);
    if (!status || status->size == 0 || status->size + wanted <= full_history) return;
    try {
        fs.rename(history, names::history_file, history, names::older_history_file,
                  RenameMode::replace);
        // Before the name is used again: a file system may make the new entry durable by itself.
        fs.sync(history);
    } catch (const Error& error) {
        // A history that is too long is better than a job that nothing tells of.
        log(LogLevel::warning, job_id,
            std::string("cannot put the older history aside: ") + error.what());
    }
}

std::string text_of(Fs& fs, int cluster, const char* file) {
    const std::string path = names::join(names::history_directory, file);
    if (!fs.status(cluster, path)) return {};
    return read_whole_file(fs, cluster, path, largest_history);
}

/// Appends the records of `text`, newest first, until there are `most` in all.
void decode_backwards(const std::string& text, std::size_t most, std::vector<JobRecord>& records) {
    for (std::size_t end = text.size(); end > 0 && records.size() < most;) {
        const std::size_t newline = text.rfind('\n', end - 1);
        const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
        try {
            records.push_back(decode_job_record(std::string_view(text).substr(begin, end - begin)));
        } catch (const Error&) {
            // Torn by a crash or a full disk; the records around it are whole.
        }
        end = begin == 0 ? 0 : begin - 1;
    }
}

}  // namespace

void Repository::append_history(const JobRecord& record) {
    require_lock("write the history");
    const std::lock_guard one_change(*change_mutex_);
    // The first job of a cluster may fail before it has a directory; that must be recorded too.
    const Fd cluster = make_cluster_directories(*fs_, root_.get(), record.cluster);
    const Fd history = fs_->open_directory(cluster.get(), names::history_directory);
    const std::string line = encode_job_record(record);
    make_room(*fs_, history.get(), line.size(), record.job_id);
    Fd file = fs_->open_append_file(history.get(), names::history_file);
    const bool torn = ends_within_a_line(*fs_, file.get());
    write_all(*fs_, file.get(), as_bytes((torn ? "\n" : "") + line), names::history_file);
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
    return newest_history(cluster, std::numeric_limits<std::size_t>::max());
}

std::vector<JobRecord> Repository::newest_history(const std::string& cluster, std::size_t most) {
    std::vector<JobRecord> records;
    const std::lock_guard one_change(*change_mutex_);  // none moves from file to file meanwhile
    const Fd directory = open_cluster(cluster);
    if (!directory) return records;
    for (const char* file : {names::history_file, names::older_history_file}) {
        if (records.size() == most) break;
        decode_backwards(text_of(*fs_, directory.get(), file), most, records);
    }
    std::reverse(records.begin(), records.end());
    return records;
}

}  // namespace tsb
