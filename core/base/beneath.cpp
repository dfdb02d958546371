#include "core/base/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

namespace tsb {
namespace {

/// 0, or the errno that says what is wrong with the text of `path`.
int lexical_problem(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos) return EINVAL;
    if (path.front() == '/') return EXDEV;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (path.substr(begin, end - begin) == "..") return EXDEV;
        begin = end + 1;
    }
    return 0;
}

int openat2_beneath(int parent, const char* path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    long fd = -1;
    do {
        fd = ::syscall(SYS_openat2, parent, path, &how, sizeof(how));
    } while (fd < 0 && errno == EINTR);
    return static_cast<int>(fd);
}

int openat_no_link(int parent, const std::string& name, int flags, mode_t mode) {
    int fd = -1;
    do {
        fd = ::openat(parent, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0) return fd;
    // O_DIRECTORY|O_NOFOLLOW says ENOTDIR for a link to a directory; openat2 says ELOOP.
    struct stat found {};
    const int number = errno;
    const bool link = number == ENOTDIR &&
                      ::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(found.st_mode);
    errno = link ? ELOOP : number;
    return -1;
}

}  // namespace

Fd open_beneath_by_component(int parent, const std::string& path, int flags, mode_t mode) {
    if (const int problem = lexical_problem(path)) {
        errno = problem;
        return {};
    }
    Fd directory;
    std::size_t begin = 0;
    for (std::size_t slash; (slash = path.find('/', begin)) != std::string::npos;
         begin = slash + 1) {
        if (slash == begin) continue;
        const int from = directory ? directory.get() : parent;
        directory =
            Fd(openat_no_link(from, path.substr(begin, slash - begin), O_PATH | O_DIRECTORY, 0));
        if (!directory) return {};
    }
    const std::string last = begin == path.size() ? "." : path.substr(begin);
    return Fd(openat_no_link(directory ? directory.get() : parent, last, flags, mode));
}

Fd open_beneath(int parent, const std::string& path, int flags, mode_t mode) {
    if (const int problem = lexical_problem(path)) {
        errno = problem;
        return {};
    }
    Fd fd(openat2_beneath(parent, path.c_str(), flags | O_CLOEXEC, mode));
    // ENOSYS: kernel before 5.6; EPERM: seccomp filters of older container engines.
    if (fd || (errno != ENOSYS && errno != EPERM)) return fd;
    return open_beneath_by_component(parent, path, flags, mode);
}

}  // namespace tsb
