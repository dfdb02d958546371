// The procedures over any Fs; the real one is in posix_fs.cpp.
#include "core/base/fs.hpp"

#include <unistd.h>

#include <array>

#include "core/base/error.hpp"

namespace tsb {
namespace {

/// Beneath `parent`, on file system `device` only: a mount inside a tree is not ours to empty.
void remove_tree_on(Fs& fs, int parent, const std::string& path, dev_t device) {
    const auto status = fs.status(parent, path);
    if (!status) return;
    if (status->kind != FileKind::directory) {
        fs.remove_file(parent, path);
        return;
    }
    if (status->device != device) {
        throw Error(ErrorCode::refused, "cannot remove '" + printable(path) +
                                            "': another file system is mounted there");
    }
    Fd directory = fs.open_directory(parent, path);
    for (const std::string& name : fs.entries(directory.get())) {
        remove_tree_on(fs, directory.get(), name, device);
    }
    directory.reset();
    fs.remove_directory(parent, path);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

void Fd::reset() noexcept {
    if (fd_ >= 0) ::close(release());
}

void write_all(Fs& fs, int fd, Bytes bytes, const std::string& name) {
    while (!bytes.empty()) {
        const std::size_t written = fs.write(fd, bytes);
        if (written == 0 || written > bytes.size()) {
            throw Error(ErrorCode::io, "cannot write '" + printable(name) + "': wrote nothing");
        }
        bytes = bytes.subspan(written);
    }
}

void write_new_file(Fs& fs, int parent, const std::string& path, Bytes bytes) {
    Fd file = fs.create_file(parent, path, 0600);
    write_all(fs, file.get(), bytes, path);
    fs.sync(file.get());
    fs.close(std::move(file));
}

std::string read_whole_file(Fs& fs, int parent, const std::string& path, std::uint64_t limit) {
    const auto too_long = [&] {
        return Error(ErrorCode::damaged, "cannot read '" + printable(path) + "': longer than " +
                                             std::to_string(limit) + " bytes");
    };
    const Fd file = fs.open_file(parent, path);
    const std::uint64_t size = fs.status(file.get()).size;
    if (size > limit) throw too_long();

    std::string text;
    text.reserve(size);
    std::array<std::byte, 65536> buffer;
    while (const std::size_t count = fs.read(file.get(), buffer)) {
        if (text.size() + count > limit) throw too_long();
        text += as_text(Bytes(buffer).first(count));
    }
    return text;
}

void sync_directory(Fs& fs, int parent, const std::string& path) {
    const Fd directory = fs.open_directory(parent, path);
    fs.sync(directory.get());
}

void remove_tree(Fs& fs, int parent, const std::string& path) {
    remove_tree_on(fs, parent, path, fs.status(parent).device);
}

}  // namespace tsb
