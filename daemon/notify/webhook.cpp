#include "daemon/notify/webhook.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/base/version.hpp"
#include "core/pg/password_file.hpp"

namespace tsb {
namespace {

constexpr std::size_t answer_limit = 4096;
constexpr std::chrono::milliseconds connect_limit{5000};

struct FreeCurl {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};
template <class T>
using CurlPointer = std::unique_ptr<T, FreeCurl>;

void require_curl() {
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK) {
        throw Error(ErrorCode::internal,
                    std::string("cannot set up libcurl: ") + curl_easy_strerror(result));
    }
}

Error unusable(const std::string& cause) {
    return {ErrorCode::config, "cannot post to the webhook: " + cause};
}

/// "https://host:port", what may be shown of a URL.
std::string origin_of(const std::string& url) {
    const CurlPointer<CURLU> parsed(curl_url());
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        throw unusable("its URL is malformed");
    }
    const auto part = [&](CURLUPart which) -> std::string {
        char* text = nullptr;
        if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK) return {};
        return CurlPointer<char>(text).get();
    };
    const std::string scheme = part(CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") throw unusable("its URL is not of http or https");
    if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) {
        throw unusable("its URL holds a user or password");
    }
    const std::string port = part(CURLUPART_PORT);
    return scheme + "://" + part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

Secret read_token(const std::string& file) {
    try {
        return read_password_file(file);
    } catch (const Error& error) {
        throw error.with_context("token_file");
    }
}

/// How one attempt ended.
struct Attempt {
    CURLcode code = CURLE_OK;
    long status = 0;    // below 200: no answer
    std::string cause;  // what libcurl says about `code`

    bool answered() const { return status >= 200; }
    bool taken() const { return status / 100 == 2; }
    bool worth_another() const {
        if (answered()) return status / 100 == 5 || status == 408 || status == 429;
        constexpr std::array hopeless = {CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
                                         CURLE_PEER_FAILED_VERIFICATION, CURLE_ABORTED_BY_CALLBACK};
        return std::find(hopeless.begin(), hopeless.end(), code) == hopeless.end();
    }
    std::string text() const { return answered() ? "status " + std::to_string(status) : cause; }
};

/// Takes the first bytes of the answer and ends the transfer at the limit: the status is known.
std::size_t discard(char*, std::size_t, std::size_t count, void* seen) {
    auto& total = *static_cast<std::size_t*>(seen);
    total += count;
    return total > answer_limit ? 0 : count;
}

int abort_when_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// One POST, ready to be performed any number of times.
class Post {
public:
    Post(const WebhookConfig& webhook, const std::string& body, const std::stop_token& stop)
        : stop_(stop), handle_(curl_easy_init()) {
        if (!handle_) throw Error(ErrorCode::internal, "cannot set up libcurl");
        headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
        const std::chrono::milliseconds limit = webhook.timeout;
        set(CURLOPT_URL, webhook.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(limit, connect_limit).count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
        set(CURLOPT_NOSIGNAL, 1L);
        // A name server that does not answer must not hold up the daemon's stop.
        set(CURLOPT_QUICK_EXIT, 1L);
        set(CURLOPT_USERAGENT, (std::string("tsbackupd/") + version).c_str());
        set(CURLOPT_HTTPHEADER, headers_.get());
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        set(CURLOPT_POSTFIELDS, body.c_str());
        set(CURLOPT_WRITEFUNCTION, &discard);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &abort_when_stopped);
        set(CURLOPT_XFERINFODATA, const_cast<std::stop_token*>(&stop_));
        set(CURLOPT_ERRORBUFFER, message_.data());
        if (!webhook.token_file.empty()) set_token(webhook.token_file);
    }
    Post(const Post&) = delete;

    Attempt perform() {
        Attempt attempt;
        std::size_t seen = 0;
        set(CURLOPT_WRITEDATA, &seen);
        message_.front() = '\0';
        attempt.code = curl_easy_perform(handle_.get());
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &attempt.status);
        const bool silent = message_.front() == '\0';
        attempt.cause = printable(silent ? curl_easy_strerror(attempt.code) : message_.data());
        return attempt;
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        const CURLcode result = curl_easy_setopt(handle_.get(), option, value);
        if (result == CURLE_OK) return;
        throw Error(ErrorCode::internal,
                    std::string("cannot set up libcurl: ") + curl_easy_strerror(result));
    }
    void set_token(const std::string& file) {
        const Secret token = read_token(file);
        const std::string_view text = token.c_str();
        // libcurl writes it into the header as it is.
        if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; })) {
            throw unusable("token_file '" + printable(file) + "' holds more than one word");
        }
        set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        set(CURLOPT_XOAUTH2_BEARER, token.c_str());
    }

    const std::stop_token stop_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    CurlPointer<curl_slist> headers_;
    CurlPointer<CURL> handle_;  // goes first: it points into the others
};

void sleep_unless_stopped(std::chrono::milliseconds pause, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_for(lock, stop, pause, [] { return false; });
}

std::optional<Error> post(const WebhookConfig& webhook, const std::string& body,
                          const RetryPolicy& policy, const std::stop_token& stop) {
    require_curl();
    const std::string origin = origin_of(webhook.url);
    Post request(webhook, body, stop);
    auto pause = policy.first_pause;
    for (unsigned count = 1;; ++count, pause *= 2) {
        const Attempt attempt = request.perform();
        if (attempt.taken()) return std::nullopt;
        if (stop.stop_requested()) break;
        if (count >= policy.attempts || !attempt.worth_another()) {
            return Error(ErrorCode::connection,
                         "cannot post to '" + origin + "': " + attempt.text());
        }
        sleep_unless_stopped(pause, stop);
        if (stop.stop_requested()) break;
    }
    return Error(ErrorCode::cancelled, "cannot post to '" + origin + "': asked to stop");
}

}  // namespace

std::optional<Error> post_webhook(const WebhookConfig& webhook, const std::string& body,
                                  const RetryPolicy& policy, const std::stop_token& stop) {
    try {
        return post(webhook, body, policy, stop);
    } catch (const Error& error) {
        return error;
    }
}

}  // namespace tsb
