#include "core/pg/copy_message.hpp"

#include <algorithm>
#include <string>

#include "core/base/error.hpp"

namespace tsb {

namespace {

constexpr std::size_t max_archive_name = 64;
constexpr std::size_t max_oid_digits = 10;

bool is_oid(std::string_view text) {
    return !text.empty() && text.size() <= max_oid_digits && text[0] != '0' &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "base" of "base.tar", "16385" of "16385.tar": nothing else may ever become a file name.
std::string_view archive_of(std::string_view file_name, std::string_view ending) {
    const auto stem =
        file_name.substr(0, file_name.size() - std::min(file_name.size(), ending.size()));
    if (!file_name.ends_with(ending) || (stem != "base" && !is_oid(stem))) {
        throw Error(ErrorCode::protocol,
                    "the server sent the archive name '" + printable(file_name) + "'");
    }
    return stem;
}

void require_end(const ByteReader& reader) {
    if (!reader.rest().empty()) {
        throw Error(ErrorCode::protocol, "the server sent a COPY message that is too long");
    }
}

}  // namespace

CopyMessage parse_copy_message(Bytes message, std::string_view archive_ending) {
    ByteReader reader(message);
    CopyMessage parsed;
    const auto type = reader.u8();
    switch (type) {
        case 'n':
            parsed.kind = CopyMessage::Kind::archive;
            parsed.archive = archive_of(reader.c_string(max_archive_name), archive_ending);
            parsed.location = reader.c_string(max_location);
            require_end(reader);
            return parsed;
        case 'd':
            parsed.kind = CopyMessage::Kind::data;
            return parsed;
        case 'p':
            parsed.kind = CopyMessage::Kind::progress;
            parsed.bytes = reader.u64_be();
            require_end(reader);
            return parsed;
        case 'm':
            parsed.kind = CopyMessage::Kind::manifest;
            require_end(reader);
            return parsed;
        default:
            throw Error(ErrorCode::protocol,
                        "the server sent a COPY message of unknown type " + std::to_string(type));
    }
}

}  // namespace tsb
