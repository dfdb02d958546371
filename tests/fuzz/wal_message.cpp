// Messages of the WAL stream: only Error{protocol} is thrown, and what is accepted says what was
// sent.
#include "core/pg/wal_message.hpp"
#include "core/base/bytes.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {

std::vector<std::string> seeds() {
    const std::string number(8, '\1');
    return {
        "w" + number + number + number + "wal",
        "w" + number + number + number,
        "k" + number + number + "\1",
        "k" + number + number + std::string(1, '\0'),
    };
}

void try_input(std::string_view input) {
    accepts({ErrorCode::protocol}, [&] {
        const WalMessage message = parse_wal_message(as_bytes(input));
        require(input[0] == (message.keepalive ? 'k' : 'w'), "there are two kinds of messages");
        std::vector<std::byte> numbers;
        if (!message.keepalive) append_u64_be(numbers, message.start.value);
        append_u64_be(numbers, message.server_end.value);
        require(input.substr(1, numbers.size()) == as_text(numbers), "positions are what was sent");
        if (!message.keepalive) {
            require(input.substr(25) == as_text(message.data), "all of the data is there");
        }
    });
}

}  // namespace tsb::fuzz
