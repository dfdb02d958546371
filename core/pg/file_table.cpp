#include "core/pg/file_table.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t chunk_size = std::size_t{256} * 1024;
constexpr std::size_t longest_path = std::size_t{64} * 1024;
constexpr std::size_t longest_digest = 255;

}  // namespace

void FileTable::add(std::string_view path, std::uint64_t size, DigestKind kind, Bytes digest) {
    if (path.size() > longest_path || digest.size() > longest_digest) {
        throw Error(ErrorCode::damaged, "a path of " + std::to_string(path.size()) +
                                            " bytes is longer than any that a server can have");
    }
    char* text = room_for(path.size() + digest.size());
    std::copy(path.begin(), path.end(), text);
    if (!digest.empty()) std::memcpy(text + path.size(), digest.data(), digest.size());
    rows_.push_back({text, size, static_cast<std::uint32_t>(path.size()),
                     static_cast<std::uint8_t>(digest.size()), kind});
}

char* FileTable::room_for(std::size_t length) {
    if (length > free_) {
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_size));
        free_ = chunk_size;
    }
    char* room = chunks_.empty() ? nullptr : chunks_.back().get() + (chunk_size - free_);
    free_ -= length;
    return room;
}

void FileTable::sort() {
    std::ranges::stable_sort(rows_, {}, path_of);
}

FileEntry FileTable::operator[](std::size_t index) const {
    const Row& row = rows_[index];
    FileEntry entry;
    entry.path = path_of(row);
    entry.size = row.size;
    entry.digest_kind = row.digest_kind;
    entry.digest = as_bytes(std::string_view(row.text + row.path_length, row.digest_length));
    return entry;
}

std::optional<std::size_t> FileTable::index_of(std::string_view path) const {
    const auto at = std::ranges::lower_bound(rows_, path, {}, path_of);
    if (at == rows_.end() || path_of(*at) != path) return std::nullopt;
    return static_cast<std::size_t>(at - rows_.begin());
}

std::optional<FileEntry> FileTable::find(std::string_view path) const {
    const auto index = index_of(path);
    if (!index) return std::nullopt;
    return (*this)[*index];
}

std::optional<std::string_view> FileTable::twin() const {
    const auto at = std::ranges::adjacent_find(rows_, {}, path_of);
    if (at == rows_.end()) return std::nullopt;
    return path_of(*at);
}

}  // namespace tsb
