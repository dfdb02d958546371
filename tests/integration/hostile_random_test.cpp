// A real server of which single bits change on the way, anywhere in any of its messages.
#include <random>

#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

namespace {

/// Changes one bit of one message, chosen by `number`: the first messages of each session, which
/// tell much, more often than the thousands of data, and the front of a message more often.
Tampering one_bit(unsigned number) {
    std::mt19937 random(number);
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    const int session = static_cast<int>(below(3));
    const unsigned message_number = below(session == 2 ? 30 : below(3) == 0 ? 800 : 60);
    const unsigned place = below(3) == 0 ? below(32768) : below(48);
    const auto bit = static_cast<char>(1U << below(8));
    return [=, seen = 0U](const ServerMessage& message, Delivery& out) mutable {
        ServerMessage given = message;
        if (message.session == session && seen++ == message_number && !given.payload.empty()) {
            char& byte = given.payload[place % given.payload.size()];
            byte = static_cast<char>(byte ^ bit);
        }
        out.message(given);
    };
}

}  // namespace

TEST_CASE("a changed bit in any message is refused or does no harm", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    constexpr unsigned rounds = 40;
    for (unsigned number = 1; number <= rounds; ++number) {
        ground.check_refused_or_harmless({"round " + std::to_string(number), one_bit(number), ""});
    }
    ground.check_end();
}
