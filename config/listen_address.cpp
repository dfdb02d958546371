#include "config/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "config/values.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {
namespace {

std::optional<in_addr> ipv4(const std::string& text) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
    return address;
}

std::optional<in6_addr> ipv6(const std::string& text) {
    in6_addr address{};
    if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
    return address;
}

}  // namespace

std::string to_string(const ListenAddress& address) {
    if (address.host.empty()) return address.path.string();
    const bool in_brackets = address.host.find(':') != std::string::npos;
    const std::string host = in_brackets ? "[" + address.host + "]" : address.host;
    return host + ":" + std::to_string(address.port);
}

bool is_local(const ListenAddress& address) {
    constexpr std::uint32_t loopback_net = 127;
    if (address.host.empty()) return true;
    if (const auto four = ipv4(address.host)) return ntohl(four->s_addr) >> 24 == loopback_net;
    const auto six = ipv6(address.host);
    return six && IN6_IS_ADDR_LOOPBACK(&*six);
}

std::optional<ListenAddress> parse_host_port(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    ListenAddress address;
    address.host = text.substr(0, colon);
    const bool in_brackets =
        address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
    if (in_brackets) address.host = address.host.substr(1, address.host.size() - 2);
    const bool numeric =
        in_brackets ? ipv6(address.host).has_value() : ipv4(address.host).has_value();
    const auto port = parse_whole<std::uint16_t>(std::string_view(text).substr(colon + 1));
    if (!numeric || !port || *port == 0) return std::nullopt;
    address.port = *port;
    return address;
}

ValueResult store_listen_address(const std::string& text, std::optional<ListenAddress>& into) {
    if (text.starts_with('/')) {
        ListenAddress address;
        if (auto problem = store_socket_path(text, address.path)) return problem;
        into = address;
        return std::nullopt;
    }
    const auto address = parse_host_port(text);
    if (!address) return ValueProblem{};
    into = address;
    return std::nullopt;
}

}  // namespace tsb
