#include "tests/unit/io/tar_builder.hpp"

#include <algorithm>
#include <cstdio>

namespace tsb::test {
namespace {

std::string octal(std::uint64_t value, int width) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", width, static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

std::string tar_member(const RawMember& member) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t offset, const std::string& text) {
        std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    put(0, member.name.substr(0, 100));
    put(100, octal(member.type == '5' ? 0700 : 0600, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, member.size_field.empty() ? octal(member.data.size(), 11) : member.size_field);
    put(136, octal(1'700'000'000, 11));
    put(148, "        ");
    put(156, std::string(1, member.type));
    put(157, member.link.substr(0, 100));
    put(257, member.magic);
    unsigned checksum = 0;
    for (const char c : header) checksum += static_cast<unsigned char>(c);
    put(148, octal(checksum, 6) + std::string("\0 ", 2));
    const std::size_t padding = (512 - member.data.size() % 512) % 512;
    return header + member.data + std::string(padding, '\0');
}

std::string tar_file(const std::string& name, const std::string& data) {
    RawMember member;
    member.name = name;
    member.data = data;
    return tar_member(member);
}

std::string tar_directory(const std::string& name) {
    RawMember member;
    member.name = name;
    member.type = '5';
    return tar_member(member);
}

std::string tar_pax(const std::string& key, const std::string& value) {
    return tar_pax({{key, value}});
}

std::string tar_pax(const std::vector<std::pair<std::string, std::string>>& records) {
    RawMember member;
    member.name = "PaxHeaders/x";
    member.type = 'x';
    for (const auto& [key, value] : records) {
        const std::string rest = " " + key + "=" + value + "\n";
        std::size_t length = rest.size() + 1;  // counts its own digits
        while (std::to_string(length).size() + rest.size() != length) ++length;
        member.data += std::to_string(length) + rest;
    }
    return tar_member(member);
}

std::string tar_gnu_long_name(const std::string& name) {
    RawMember member;
    member.name = "././@LongLink";
    member.type = 'L';
    member.data = name + '\0';
    member.magic = std::string("ustar  \0", 8);
    return tar_member(member);
}

std::string tar_finish() {
    return std::string(1024, '\0');
}

}  // namespace tsb::test
