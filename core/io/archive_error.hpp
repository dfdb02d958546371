// Errors about an archive name it. Those who know only its bytes, such as the codecs, throw
// Error{damaged} with the cause alone; who knows the name puts it before that.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace tsb {

inline Error damaged_archive(const std::string& name, std::string_view cause) {
    return {ErrorCode::damaged,
            "cannot read archive '" + printable(name) + "': " + std::string(cause)};
}

/// Calls `use`; an Error{damaged} that it throws becomes one about archive `name`.
template <typename Use>
auto naming_archive(const std::string& name, Use&& use) {
    try {
        return use();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        throw damaged_archive(name, error.what());
    }
}

}  // namespace tsb
