#include "daemon/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace tsb {
namespace {

constexpr int backlog = 32;
constexpr mode_t directory_mode = 0750;
constexpr mode_t socket_mode = 0660;
constexpr std::size_t most_groups = 65536;  // NGROUPS_MAX of Linux

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        throw Error(ErrorCode::config,
                    "cannot listen on '" + printable(path) + "': longer than 107 bytes");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

Fd new_socket(const std::string& path) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw errno_error(errno, "make socket", path);
    return fd;
}

void make_directory(const std::filesystem::path& directory, const std::string& key) {
    if (::mkdir(directory.c_str(), directory_mode) == 0) {
        // mkdir(2) applies the umask, which takes the group's bits away.
        if (::chmod(directory.c_str(), directory_mode) == 0) return;
        throw errno_error(errno, "set mode of", directory.string());
    }
    if (errno == EEXIST) return;
    const Error error = errno_error(errno, "make directory", directory.string());
    throw Error(
        error.code(), error.what(),
        "make it for the user of tsbackupd, mode 0750 (/run is empty after a reboot), or set '" +
            key + "' to another path");
}

bool somebody_listens(const std::string& path, const sockaddr_un& address) {
    const Fd probe = new_socket(path);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    // EAGAIN: its queue is full, so it is there.
    return ::connect(probe.get(), generic, sizeof(address)) == 0 || errno == EAGAIN;
}

void remove_stale_socket(const std::string& path, const sockaddr_un& address,
                         const std::string& key) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return;
        throw errno_error(errno, "look at", path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        throw Error(ErrorCode::refused,
                    "cannot listen on '" + printable(path) + "': it exists and is no socket",
                    "remove it, or set '" + key + "' to another path");
    }
    if (somebody_listens(path, address)) {
        throw Error(ErrorCode::busy,
                    "cannot listen on '" + printable(path) + "': another process does",
                    "set '" + key + "' to another path");
    }
    if (::unlink(path.c_str()) != 0) throw errno_error(errno, "remove", path);
}

/// Where the Unix socket `fd` is bound; empty for one without a path.
std::filesystem::path path_of(int fd) {
    sockaddr_un address{};
    socklen_t length = sizeof(address);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        throw errno_error(errno, "identify", "control socket");
    }
    return {std::string(address.sun_path, ::strnlen(address.sun_path, sizeof(address.sun_path)))};
}

}  // namespace

Fd listen_on(const std::filesystem::path& path, const std::string& key) {
    const std::string name = path.string();
    const sockaddr_un address = address_of(name);
    make_directory(path.parent_path(), key);
    remove_stale_socket(name, address, key);

    Fd fd = new_socket(name);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), generic, sizeof(address)) != 0) throw errno_error(errno, "bind", name);
    if (::chmod(name.c_str(), socket_mode) != 0) throw errno_error(errno, "set mode of", name);
    if (::listen(fd.get(), backlog) != 0) throw errno_error(errno, "listen on", name);
    return fd;
}

ControlListener control_listener(ServiceManager& manager, const std::filesystem::path& configured) {
    std::optional<Fd> given = manager.take_control_socket();
    if (!given) return {listen_on(configured), configured, false};
    ControlListener listener{std::move(*given), {}, true};
    listener.path = path_of(listener.socket.get());
    std::error_code unknown;
    const bool same = listener.path == configured ||
                      std::filesystem::equivalent(listener.path, configured, unknown);
    if (!same) {
        log(LogLevel::warning, "",
            "listens on '" + printable(listener.path.string()) +
                "', which the service manager handed over, not on '" +
                printable(configured.string()) + "' of control.socket");
    }
    return listener;
}

Peer peer_of(int fd) {
    ucred credentials{};
    socklen_t length = sizeof(credentials);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
        throw errno_error(errno, "identify", "control client");
    }
    Peer peer;
    peer.uid = credentials.uid;
    peer.pid = credentials.pid;
    peer.groups.resize(most_groups);
    length = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
    const bool told = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &length) == 0;
    peer.groups.resize(told ? length / sizeof(gid_t) : 0);
    peer.groups.push_back(credentials.gid);
    return peer;
}

}  // namespace tsb
