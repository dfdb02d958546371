// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace tsb {

/// Bytes of the well-formed character at the front of `text`; 0 when there is none. Thread: any.
std::size_t utf8_front(std::string_view text);
/// True when all of `text` is well-formed. Thread: any.
bool valid_utf8(std::string_view text);

}  // namespace tsb
