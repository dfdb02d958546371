#include "core/repo/self_checksum.hpp"

#include "core/base/error.hpp"
#include "core/io/digest.hpp"

namespace tsb {
namespace {

constexpr std::size_t digits = 64;
constexpr std::string_view line_end = "\"\n}\n";

std::string line_begin(std::string_view key) {
    return "  \"" + std::string(key) + "\": \"";
}

}  // namespace

std::string text_with_checksum(const json::Value& root, std::string_view key) {
    constexpr std::string_view object_end = "\n}";
    std::string text = root.dump(2);
    text.resize(text.size() - object_end.size());
    text += ",\n";
    return text + checksum_line(text, key);
}

std::string checksum_line(std::string_view covered, std::string_view key) {
    return line_begin(key) + sha256_hex(as_bytes(covered)) + std::string(line_end);
}

void require_checksum(std::string_view text, std::string_view key, const std::string& what) {
    const auto damaged = [&what](const char* problem) {
        return Error(ErrorCode::damaged, "cannot read " + what + ": " + problem);
    };
    const std::string begin = line_begin(key);
    const std::size_t tail_size = begin.size() + digits + line_end.size();
    if (text.size() < tail_size) throw damaged("too short");
    const std::string_view covered = text.substr(0, text.size() - tail_size);
    const std::string_view tail = text.substr(covered.size());
    if (!covered.ends_with('\n') || !tail.starts_with(begin) || !tail.ends_with(line_end)) {
        throw damaged("it does not end with its checksum");
    }
    if (tail != checksum_line(covered, key)) throw damaged("its checksum does not match");
}

}  // namespace tsb
