#include "core/pg/wal_message.hpp"

#include <string>

#include "core/base/error.hpp"

namespace tsb {

WalMessage parse_wal_message(Bytes message) {
    ByteReader reader(message);
    WalMessage parsed;
    const auto type = reader.u8();
    if (type == 'w') {
        parsed.start = {reader.u64_be()};
        parsed.server_end = {reader.u64_be()};
        reader.u64_be();  // the server's clock
        parsed.data = reader.rest();
        return parsed;
    }
    if (type != 'k') {
        throw Error(ErrorCode::protocol,
                    "the server sent a WAL message of unknown type " + std::to_string(type));
    }
    parsed.keepalive = true;
    parsed.server_end = {reader.u64_be()};
    reader.u64_be();  // the server's clock
    parsed.reply_requested = reader.u8() != 0;
    return parsed;
}

std::vector<std::byte> status_update(Lsn position, std::int64_t now_microseconds_since_2000,
                                     bool reply) {
    std::vector<std::byte> message{std::byte{'r'}};
    append_u64_be(message, position.value);  // written
    append_u64_be(message, position.value);  // flushed
    append_u64_be(message, 0);               // applied: nothing is replayed here
    append_u64_be(message, static_cast<std::uint64_t>(now_microseconds_since_2000));
    message.push_back(std::byte{reply ? std::uint8_t{1} : std::uint8_t{0}});
    return message;
}

}  // namespace tsb
