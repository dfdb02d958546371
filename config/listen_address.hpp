// Where something listens: an address and port of TCP, or a Unix socket, as plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tsb {

struct ListenAddress {
    std::string host;            // a numeric address, IPv6 without brackets; empty: a Unix socket
    std::uint16_t port = 0;      // with a host
    std::filesystem::path path;  // without one
    bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:9187", "[::1]:9187", "/run/tsbackup/metrics.sock". Thread: any.
std::string to_string(const ListenAddress& address);
/// Only processes of this machine reach it: a Unix socket, 127.0.0.0/8 or ::1. Thread: any.
bool is_local(const ListenAddress& address);
/// "HOST:PORT" with a numeric host, IPv6 in brackets, and a port from 1 to 65535; nothing
/// otherwise. Names are not looked up. Thread: any.
std::optional<ListenAddress> parse_host_port(const std::string& text);

}  // namespace tsb
