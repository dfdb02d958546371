#include "tests/integration/backup_edits.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "core/io/digest.hpp"

namespace tsb::test {
namespace {

constexpr std::size_t record_size = 512;
constexpr std::size_t mode_field_offset = 100;
constexpr std::size_t size_field_offset = 124;
constexpr std::size_t checksum_offset = 148;
constexpr std::size_t checksum_width = 8;
const std::string last_member = "global/pg_control";
const std::string seal_begin = "\"Manifest-Checksum\": \"";

struct Member {
    std::size_t begin;  // of its header
    std::size_t data;
    std::size_t end;  // of its padding
};

Member find_member(const std::string& tar, const std::string& name) {
    for (std::size_t begin = 0; begin + record_size <= tar.size();) {
        const std::size_t size = std::stoull(tar.substr(begin + size_field_offset, 11), nullptr, 8);
        const std::size_t data = begin + record_size;
        const std::size_t end = data + (size + record_size - 1) / record_size * record_size;
        if (tar.c_str() + begin == name) return {begin, data, end};
        if (tar[end] == '\0') break;
        begin = end;
    }
    throw std::runtime_error("no member " + name);
}

std::string octal(std::size_t value, int digits) {
    std::string text;
    for (; digits > 0; --digits, value /= 8) text += static_cast<char>('0' + value % 8);
    return {text.rbegin(), text.rend()};
}

void fix_checksum(std::string& tar, std::size_t header) {
    tar.replace(header + checksum_offset, checksum_width, checksum_width, ' ');
    std::size_t sum = 0;
    for (const char c : tar.substr(header, record_size)) sum += static_cast<unsigned char>(c);
    tar.replace(header + checksum_offset, checksum_width, octal(sum, 6) + '\0' + ' ');
}

Change setting(const std::string& name, std::size_t offset, const std::string& header_field) {
    return [=](std::string tar) {
        const Member member = find_member(tar, name);
        tar.replace(member.begin + offset, header_field.size(), header_field);
        fix_checksum(tar, member.begin);
        return tar;
    };
}

std::size_t find_text(const std::string& text, const std::string& part, std::size_t from = 0) {
    const std::size_t place = text.find(part, from);
    if (place == std::string::npos) throw std::runtime_error("no text " + part);
    return place;
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

template <typename Integer>
void put_little_endian(std::string& text, std::size_t offset, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        text[offset + i] = static_cast<char>(value >> (8 * i) & 0xFF);
    }
}

}  // namespace

Tampering with_tar(Change change) {
    return rewritten(std::move(change), {});
}

Tampering with_manifest(Change change) {
    return rewritten({}, std::move(change));
}

Change inserting(const std::string& member) {
    return [=](std::string tar) { return tar.insert(find_member(tar, victim).begin, member); };
}

Change removing(const std::string& name) {
    return [=](std::string tar) {
        const Member member = find_member(tar, name);
        return tar.erase(member.begin, member.end - member.begin);
    };
}

Change doubling(const std::string& name) {
    return [=](const std::string& tar) {
        const Member member = find_member(tar, name);
        return inserting(tar.substr(member.begin, member.end - member.begin))(tar);
    };
}

Change flipping_byte(const std::string& name) {
    return [=](std::string tar) {
        char& byte = tar[find_member(tar, name).data + 100];
        byte = static_cast<char>(byte ^ 1);
        return tar;
    };
}

Change resizing(const std::string& name, const std::string& size_field) {
    return setting(name, size_field_offset, size_field);
}

Change changing_mode(const std::string& name, const std::string& mode_field) {
    return setting(name, mode_field_offset, mode_field);
}

Change breaking_checksum(const std::string& name) {
    return [=](std::string tar) {
        char& digit = tar[find_member(tar, name).begin + checksum_offset + 5];
        digit = digit == '0' ? '1' : '0';
        return tar;
    };
}

Change appending(const std::string& bytes) {
    return [=](const std::string& text) { return text + bytes; };
}

Change replacing(const std::string& old_text, const std::string& new_text) {
    return [=](std::string text) {
        return text.replace(find_text(text, old_text), old_text.size(), new_text);
    };
}

Change removing_line(const std::string& part) {
    return [=](std::string text) {
        const std::size_t place = find_text(text, part);
        const std::size_t begin = text.rfind('\n', place) + 1;
        return text.erase(begin, find_text(text, "\n", place) + 1 - begin);
    };
}

Change cutting(std::size_t count) {
    return [=](const std::string& text) { return text.substr(0, text.size() - count); };
}

Change resealed(Change change) {
    return [=](const std::string& text) {
        const std::string changed_text = change(text);
        const std::string lines = changed_text.substr(0, find_text(changed_text, seal_begin));
        return lines + seal_begin + sha256_hex(as_bytes(lines)) + "\"}\n";
    };
}

Change restating(const std::string& path, const std::string& key, const std::string& value) {
    return [=](std::string text) {
        const std::size_t line = find_text(text, quoted(path));
        const std::size_t begin = find_text(text, quoted(key) + ": ", line) + key.size() + 4;
        const std::size_t end = text.find_first_of(",}", begin);
        return text.replace(begin, end - begin, value);
    };
}

Change changing_digest(const std::string& path) {
    return [=](std::string text) {
        const std::string key = quoted("Checksum") + ": \"";
        char& digit = text[find_text(text, key, find_text(text, quoted(path))) + key.size()];
        digit = digit == '0' ? '1' : '0';
        return text;
    };
}

Tampering foreign_pg_control() {
    constexpr std::size_t crc_offset = 288;  // of control versions 1300 and 1700
    constexpr std::size_t size = 8192;
    const auto forged = std::make_shared<std::string>();
    const Change tar = [=](std::string text) {
        const std::size_t begin = find_member(text, last_member).data;
        *forged = text.substr(begin, size);
        put_little_endian<std::uint64_t>(*forged, 0, 42);
        put_little_endian<std::uint32_t>(*forged, crc_offset,
                                         crc32c(as_bytes(*forged).first(crc_offset)));
        return text.replace(begin, size, *forged);
    };
    const Change manifest = [=](const std::string& text) {
        const std::size_t line = find_text(text, quoted(last_member));
        const bool sha256 = text.find("\"SHA256\"", line) < find_text(text, "\n", line);
        Digest digest(sha256 ? DigestKind::sha256 : DigestKind::crc32c);
        digest.update(as_bytes(*forged));
        return resealed(restating(last_member, "Checksum", quoted(to_hex(digest.finish()))))(text);
    };
    return rewritten(tar, manifest);
}

Tampering foreign_wal() {
    constexpr std::size_t message_head = 25;
    constexpr std::size_t system_identifier = 24;  // in the head of a segment's first page
    return first(wal_copy('w'), changed([](std::string payload) {
                     return payload.replace(message_head + system_identifier, 8, big_endian(42, 8));
                 }));
}

}  // namespace tsb::test
