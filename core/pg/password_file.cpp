#include "core/pg/password_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/fs.hpp"

namespace tsb {

namespace {

Error refusal(const std::filesystem::path& path, const std::string& cause, std::string hint = {}) {
    return {ErrorCode::config,
            "cannot use password file '" + printable(path.string()) + "': " + cause,
            std::move(hint)};
}

Error refusal(const std::filesystem::path& path, int error_number) {
    return refusal(path, std::generic_category().message(error_number));
}

/// "": not in a service that was given credentials.
std::filesystem::path credentials_directory() {
    const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory == nullptr ? "" : directory;
}

/// The file that `wanted` means: a path, or a name among the credentials.
std::filesystem::path file_of(const std::filesystem::path& wanted) {
    if (wanted.has_parent_path()) return wanted;
    const std::filesystem::path directory = credentials_directory();
    if (!directory.empty()) return directory / wanted;
    throw Error(
        ErrorCode::config,
        "cannot use credential '" + printable(wanted.string()) + "': this process was given none",
        "LoadCredential= in the unit of tsbackupd gives it; a command that is run by hand "
        "needs a path");
}

bool lies_beneath(const std::filesystem::path& path, const std::filesystem::path& directory) {
    std::error_code failed;
    const auto relative = std::filesystem::relative(path, directory, failed);
    return !failed && !relative.empty() && *relative.begin() != "..";
}

bool is_guarded_place(const std::filesystem::path& path) {
    const std::filesystem::path credentials = credentials_directory();
    return lies_beneath(path, "/run/secrets") ||
           (!credentials.empty() && lies_beneath(path, credentials));
}

void require_safe(int fd, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        throw refusal(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw refusal(path, "not a regular file");
    }
    const auto hint = "chmod 600 " + printable(path.string());
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        throw refusal(path, "others than its owner may write it", hint);
    }
    if ((status.st_mode & S_IROTH) != 0 && !is_guarded_place(path)) {
        throw refusal(path, "everyone may read it", hint);
    }
}

/// Reads until the end or until `into` is full.
std::size_t read_all(int fd, char* into, std::size_t room, const std::filesystem::path& path) {
    std::size_t have = 0;
    while (have < room) {
        const auto got = ::read(fd, into + have, room - have);
        if (got < 0 && errno != EINTR) {
            throw refusal(path, errno);
        }
        if (got == 0) {
            break;
        }
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return have;
}

}  // namespace

void Secret::Wipe::operator()(Buffer* buffer) const noexcept {
    ::explicit_bzero(buffer->data(), buffer->size());
    delete buffer;
}

Secret read_password_file(const std::filesystem::path& wanted) {
    const std::filesystem::path path = file_of(wanted);
    // O_NONBLOCK: a fifo put there must not hang the open.
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) {
        throw refusal(path, errno);
    }
    require_safe(fd.get(), path);
    Secret secret;
    secret.text_.reset(new Secret::Buffer{});
    auto& text = *secret.text_;
    const auto size = read_all(fd.get(), text.data(), Secret::max_size + 1, path);
    if (size > Secret::max_size) {
        throw refusal(path, "longer than " + std::to_string(Secret::max_size) + " bytes");
    }
    if (std::memchr(text.data(), '\0', size) != nullptr) {
        throw refusal(path, "holds a zero byte");
    }
    if (size > 0 && text[size - 1] == '\n') {
        text[size - 1] = '\0';
    }
    if (text[0] == '\0') {
        throw refusal(path, "empty");
    }
    return secret;
}

}  // namespace tsb
