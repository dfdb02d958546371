#include "daemon/metrics/metrics.hpp"

#include "core/base/log.hpp"
#include "core/base/version.hpp"
#include "daemon/metrics/families.hpp"
#include "daemon/metrics/metric_page.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr unsigned unavailable = 503;

HttpPage not_ready(const std::string& why) {
    return {unavailable, "not ready: " + why + "\n"};
}

}  // namespace

Metrics::Metrics(const asio::any_io_executor& loop, Service& service, const Scheduler& scheduler)
    : loop_(loop),
      service_(service),
      scheduler_(scheduler),
      stored_(loop,
              [this] {
                  return [this, expected = expectations(service_)] {
                      return stored_facts(service_, expected);
                  };
              }),
      presence_(loop, [this] { return [this] { return service_.repository.still_there(); }; }) {}

std::optional<MetricsListener> Metrics::prepared(const std::optional<ListenAddress>& wanted) const {
    if (wanted == listener_.address()) return std::nullopt;
    return MetricsListener(wanted);
}

void Metrics::listen(MetricsListener listener) {
    if (server_) server_->stop();
    server_.reset();
    listener_ = std::move(listener);
    if (!listener_.address()) return;
    const ListenAddress& address = *listener_.address();
    log(LogLevel::info, "", "serves metrics on " + to_string(address));
    if (!is_local(address)) {
        log(LogLevel::warning, "",
            "everybody who reaches " + to_string(address) +
                " can read the metrics: there is no password and no encryption");
    }
    const PageMaker make_page = [this](HttpResource resource) { return answer(resource); };
    server_ = std::make_unique<PageServer>(loop_, listener_.take_socket(), make_page, PageLimits());
}

void Metrics::stop() {
    if (server_) server_->stop();
    listener_ = MetricsListener();
    stored_.stop();
    presence_.stop();
}

asio::awaitable<HttpPage> Metrics::answer(HttpResource resource) {
    if (resource == HttpResource::metrics) co_return co_await page();
    if (resource == HttpResource::readyz) co_return co_await readiness();
    co_return HttpPage(200, "ok\n");
}

asio::awaitable<HttpPage> Metrics::page() {
    MetricFacts facts;
    facts.stored = co_await stored_.get(patience);
    facts.version = version;
    facts.process = process_figures();
    facts.clusters = active_clusters(service_, scheduler_, ended_);
    HttpPage page(200, metrics_text(facts));
    page.content_type = metrics_content_type;
    co_return page;
}

/// Says nothing of paths: anybody may ask.
asio::awaitable<HttpPage> Metrics::readiness() {
    const std::shared_ptr<const bool> present = co_await presence_.get(patience);
    if (service_.stopping.stop_requested()) co_return not_ready("tsbackupd is stopping");
    if (!present) co_return not_ready("the repository does not answer");
    if (!*present) co_return not_ready("the repository is not there");
    if (service_.jobs.present().size() >= JobRegistry::most_present) {
        co_return not_ready("too many jobs are waiting or running");
    }
    co_return HttpPage(200, "ready\n");
}

}  // namespace tsb
