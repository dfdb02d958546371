// walk_tar over any bytes. Only Error{damaged} is thrown; what reaches the visitor keeps the rules
// of tar_reader.hpp; and it is the same however the bytes are cut into runs.
#include <algorithm>
#include <array>

#include "core/io/digest.hpp"
#include "core/io/tar_reader.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/unit/io/tar_builder.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::size_t record_size = 512;
constexpr std::size_t checksum_offset = 148;
constexpr std::size_t checksum_width = 8;

bool is_tablespace_link(const std::string& path) {
    const std::string folder = "pg_tblspc/";
    return path.starts_with(folder) && path.size() > folder.size() &&
           path.find_first_not_of("0123456789", folder.size()) == std::string::npos;
}

/// Writes down what the walk says, and checks it.
class Recorder : public MemberVisitor {
public:
    void begin(const TarMember& member) override {
        require(!open_, "a member ends before the next one begins");
        require(safe_member_path(member.path), "a member's path is safe");
        require(member.path[0] != '/' && member.path.find("..") != 0, "a path stays beneath");
        const bool file = member.kind == FileKind::file;
        require(file || member.kind == FileKind::directory || is_tablespace_link(member.path),
                "only files, directories and tablespace links are members");
        require(file || member.size == 0, "only files have a size");
        open_ = true;
        member_ = member;
        seen_ = 0;
        record += member.path + '\0' + std::to_string(member.size) + member.link_target + '\0' +
                  std::to_string(member.mode);
    }
    void data(Bytes bytes) override {
        require(open_ && member_.kind == FileKind::file, "data belongs to a file");
        seen_ += bytes.size();
        require(seen_ <= member_.size, "a file is no longer than its header says");
        digest_.update(bytes);
    }
    void end() override {
        require(open_ && seen_ == member_.size, "a file has all of its data");
        open_ = false;
        record += to_hex(digest_.finish());
    }

    std::string record;

private:
    bool open_ = false;
    TarMember member_;
    std::uint64_t seen_ = 0;
    Digest digest_{DigestKind::crc32c};
};

/// What the walk said; nothing when it refused the archive.
std::string walked(std::string_view tar, std::size_t run) {
    test::MemorySource source(std::string(tar), run);
    Recorder recorder;
    const bool good =
        accepts({ErrorCode::damaged}, [&] { walk_tar(source, "fuzz.tar", recorder); });
    if (good) require(source.next().empty(), "the source is drained");
    return good ? "accepted " + recorder.record : "";
}

/// Makes the checksum of every header right, as far as the sizes lead: a mutation would hardly
/// ever do so.
std::string with_right_checksums(std::string tar) {
    for (std::size_t at = 0; at + record_size <= tar.size();) {
        tar.replace(at + checksum_offset, checksum_width, "        ");
        unsigned sum = 0;
        for (std::size_t i = 0; i < record_size; ++i) {
            sum += static_cast<unsigned char>(tar[at + i]);
        }
        if (sum == 8 * ' ') {
            tar.replace(at + checksum_offset, checksum_width, checksum_width, '\0');
        } else {
            for (std::size_t digit = 6; digit-- > 0; sum >>= 3U) {
                tar[at + checksum_offset + digit] = static_cast<char>('0' + (sum & 7U));
            }
            tar[at + checksum_offset + 6] = '\0';
        }
        std::size_t size = 0;
        for (const char c : tar.substr(at + 124, 11)) {
            if (c >= '0' && c <= '7')
                size = std::min(size * 8 + static_cast<unsigned>(c - '0'), tar.size());
        }
        at += record_size + (size + record_size - 1) / record_size * record_size;
    }
    return tar;
}

}  // namespace

std::vector<std::string> seeds() {
    using namespace tsb::test;
    RawMember link;
    link.name = "pg_tblspc/16385";
    link.type = '2';
    link.link = "/srv/fast";
    RawMember large;
    large.name = "large";
    large.size_field = std::string("\x80\0\0\0\0\0\0\0\0\0\2\0", 12);
    large.data = std::string(512, 'l');
    const std::string plain = tar_directory("./base/") + tar_file("base/1", std::string(700, 'a')) +
                              tar_file("PG_VERSION", "15\n");
    return {
        plain + tar_finish(),
        plain,
        plain + tar_member(link) + tar_finish() + std::string(9216, '\0'),
        tar_pax("path", "base/" + std::string(120, 'p')) + tar_file("short", "x") + tar_finish(),
        tar_gnu_long_name("base/" + std::string(200, 'g')) + tar_file("short", "x"),
        tar_member(large) + tar_finish(),
        tar_pax({{"size", "3"}, {"mtime", "1.5"}, {"GNU.sparse.major", "1"}}) +
            tar_file("sparse", "abc") + tar_finish(),
    };
}

void try_input(std::string_view input) {
    const std::string repaired = with_right_checksums(std::string(input));
    for (const std::string_view tar : {input, std::string_view(repaired)}) {
        const std::string whole = walked(tar, tar.size() + 1);
        const std::size_t run = input.empty() ? 1 : 1 + static_cast<unsigned char>(input[0]) * 5;
        require(walked(tar, run) == whole, "an archive is the same in runs of any length");
    }
}

}  // namespace tsb::fuzz
