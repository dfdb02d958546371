#include "core/repo/marker.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "core/base/error.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

constexpr const char* marker_format = "tsbackup-repository";
constexpr unsigned marker_version = 1;
constexpr std::uint64_t largest_marker = 64 * 1024;
constexpr std::size_t uuid_length = 36;

std::string checked_uuid(const json::Object& root) {
    std::string uuid = root.text("uuid");
    if (uuid.size() != uuid_length) root.refuse("uuid", "not a UUID");
    return uuid;
}

}  // namespace

std::string new_uuid() {
    std::array<std::byte, 16> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        throw errno_error(errno, "read", "random bytes");
    }
    random[6] = (random[6] & std::byte{0x0F}) | std::byte{0x40};
    random[8] = (random[8] & std::byte{0x3F}) | std::byte{0x80};
    std::string text = to_hex(random);
    for (std::size_t at : {8, 13, 18, 23}) text.insert(at, "-");
    return text;
}

void write_marker(Fs& fs, int root, const std::string& uuid) {
    json::Value marker = json::Value::object();
    marker["format"] = marker_format;
    marker["version"] = marker_version;
    marker["uuid"] = uuid;
    marker["created_at"] = to_iso8601(system_clock().now());
    write_new_file(fs, root, names::new_marker_file, as_bytes(marker.dump(2) + "\n"));
    fs.rename(root, names::new_marker_file, root, names::marker_file, RenameMode::no_replace);
    fs.sync(root);
}

std::string read_marker(Fs& fs, int root, const std::string& repository) {
    if (!fs.status(root, names::marker_file)) {
        throw Error(ErrorCode::repository_missing,
                    "cannot open repository '" + printable(repository) + "': it has no " +
                        names::marker_file,
                    "mount its file system, or make a new repository with `tsbackupd init`");
    }
    const std::string text = read_whole_file(fs, root, names::marker_file, largest_marker);
    const json::Value value = json::parse(text, names::marker_file);
    const json::Object marker(value, names::marker_file);
    if (marker.text("format") != marker_format) {
        marker.refuse("format", "not a tsbackup repository");
    }
    if (const std::uint64_t version = marker.number("version"); version != marker_version) {
        throw Error(ErrorCode::refused, "cannot open repository '" + printable(repository) +
                                            "': its version " + std::to_string(version) +
                                            " is not known to this tsbackup");
    }
    return checked_uuid(marker);
}

}  // namespace tsb
