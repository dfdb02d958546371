// What becomes of a request for metrics, from its head alone. Pure.
//
// The endpoint takes no commands: it answers GET for three addresses, and takes no body. HEAD is
// refused like every other method, since nothing that looks at these pages sends it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tsb {

enum class HttpResource {
    none,     // the answer is the decision's own
    metrics,  // the page of metrics
    healthz,  // the process and its loop live
    readyz,   // it takes jobs, and has its repository
};

struct HttpQuestion {
    std::string_view method;
    std::string_view target;  // as it was sent; a query behind '?' has no meaning
    bool has_body = false;    // one was announced
};

struct HttpDecision {
    unsigned status = 200;
    HttpResource resource = HttpResource::none;
    std::string_view text;  // of an answer of its own
    bool leave = false;     // the connection cannot be read on
};

/// Thread: any.
HttpDecision decide_http(const HttpQuestion& question);
/// For a head that was longer than allowed, and for one that is no HTTP. Thread: any.
HttpDecision head_too_long();
HttpDecision malformed_head();

}  // namespace tsb
