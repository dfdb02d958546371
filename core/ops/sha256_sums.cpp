#include "core/ops/sha256_sums.hpp"

#include <optional>

#include "core/base/error.hpp"
#include "core/io/line_source.hpp"
#include "core/io/tar_reader.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

constexpr std::size_t longest_sum_line = 4096;
constexpr std::size_t digest_length = 64;  // in hexadecimal
const std::string before_path = std::string("  ") + names::plain_data_directory + "/";

/// As sha256sum has it: a line that begins with a backslash has each one of its name doubled.
/// Names with line ends, which it escapes, too, are in no backup.
std::string escaped_path(const std::string& path) {
    std::string text;
    for (const char c : path) text.append(c == '\\' ? 2 : 1, c);
    return text;
}

/// The reverse; nothing when a backslash stands alone.
std::optional<std::string> unescaped_path(std::string_view text) {
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && (++i == text.size() || text[i] != '\\')) return std::nullopt;
        path += text[i];
    }
    return path;
}

struct Line {
    std::string path;
    std::vector<std::byte> sha256;
};

std::optional<Line> parse_line(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    const bool is_escaped = text.starts_with('\\');
    if (is_escaped) text.remove_prefix(1);
    if (text.size() < digest_length || !text.substr(digest_length).starts_with(before_path)) {
        return std::nullopt;
    }
    const std::string_view name = text.substr(digest_length + before_path.size());
    const auto digest = from_hex(text.substr(0, digest_length));
    const auto path = is_escaped ? unescaped_path(name) : std::string(name);
    if (!digest || !path || !safe_member_path(*path)) return std::nullopt;
    return Line{*path, *digest};
}

}  // namespace

Sha256SumsWriter::Sha256SumsWriter(Fs& fs, int directory, WorkerPool& pool)
    : writer_(fs, directory, names::sha256_sums_file, Compression(CompressionMethod::none, 0),
              pool) {}

void Sha256SumsWriter::add(const std::string& path, Bytes sha256) {
    if (!safe_member_path(path)) {
        throw Error(ErrorCode::proof_failed,
                    "cannot accept the backup: the path '" + printable(path) + "' is too long");
    }
    const bool must_escape = path.find('\\') != path.npos;
    const std::string line = (must_escape ? "\\" : "") + to_hex(sha256) + before_path +
                             (must_escape ? escaped_path(path) : path) + "\n";
    const std::lock_guard lock(mutex_);
    writer_.write(as_bytes(line));
}

FileTable read_sha256_sums(ByteSource& source, const std::string& name, std::size_t most) {
    const auto damaged = [&](const std::string& cause) {
        return Error(ErrorCode::damaged, "cannot read '" + name + "': " + cause);
    };
    FileTable table;
    LineSource lines(source, longest_sum_line);
    std::string text;
    for (std::size_t number = 1;; ++number) {
        const LineSource::Read read = lines.next(text);
        if (read == LineSource::Read::end) break;
        if (number > most) throw damaged("it has more lines than the backup has files");
        const auto line = read == LineSource::Read::line ? parse_line(text) : std::nullopt;
        if (!line) {
            throw damaged("line " + std::to_string(number) +
                          " is not the SHA-256 of a file of the backup");
        }
        table.add(line->path, 0, DigestKind::sha256, line->sha256);
    }
    table.sort();
    if (const auto twin = table.twin()) {
        throw damaged("file '" + printable(*twin) + "' occurs twice");
    }
    return table;
}

}  // namespace tsb
