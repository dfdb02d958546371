// One thread of the extractor: creates, writes, digests and closes files, in the order in which
// they were queued. What the threads have in common is the ExtractState.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "core/io/extractor.hpp"

namespace tsb {

/// The options, the reports to the caller one at a time, and the first failure. Thread: any.
class ExtractState {
public:
    explicit ExtractState(ExtractOptions extract_options) : options(std::move(extract_options)) {}

    void report_bytes(std::uint64_t count);
    void report_file(const ExtractedFile& file);
    void fail(std::exception_ptr cause);
    bool failed() const noexcept { return failed_; }
    void rethrow_failure();

    const ExtractOptions options;

private:
    std::mutex report_mutex_;
    std::uint64_t bytes_ = 0;  // guarded by report_mutex_
    std::mutex failure_mutex_;
    std::exception_ptr failure_;  // guarded by failure_mutex_
    std::atomic<bool> failed_ = false;
};

/// After a failure of any thread the queued work is dropped, but still taken from the queue, so
/// that who waits for room never waits for ever.
class ExtractThread {
public:
    ExtractThread(Fs& fs, int root, ExtractState& state);
    /// Ends as join() does; what is queued is done unless the state has failed.
    ~ExtractThread();

    /// Queue the parts of one file. Blocks while the queue is full. Thread: the extractor's caller.
    void open_file(std::string path, std::uint64_t size, DigestKind kind);
    void write(Chunk bytes);
    void close_file();
    /// A measure of the work queued, in bytes. Thread: any.
    std::size_t load();

    /// Waits until the queue is done and ends the thread.
    void join();
    /// Paths of the files that are written but not synced. After join().
    const std::vector<std::string>& unsynced() const noexcept { return unsynced_; }

private:
    struct OpenFile {
        std::string path;
        std::uint64_t size;
        DigestKind kind;
    };
    struct CloseFile {};
    using Step = std::variant<OpenFile, Chunk, CloseFile>;
    struct File {
        std::string path;
        Fd fd;
        Digest digest;
        std::optional<Digest> sha256;  // where it is wanted and `digest` is another
        WriteBehind behind;
        std::uint64_t size = 0;
    };

    static std::size_t weight(const Step& step);
    void push(Step step);
    void run();
    /// Nothing when all is done and no more will come.
    std::optional<Step> next_step();
    void step_done(std::size_t step_weight);
    void attempt(const std::function<void()>& action);
    void take(OpenFile& step);
    void take(Chunk& bytes);
    void take(CloseFile& step);

    Fs& fs_;
    const int root_;
    ExtractState& state_;

    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    // State below is guarded by mutex_.
    std::deque<Step> steps_;
    std::size_t load_ = 0;  // of the queued steps and of the one being done
    bool finished_ = false;

    // The thread's own.
    std::optional<File> file_;
    SettlingFiles settling_;
    std::vector<std::string> unsynced_;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace tsb
