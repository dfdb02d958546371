#include "core/repo/json_fields.hpp"

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/base/json_depth.hpp"
#include "core/base/utf8.hpp"

namespace tsb::json {
namespace {

Error damaged(const std::string& what, const std::string& problem) {
    return {ErrorCode::damaged, "cannot read " + what + ": " + problem};
}

// Far more than any document of ours has. The library copies and frees values by recursion, so the
// stack is what a deeper one would use up.
constexpr std::size_t deepest = 64;

}  // namespace

Value parse(std::string_view text, const std::string& what) {
    if (nested_deeper(text, deepest)) throw damaged(what, "nested too deeply");
    Value value = Value::parse(text, nullptr, false);
    if (value.is_discarded()) throw damaged(what, "not JSON");
    return value;
}

Value from_text(const std::string& text) {
    if (valid_utf8(text)) return text;
    return {{"hex", to_hex(as_bytes(text))}};
}

std::string shortened(const std::string& text, std::size_t most) {
    if (text.size() <= most) return text;
    constexpr std::string_view mark = "...";
    std::size_t end = most - mark.size();
    const auto within_character = [&] {
        return (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U;
    };
    for (int steps = 0; steps < 3 && within_character(); ++steps) --end;
    return text.substr(0, end) + std::string(mark);
}

std::string to_text(const Value& value, const std::string& what) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_object() && value.contains("hex") && value["hex"].is_string()) {
        if (const auto bytes = from_hex(value["hex"].get<std::string>())) {
            return std::string(as_text(*bytes));
        }
    }
    throw damaged(what, "not text");
}

Object::Object(const Value& value, std::string name) : value_(value), name_(std::move(name)) {
    if (!value_.is_object()) throw damaged(name_, "not an object");
}

const Value& Object::member(const char* key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) throw damaged(name_of(key), "missing");
    return *found;
}

void Object::refuse(const char* key, const std::string& problem) const {
    throw damaged(name_of(key), problem);
}

std::string Object::text(const char* key) const {
    return to_text(member(key), name_of(key));
}

std::uint64_t Object::number(const char* key, std::uint64_t largest) const {
    const Value& value = member(key);
    if (!value.is_number_unsigned()) refuse(key, "not a whole number");
    const auto number = value.get<std::uint64_t>();
    if (number > largest) refuse(key, "too large");
    return number;
}

bool Object::flag(const char* key) const {
    const Value& value = member(key);
    if (!value.is_boolean()) refuse(key, "neither true nor false");
    return value.get<bool>();
}

Lsn Object::lsn(const char* key) const {
    const auto lsn = parse_lsn(text(key));
    if (!lsn) refuse(key, "not an LSN");
    return *lsn;
}

SystemTime Object::time(const char* key) const {
    const std::string written = text(key);
    try {
        return from_iso8601(written);
    } catch (const Error& error) {
        throw error.with_context("cannot read " + name_of(key));
    }
}

Object Object::object(const char* key) const {
    return {member(key), name_of(key)};
}

const Value& Object::array(const char* key) const {
    const Value& value = member(key);
    if (!value.is_array()) refuse(key, "not a list");
    return value;
}

}  // namespace tsb::json
