#include "config/values.hpp"
#include "core/base/error.hpp"
#include "core/pg/conninfo.hpp"

namespace tsb {

ValueResult store_connection(const std::string& text, std::string& into) {
    try {
        // All defaults: more likely a forgotten value than a wish.
        if (parse_conninfo(text).empty()) return ValueProblem{};
    } catch (const Error& error) {
        return ValueProblem{error.what(), error.hint()};
    }
    into = text;
    return std::nullopt;
}

}  // namespace tsb
