// Reading the members of untrusted JSON objects: each is there, of the right type and in bounds,
// or Error{damaged} names it. Members that nobody asks for are ignored, so that a later version
// may add some.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/lsn.hpp"

namespace tsb::json {

using Value = nlohmann::ordered_json;

/// Error{damaged} when `text` is not one JSON value or nested deeper than 64. `what` names it in
/// the message.
Value parse(std::string_view text, const std::string& what);
/// A JSON string, or {"hex": "..."} for text that is not UTF-8: names come from a server that may
/// use any encoding, and must come back as they were.
Value from_text(const std::string& text);
/// `text`, or its beginning and "..." in at most `most` bytes (10 or more), cut between characters.
std::string shortened(const std::string& text, std::size_t most);

/// One object. Refers to the value it was made of, which must outlive it.
class Object {
public:
    /// `name` is how messages call it: "metadata", "metadata.files[3]".
    Object(const Value& value, std::string name);

    /// For members that an earlier version did not write.
    bool has(const char* key) const { return value_.contains(key); }
    std::string text(const char* key) const;
    std::uint64_t number(const char* key,
                         std::uint64_t largest = std::numeric_limits<std::uint64_t>::max()) const;
    bool flag(const char* key) const;
    Lsn lsn(const char* key) const;
    SystemTime time(const char* key) const;
    Object object(const char* key) const;
    const Value& array(const char* key) const;
    /// Calls `each(Object)` for the objects of the array `key`.
    template <typename Each>
    void for_each(const char* key, Each each) const {
        const Value& elements = array(key);
        for (std::size_t i = 0; i < elements.size(); ++i) {
            each(Object(elements[i], name_of(key) + "[" + std::to_string(i) + "]"));
        }
    }

    /// For what only the caller can judge: throws Error{damaged} about member `key`.
    [[noreturn]] void refuse(const char* key, const std::string& problem) const;

private:
    const Value& member(const char* key) const;
    std::string name_of(const char* key) const { return name_ + "." + key; }

    const Value& value_;
    std::string name_;
};

/// The text of a value made by from_text(); Error{damaged} naming `what` when it is none.
std::string to_text(const Value& value, const std::string& what);

}  // namespace tsb::json
