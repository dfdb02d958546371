// The listening socket of the metrics, made and removed.
#pragma once

#include <optional>

#include "config/listen_address.hpp"
#include "core/base/fs.hpp"

namespace tsb {

/// Its Unix socket is removed from the file system with it. Thread: loop.
class MetricsListener {
public:
    /// Listens nowhere.
    MetricsListener() = default;
    /// Listens at `address`; nothing: nowhere. A Unix socket as listen_on() makes it, so call it
    /// only while holding the repository's lock. Error{refused}, Error{busy} when somebody listens
    /// there, Error{config} when this machine has no such address, Error{io}.
    explicit MetricsListener(const std::optional<ListenAddress>& address);
    MetricsListener(MetricsListener&& other) noexcept;
    MetricsListener& operator=(MetricsListener&& other) noexcept;
    MetricsListener(const MetricsListener&) = delete;
    ~MetricsListener();

    const std::optional<ListenAddress>& address() const { return address_; }
    /// The socket, for a server that closes it; once.
    Fd take_socket() { return std::move(socket_); }

private:
    void remove_path() noexcept;

    std::optional<ListenAddress> address_;
    Fd socket_;
};

}  // namespace tsb
