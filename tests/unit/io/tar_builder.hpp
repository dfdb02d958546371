// Builds tar archives member by member, hostile ones too: each field of a header can be set.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tsb::test {

struct RawMember {
    std::string name;
    char type = '0';
    std::string data;
    std::string link;
    std::string size_field;  // empty: octal of data.size()
    std::string magic = std::string(
        "ustar\0"
        "00",
        8);
};

/// Header with a right checksum, data, padding.
std::string tar_member(const RawMember& member);
std::string tar_file(const std::string& name, const std::string& data);
std::string tar_directory(const std::string& name);
/// A pax extended header that sets `key` for the next member; the same for several keys.
std::string tar_pax(const std::string& key, const std::string& value);
std::string tar_pax(const std::vector<std::pair<std::string, std::string>>& records);
/// A GNU long name for the next member.
std::string tar_gnu_long_name(const std::string& name);
/// The end marker.
std::string tar_finish();

}  // namespace tsb::test
