#include "core/io/extract_thread.hpp"

#include <algorithm>

namespace tsb {
namespace {

constexpr std::size_t queue_limit = 4 << 20;
/// What creating and closing a file costs, as if it were bytes: so that many small files spread.
constexpr std::size_t file_weight = 16 << 10;
/// Smaller files find their room when they are written, without a call for each.
constexpr std::uint64_t least_preallocated = 256 << 10;
/// No file of PostgreSQL's is larger, and a false header must not take a whole disk.
constexpr std::uint64_t most_preallocated = 1 << 30;
constexpr std::size_t digested_at_once = 128 << 10;

}  // namespace

void ExtractState::report_bytes(std::uint64_t count) {
    if (!options.on_bytes) return;
    const std::lock_guard lock(report_mutex_);
    bytes_ += count;
    options.on_bytes(bytes_);
}

void ExtractState::report_file(const ExtractedFile& file) {
    if (!options.on_file) return;
    const std::lock_guard lock(report_mutex_);
    options.on_file(file);
}

void ExtractState::fail(std::exception_ptr cause) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::move(cause);
    failed_ = true;
}

void ExtractState::rethrow_failure() {
    if (!failed_) return;
    const std::lock_guard lock(failure_mutex_);
    std::rethrow_exception(failure_);
}

ExtractThread::ExtractThread(Fs& fs, int root, ExtractState& state)
    : fs_(fs), root_(root), state_(state), settling_(fs), thread_([this] { run(); }) {}

ExtractThread::~ExtractThread() {
    join();
}

void ExtractThread::open_file(std::string path, std::uint64_t size, DigestKind kind) {
    push(OpenFile{std::move(path), size, kind});
}

void ExtractThread::write(Chunk bytes) {
    push(std::move(bytes));
}

void ExtractThread::close_file() {
    push(CloseFile{});
}

std::size_t ExtractThread::load() {
    const std::lock_guard lock(mutex_);
    return load_;
}

void ExtractThread::join() {
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
        work_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

std::size_t ExtractThread::weight(const Step& step) {
    if (const Chunk* bytes = std::get_if<Chunk>(&step)) return bytes->size();
    return std::holds_alternative<OpenFile>(step) ? file_weight : 0;
}

void ExtractThread::push(Step step) {
    std::unique_lock lock(mutex_);
    // A thread that waited goes on when there is room for many steps: a wake-up for each is dear.
    if (load_ >= queue_limit) room_.wait(lock, [this] { return load_ <= queue_limit / 2; });
    load_ += weight(step);
    steps_.push_back(std::move(step));
    work_.notify_one();
}

std::optional<ExtractThread::Step> ExtractThread::next_step() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return finished_ || !steps_.empty(); });
    if (steps_.empty()) return std::nullopt;
    Step step = std::move(steps_.front());
    steps_.pop_front();
    return step;
}

void ExtractThread::step_done(std::size_t step_weight) {
    const std::lock_guard lock(mutex_);
    load_ -= step_weight;
    if (load_ <= queue_limit / 2) room_.notify_one();
}

void ExtractThread::run() {
    while (std::optional<Step> step = next_step()) {
        const std::size_t step_weight = weight(*step);
        attempt([&] { std::visit([this](auto& part) { take(part); }, *step); });
        step_done(step_weight);
    }
    attempt([this] { settling_.finish(); });
}

void ExtractThread::attempt(const std::function<void()>& action) {
    try {
        if (!state_.failed()) action();
    } catch (...) {
        state_.fail(std::current_exception());
        file_.reset();
    }
}

void ExtractThread::take(OpenFile& step) {
    Fd fd = fs_.create_file(root_, step.path, state_.options.file_mode);
    if (step.size >= least_preallocated) {
        fs_.preallocate(fd.get(), std::min(step.size, most_preallocated));
    }
    file_.emplace(File{std::move(step.path), std::move(fd), Digest(step.kind), std::nullopt,
                       WriteBehind(fs_, state_.options.cache)});
    if (state_.options.with_sha256 && step.kind != DigestKind::sha256) {
        file_->sha256.emplace(DigestKind::sha256);
    }
}

void ExtractThread::take(Chunk& bytes) {
    // In parts that are still in the processor's cache when they are digested.
    for (Bytes rest = bytes.bytes(); !rest.empty();) {
        const Bytes part = rest.first(std::min(rest.size(), digested_at_once));
        write_all(fs_, file_->fd.get(), part, file_->path);
        file_->digest.update(part);
        if (file_->sha256) file_->sha256->update(part);
        rest = rest.subspan(part.size());
    }
    file_->size += bytes.size();
    file_->behind.wrote(file_->fd.get(), bytes.size());
    state_.report_bytes(bytes.size());
}

void ExtractThread::take(CloseFile&) {
    File file = std::move(*file_);
    file_.reset();
    if (const auto& owner = state_.options.owner) {
        fs_.set_owner(file.fd.get(), owner->uid, owner->gid);
    }
    // Again after create_file, which the umask may have narrowed.
    fs_.set_mode(file.fd.get(), state_.options.file_mode);
    const bool settles = state_.options.cache == PageCache::drop && SettlingFiles::worth(file.size);
    if (settles) {
        settling_.add(std::move(file.fd), file.size);
    } else {
        fs_.close(std::move(file.fd));
    }
    ExtractedFile done{std::move(file.path), file.size, file.digest.finish(), {}};
    if (state_.options.with_sha256) done.sha256 = file.sha256 ? file.sha256->finish() : done.digest;
    state_.report_file(done);
    if (!settles) unsynced_.push_back(std::move(done.path));
}

}  // namespace tsb
