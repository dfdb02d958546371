#include "core/io/extract_thread.hpp"

namespace tsb {
namespace {

constexpr std::size_t queue_limit = 4 << 20;
/// What creating and closing a file costs, as if it were bytes: so that many small files spread.
constexpr std::size_t file_weight = 16 << 10;

}  // namespace

void ExtractState::report_bytes(std::uint64_t count) {
    if (!options.on_bytes) return;
    const std::lock_guard lock(report_mutex_);
    bytes_ += count;
    options.on_bytes(bytes_);
}

void ExtractState::report_file(const std::string& path, std::uint64_t size,
                               std::vector<std::byte> digest) {
    if (!options.on_file) return;
    const std::lock_guard lock(report_mutex_);
    options.on_file(path, size, std::move(digest));
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
    : fs_(fs), root_(root), state_(state), thread_([this] { run(); }) {}

ExtractThread::~ExtractThread() {
    join();
}

void ExtractThread::open_file(std::string path, DigestKind kind) {
    push(OpenFile{std::move(path), kind});
}

void ExtractThread::write(Bytes bytes) {
    push(Chunk::copy_of(bytes));
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
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

std::size_t ExtractThread::weight(const Step& step) {
    if (const Chunk* bytes = std::get_if<Chunk>(&step)) return bytes->size();
    return std::holds_alternative<OpenFile>(step) ? file_weight : 0;
}

void ExtractThread::push(Step step) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return load_ < queue_limit; });
    load_ += weight(step);
    steps_.push_back(std::move(step));
    changed_.notify_all();
}

void ExtractThread::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return finished_ || !steps_.empty(); });
        if (steps_.empty()) return;
        Step step = std::move(steps_.front());
        steps_.pop_front();
        lock.unlock();
        const std::size_t done = weight(step);
        try {
            if (!state_.failed()) std::visit([this](auto& part) { take(part); }, step);
        } catch (...) {
            state_.fail(std::current_exception());
            file_.reset();
        }
        lock.lock();
        load_ -= done;
        changed_.notify_all();
    }
}

void ExtractThread::take(OpenFile& step) {
    Fd fd = fs_.create_file(root_, step.path, state_.options.file_mode);
    file_.emplace(File{std::move(step.path), std::move(fd), Digest(step.kind)});
}

void ExtractThread::take(Chunk& bytes) {
    write_all(fs_, file_->fd.get(), bytes.bytes(), file_->path);
    file_->digest.update(bytes.bytes());
    file_->size += bytes.size();
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
    fs_.close(std::move(file.fd));
    state_.report_file(file.path, file.size, file.digest.finish());
    written_.push_back(std::move(file.path));
}

}  // namespace tsb
