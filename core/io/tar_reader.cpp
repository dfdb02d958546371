// The one file that knows libarchive. It parses the headers; which members are let in is decided
// here, and nothing is ever extracted by it.
#include "core/io/tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>

#include "core/io/archive_error.hpp"

namespace tsb {
namespace {

constexpr std::size_t max_path_length = 1000;

/// Position after the last byte of `bytes` that is not zero; 0 when all are.
std::size_t end_of_content(Bytes bytes) {
    static constexpr std::array<std::byte, 4096> zeros{};
    while (bytes.size() >= zeros.size() && std::ranges::equal(bytes.last<zeros.size()>(), zeros)) {
        bytes = bytes.first(bytes.size() - zeros.size());
    }
    while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
    return bytes.size();
}

bool is_tablespace_link(std::string_view path) {
    constexpr std::string_view folder = "pg_tblspc/";
    constexpr std::size_t max_oid_digits = 10;
    if (!path.starts_with(folder)) return false;
    const std::string_view oid = path.substr(folder.size());
    return !oid.empty() && oid.size() <= max_oid_digits &&
           std::ranges::all_of(oid, [](char c) { return c >= '0' && c <= '9'; });
}

std::string without_leading_dot(std::string_view path) {
    return std::string(path.starts_with("./") ? path.substr(2) : path);
}

class TarWalk {
public:
    TarWalk(ByteSource& source, const std::string& name, MemberVisitor& visitor)
        : source_(source), name_(name), visitor_(visitor), archive_(archive_read_new()) {
        if (!archive_) throw std::bad_alloc();
    }

    void run() {
        // libarchive calls an empty stream "unrecognized", but it is what an archive without
        // members and without an end marker looks like.
        look_ahead();
        if (ahead_.empty()) return;
        open();
        while (archive_entry* entry = next_entry()) walk_member(entry);
        check_rest();
    }

private:
    struct Free {
        void operator()(archive* memory) const { archive_read_free(memory); }
    };

    void open();
    archive_entry* next_entry();
    void walk_member(archive_entry* entry);
    TarMember to_member(archive_entry* entry) const;
    void walk_data(std::uint64_t size);
    void check_rest();

    void look_ahead() { ahead_ = source_.next(); }
    la_ssize_t read(const void** into);
    static la_ssize_t read_callback(archive*, void* self, const void** into) {
        return static_cast<TarWalk*>(self)->read(into);
    }

    Error damaged(const std::string& cause) const { return damaged_archive(name_, cause); }
    Error refused(std::string_view path, const std::string& cause) const {
        return damaged("member '" + printable(path) + "' " + cause);
    }
    /// What libarchive, or the source beneath it, failed with.
    [[noreturn]] void throw_failure() const {
        if (source_failure_) std::rethrow_exception(source_failure_);
        const char* cause = archive_error_string(archive_.get());
        throw damaged(cause != nullptr ? printable(cause) : "malformed tar data");
    }

    ByteSource& source_;
    const std::string& name_;
    MemberVisitor& visitor_;
    std::unique_ptr<archive, Free> archive_;
    Bytes ahead_;  // read from the source, not yet given to libarchive
    std::uint64_t given_ = 0;
    std::uint64_t content_end_ = 0;  // position after the last byte given that is not zero
    std::exception_ptr source_failure_;
};

void TarWalk::open() {
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open2(archive_.get(), this, nullptr, read_callback, nullptr, nullptr) !=
        ARCHIVE_OK) {
        throw_failure();
    }
}

/// Called by libarchive, through which no exception may pass.
la_ssize_t TarWalk::read(const void** into) {
    try {
        if (ahead_.empty()) look_ahead();
    } catch (...) {
        source_failure_ = std::current_exception();
        return -1;
    }
    const Bytes bytes = std::exchange(ahead_, {});
    if (const std::size_t end = end_of_content(bytes); end > 0) content_end_ = given_ + end;
    given_ += bytes.size();
    *into = bytes.data();
    return static_cast<la_ssize_t>(bytes.size());
}

archive_entry* TarWalk::next_entry() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (source_failure_) throw_failure();
    if (result == ARCHIVE_EOF) return nullptr;
    // Warnings are about names that are not text in the process's locale; their bytes are there.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) throw_failure();
    return entry;
}

void TarWalk::walk_member(archive_entry* entry) {
    const TarMember member = to_member(entry);
    visitor_.begin(member);
    if (member.kind == FileKind::file) walk_data(member.size);
    visitor_.end();
}

TarMember TarWalk::to_member(archive_entry* entry) const {
    const char* raw_path = archive_entry_pathname(entry);
    if (raw_path == nullptr) throw damaged("a member has no readable name");
    TarMember member;
    // Servers name some empty directories "./pg_wal/archive_status".
    member.path = without_leading_dot(raw_path);
    const mode_t type = archive_entry_filetype(entry);
    const bool is_link = archive_entry_hardlink(entry) != nullptr;
    if (type == AE_IFDIR && member.path.ends_with('/')) member.path.pop_back();
    if (!safe_member_path(member.path)) throw refused(raw_path, "has an unsafe name");
    if (is_link) throw refused(raw_path, "is a hard link");
    if (archive_entry_sparse_count(entry) > 0) throw refused(raw_path, "is a sparse file");
    if (archive_entry_size(entry) < 0) throw refused(raw_path, "has a negative size");

    member.mode = archive_entry_perm(entry);
    member.size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (type == AE_IFREG) {
        member.kind = FileKind::file;
    } else if (type == AE_IFDIR) {
        member.kind = FileKind::directory;
    } else if (type == AE_IFLNK && is_tablespace_link(member.path)) {
        member.kind = FileKind::symlink;
        const char* target = archive_entry_symlink(entry);
        if (target == nullptr) throw refused(raw_path, "has no readable link target");
        member.link_target = target;
    } else {
        throw refused(raw_path, "is neither a file, a directory nor a tablespace link");
    }
    if (member.kind != FileKind::file && member.size != 0) {
        throw refused(raw_path, "has data but is not a file");
    }
    return member;
}

void TarWalk::walk_data(std::uint64_t size) {
    std::uint64_t seen = 0;
    for (;;) {
        const void* data = nullptr;
        std::size_t count = 0;
        la_int64_t offset = 0;
        const int result = archive_read_data_block(archive_.get(), &data, &count, &offset);
        if (result == ARCHIVE_EOF) break;
        if (result != ARCHIVE_OK) throw_failure();
        if (count == 0) continue;
        if (static_cast<std::uint64_t>(offset) != seen) throw damaged("a member has holes");
        visitor_.data({static_cast<const std::byte*>(data), count});
        seen += count;
    }
    if (source_failure_) throw_failure();
    if (seen != size) throw damaged("a member is shorter than its header says");
}

/// After the end marker only zeros may follow, which tar pads archives with. libarchive has read
/// some of them and does not say which, hence content_end_.
void TarWalk::check_rest() {
    const auto consumed = static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
    bool all_zero = content_end_ <= consumed;
    while (all_zero) {
        look_ahead();
        if (ahead_.empty()) return;
        all_zero = end_of_content(ahead_) == 0;
    }
    throw damaged("there is data after the end of the archive");
}

}  // namespace

void walk_tar(ByteSource& source, const std::string& name, MemberVisitor& visitor) {
    TarWalk(source, name, visitor).run();
}

bool safe_member_path(std::string_view path) {
    if (path.empty() || path.size() > max_path_length) return false;
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::ranges::any_of(path, is_control)) return false;
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string_view component = path.substr(0, slash);
        if (component.empty() || component == "." || component == "..") return false;
        if (slash == path.npos) return true;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace tsb
