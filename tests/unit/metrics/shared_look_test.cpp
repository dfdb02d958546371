#include "daemon/metrics/shared_look.hpp"

#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tsb;
namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

using Found = std::shared_ptr<const int>;

/// Looks that end when they are told to.
class Looks {
public:
    ~Looks() { finish(); }

    /// Asks; what is given comes into `answers`.
    void ask(milliseconds limit) {
        asio::co_spawn(loop, look.get(limit), [this](const std::exception_ptr&, Found found) {
            answers.push_back(std::move(found));
        });
    }
    void finish() {
        if (!finished) end.set_value();
        finished = true;
        loop.restart();
        loop.run();
    }
    void run_until_answers(std::size_t count) {
        while (answers.size() < count) {
            loop.restart();
            loop.run_one();
        }
    }

    asio::io_context loop{1};
    std::promise<void> end;
    std::shared_future<void> ended = end.get_future().share();
    bool finished = false;
    bool fails = false;
    int begun = 0;
    std::vector<Found> answers;
    SharedLook<int> look{loop.get_executor(), [this] {
                             const int number = ++begun;
                             return [this, number, wait = ended] {
                                 wait.wait();
                                 if (fails) throw std::runtime_error("no look");
                                 return number;
                             };
                         }};
};

}  // namespace

TEST_CASE("whoever asks while a look goes on gets what it finds") {
    Looks looks;
    for (int i = 0; i < 20; ++i) looks.ask(hours(1));
    looks.loop.poll();
    CHECK(looks.begun == 1);
    CHECK(looks.answers.empty());
    looks.finish();
    REQUIRE(looks.answers.size() == 20);
    for (const Found& found : looks.answers) {
        REQUIRE(found);
        CHECK(*found == 1);
    }
}

TEST_CASE("a look that hangs costs one thread, and nobody more time than allowed") {
    Looks looks;
    for (std::size_t i = 1; i <= 5; ++i) {
        looks.ask(milliseconds(1));
        looks.run_until_answers(i);
        CHECK_FALSE(looks.answers.back());
    }
    CHECK(looks.begun == 1);
    looks.ask(hours(1));
    looks.finish();
    REQUIRE(looks.answers.back());
    CHECK(*looks.answers.back() == 1);
}

TEST_CASE("a look that fails gives nothing") {
    Looks looks;
    looks.fails = true;
    looks.ask(hours(1));
    looks.finish();
    REQUIRE(looks.answers.size() == 1);
    CHECK_FALSE(looks.answers.back());
}

TEST_CASE("a stop lets nobody wait") {
    Looks looks;
    looks.ask(hours(1));
    looks.loop.poll();
    looks.look.stop();
    looks.run_until_answers(1);
    CHECK_FALSE(looks.answers.back());
}
