// What is known of very many files, in little memory: a path, a size and a digest take their own
// bytes and 24 more. A backup of 200,000 files holds two of these tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/io/digest.hpp"

namespace tsb {

/// One file of a table; what it points to lives as long as the table.
struct FileEntry {
    std::string_view path;
    std::uint64_t size = 0;
    DigestKind digest_kind = DigestKind::none;
    Bytes digest;
};

/// Thread: one at a time while it changes.
class FileTable {
public:
    /// Paths are at most 64 KiB, digests at most 255 bytes long.
    void add(std::string_view path, std::uint64_t size, DigestKind kind, Bytes digest);
    /// By path; of one path, in the order they came.
    void sort();
    std::size_t size() const { return rows_.size(); }
    FileEntry operator[](std::size_t index) const;
    void set_size(std::size_t index, std::uint64_t size) { rows_[index].size = size; }
    /// In a sorted table: where `path` is.
    std::optional<std::size_t> index_of(std::string_view path) const;
    std::optional<FileEntry> find(std::string_view path) const;
    /// In a sorted table: the first path that occurs twice.
    std::optional<std::string_view> twin() const;

private:
    struct Row {
        const char* text;  // the path, then the digest
        std::uint64_t size;
        std::uint32_t path_length;
        std::uint8_t digest_length;
        DigestKind digest_kind;
    };
    static std::string_view path_of(const Row& row) { return {row.text, row.path_length}; }
    char* room_for(std::size_t length);

    std::vector<Row> rows_;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t free_ = 0;  // at the end of the last chunk
};

}  // namespace tsb
