#include "core/io/extractor.hpp"

#include <algorithm>
#include <atomic>
#include <set>

#include "core/base/error.hpp"
#include "core/io/extract_thread.hpp"

namespace tsb {
namespace {

/// Less is copied: a few bytes that wait must not keep a whole block in memory.
constexpr std::size_t least_held = 256 << 10;

}  // namespace

struct Extractor::Impl {
    Impl(Fs& fs_, int root_, ExtractOptions options)
        : fs(fs_), root(root_), state(std::move(options)) {
        for (unsigned i = 0; i < std::max(state.options.workers, 1U); ++i) {
            threads.push_back(std::make_unique<ExtractThread>(fs, root, state));
        }
    }

    ExtractThread& least_loaded();
    void make_parents(const std::string& path);
    void make_directory(const std::string& path);
    void sync_files();
    void sync_directories();

    Fs& fs;
    const int root;
    ExtractState state;
    std::set<std::string> directories;
    ExtractThread* current = nullptr;  // who writes the member begun; null: its data is swallowed
    std::vector<std::unique_ptr<ExtractThread>> threads;  // last: they use the rest
};

ExtractThread& Extractor::Impl::least_loaded() {
    return **std::ranges::min_element(threads, {},
                                      [](const auto& thread) { return thread->load(); });
}

void Extractor::Impl::make_parents(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash != path.npos) make_directory(path.substr(0, slash));
}

void Extractor::Impl::make_directory(const std::string& path) {
    if (directories.contains(path)) return;
    make_parents(path);
    const std::optional<FileStatus> there = fs.status(root, path);
    if (!there) {
        fs.make_directory(root, path, state.options.directory_mode);
    } else if (there->kind != FileKind::directory) {
        throw Error(ErrorCode::damaged, "cannot create directory '" + printable(path) +
                                            "': something else has that name");
    }
    directories.insert(path);
}

/// Opens each file again to sync it: by now the kernel has written most of it back by itself,
/// while syncing at close would have stopped the thread for every file.
void Extractor::Impl::sync_files() {
    std::vector<const std::string*> files;
    for (const auto& thread : threads) {
        for (const std::string& path : thread->unsynced()) files.push_back(&path);
    }
    std::atomic<std::size_t> next = 0;
    const auto sync_some = [&] {
        try {
            while (!state.failed()) {
                const std::size_t index = next++;
                if (index >= files.size()) return;
                Fd file = fs.open_file(root, *files[index]);
                fs.sync(file.get());
                if (state.options.cache == PageCache::drop) fs.drop_cached(file.get(), 0, 0);
                fs.close(std::move(file));
            }
        } catch (...) {
            state.fail(std::current_exception());
        }
    };
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads.size(); ++i) helpers.emplace_back(sync_some);
    sync_some();
}

/// Children before their parents, the root last.
void Extractor::Impl::sync_directories() {
    for (auto path = directories.rbegin(); path != directories.rend(); ++path) {
        Fd directory = fs.open_directory(root, *path);
        if (const auto& owner = state.options.owner) {
            fs.set_owner(directory.get(), owner->uid, owner->gid);
        }
        fs.set_mode(directory.get(), state.options.directory_mode);
        fs.sync(directory.get());
        fs.close(std::move(directory));
    }
    fs.sync(root);
}

Extractor::Extractor(Fs& fs, int root, ExtractOptions options)
    : impl_(std::make_unique<Impl>(fs, root, std::move(options))) {}

Extractor::~Extractor() {
    impl_->state.fail(
        std::make_exception_ptr(Error(ErrorCode::cancelled, "cannot extract: given up")));
}

void Extractor::begin(const TarMember& member) {
    impl_->state.rethrow_failure();
    impl_->current = nullptr;
    if (member.kind == FileKind::symlink) return;
    const ExtractOptions& options = impl_->state.options;
    if (options.skip && options.skip(member)) return;
    if (member.kind == FileKind::directory) return impl_->make_directory(member.path);
    impl_->make_parents(member.path);
    const DigestKind kind = options.digest_for ? options.digest_for(member.path) : DigestKind::none;
    impl_->current = &impl_->least_loaded();
    impl_->current->open_file(member.path, member.size, kind);
}

void Extractor::data(Bytes bytes) {
    impl_->state.rethrow_failure();
    if (impl_->current == nullptr) return;
    const ExtractOptions& options = impl_->state.options;
    std::shared_ptr<const void> owner;
    if (options.hold && bytes.size() >= least_held) owner = options.hold(bytes);
    if (owner) {
        impl_->current->write(Chunk(std::move(owner), bytes));
    } else {
        impl_->current->write(Chunk::copy_of(bytes));
    }
}

void Extractor::end() {
    if (impl_->current != nullptr) impl_->current->close_file();
    impl_->current = nullptr;
}

void Extractor::finish() {
    for (const auto& thread : impl_->threads) thread->join();
    impl_->state.rethrow_failure();
    impl_->sync_files();
    impl_->state.rethrow_failure();
    impl_->sync_directories();
}

}  // namespace tsb
