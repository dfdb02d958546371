#include "tests/unit/metrics/page_ground.hpp"

#include <boost/asio/post.hpp>

#include "tests/support/catch.hpp"

namespace tsb::test {

namespace asio = boost::asio;

namespace {

ListenAddress unix_socket(const std::filesystem::path& path) {
    ListenAddress address;
    address.path = path;
    return address;
}

}  // namespace

PageGround::PageGround(PageLimits limits, PageMaker make_page)
    : listener_(unix_socket(path_)),
      server_(loop_.get_executor(), listener_.take_socket(), std::move(make_page), limits),
      thread_([this] { loop_.run(); }) {}

PageGround::~PageGround() {
    stop();
    thread_.join();  // ends only when no connection is left
    CHECK(server_.connections() == 0);
}

PageMaker PageGround::by_name() {
    return [](HttpResource resource) -> asio::awaitable<HttpPage> {
        const bool metrics = resource == HttpResource::metrics;
        co_return HttpPage(200, metrics ? "metrics" : "other");
    };
}

void PageGround::stop() {
    asio::post(loop_, [this] { server_.stop(); });
}

}  // namespace tsb::test
