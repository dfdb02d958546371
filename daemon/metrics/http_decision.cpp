#include "daemon/metrics/http_decision.hpp"

namespace tsb {
namespace {

HttpResource resource_of(std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/metrics") return HttpResource::metrics;
    if (path == "/healthz") return HttpResource::healthz;
    if (path == "/readyz") return HttpResource::readyz;
    return HttpResource::none;
}

HttpDecision refusal(unsigned status, std::string_view text) {
    return {status, HttpResource::none, text, true};
}

}  // namespace

HttpDecision decide_http(const HttpQuestion& question) {
    if (question.method != "GET") return refusal(405, "only GET is answered\n");
    if (question.has_body) return refusal(413, "no body is taken\n");
    const HttpResource resource = resource_of(question.target);
    if (resource == HttpResource::none) {
        return {404, resource, "there are /metrics, /healthz and /readyz\n", false};
    }
    return {200, resource, {}, false};
}

HttpDecision head_too_long() {
    return refusal(431, "the request is too long\n");
}

HttpDecision malformed_head() {
    return refusal(400, "this is no HTTP request\n");
}

}  // namespace tsb
