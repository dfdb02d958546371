// The error that something throws, for tests that look into it.
#pragma once

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace tsb::test {

/// What `action` throws, which must be an Error.
template <class Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    return {ErrorCode::internal, ""};
}

}  // namespace tsb::test
