// Posts JSON to a URL.
//
// Keeps: certificates are verified, redirects not followed, nothing but http and https spoken, and
// of the answer only the status is used. Neither the token nor the path of the URL, which is a
// secret with many services, stands in an error (I8). The proxy variables of the environment
// (https_proxy, no_proxy) are honoured. Does not log.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "config/notices.hpp"
#include "core/base/error.hpp"

namespace tsb {

struct RetryPolicy {
    unsigned attempts = 3;
    std::chrono::milliseconds first_pause{2000};  // doubled after each further attempt
};

/// Posts `body` until it is taken (2xx) or the attempts are used up; nothing when it was taken.
/// Network errors, 5xx, 408 and 429 are tried again, any other status is final. Error{config} for
/// a URL or token that cannot be used (a URL with a user or password is such), Error{cancelled}
/// within 2 s after a request to stop, else Error{connection} naming scheme and host alone. Thread:
/// worker (blocks).
std::optional<Error> post_webhook(const WebhookConfig& webhook, const std::string& body,
                                  const RetryPolicy& policy, const std::stop_token& stop);

}  // namespace tsb
