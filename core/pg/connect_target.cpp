#include "core/pg/connect_target.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tsb {

namespace {

std::vector<std::string> split(const Keywords& keywords, const std::string& keyword) {
    const auto found = keywords.find(keyword);
    if (found == keywords.end()) {
        return {};
    }
    std::vector<std::string> parts(1);
    for (const char c : found->second) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::string whole(const Keywords& keywords, const std::string& keyword) {
    const auto found = keywords.find(keyword);
    return found == keywords.end() ? std::string() : found->second;
}

bool needs_look_up(const ConnectTarget& target) {
    return target.hostaddr.empty() && !target.host.empty() && target.host[0] != '/' &&
           target.host[0] != '@';
}

}  // namespace

std::vector<ConnectTarget> split_targets(const Keywords& keywords) {
    const auto hosts = split(keywords, "host");
    const auto addresses = split(keywords, "hostaddr");
    const auto ports = split(keywords, "port");
    const auto count = std::max<std::size_t>({hosts.size(), addresses.size(), 1});
    const auto fits = [&](const auto& list, std::size_t shared) {
        return list.size() <= shared || list.size() == count;
    };
    if (!fits(hosts, 0) || !fits(addresses, 0) || !fits(ports, 1)) {
        return {{whole(keywords, "host"), whole(keywords, "hostaddr"), whole(keywords, "port")}};
    }
    std::vector<ConnectTarget> targets(count);
    for (std::size_t i = 0; i < count; ++i) {
        targets[i].host = hosts.empty() ? "" : hosts[i];
        targets[i].hostaddr = addresses.empty() ? "" : addresses[i];
        targets[i].port = ports.empty() ? "" : ports[ports.size() == 1 ? 0 : i];
    }
    return targets;
}

std::vector<ConnectTarget> resolve(const ConnectTarget& target) {
    if (!needs_look_up(target)) {
        return {target};
    }
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(target.host.c_str(), nullptr, &wanted, &found) != 0) {
        return {target};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    std::vector<ConnectTarget> targets;
    for (const auto* address = found; address != nullptr; address = address->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(address->ai_addr, address->ai_addrlen, text.data(), text.size(), nullptr,
                          0, NI_NUMERICHOST) == 0) {
            targets.push_back({target.host, text.data(), target.port});
        }
    }
    return targets.empty() ? std::vector<ConnectTarget>{target} : targets;
}

}  // namespace tsb
