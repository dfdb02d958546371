// Extracts members beneath a directory: files are created, written and digested by several
// threads (each file by one), directories by the caller's. Nothing outside the directory can be
// touched, links are never created from an archive.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/fs.hpp"
#include "core/io/digest.hpp"
#include "core/io/tar_reader.hpp"
#include "core/io/write_behind.hpp"

namespace tsb {

struct FileOwner {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// A file that is wholly written.
struct ExtractedFile {
    std::string path;
    std::uint64_t size = 0;
    std::vector<std::byte> digest;  // of the kind that was asked for
    std::vector<std::byte> sha256;  // where that was asked for
};

struct ExtractOptions {
    ExtractOptions() = default;
    unsigned workers = 2;
    std::optional<FileOwner> owner;  // nothing: as created
    mode_t directory_mode = 0700;
    mode_t file_mode = 0600;
    PageCache cache = PageCache::keep;  // what becomes of the written files' part of it
    /// Algorithm in which a file's digest is wanted. Thread: the one calling begin().
    std::function<DigestKind(const std::string& path)> digest_for;
    /// Besides, each file's SHA-256.
    bool with_sha256 = false;
    /// Thread: any of the extractor's, one call at a time.
    std::function<void(const ExtractedFile& file)> on_file;
    /// Members for which this says true are skipped (their data is swallowed). May be empty.
    std::function<bool(const TarMember&)> skip;
    /// Keeps the memory of bytes given to data() alive without a copy, or gives nothing: then they
    /// are copied. Thread: the one calling data(). May be empty.
    std::function<std::shared_ptr<const void>(Bytes)> hold;
    /// Called with the growing number of bytes written. Thread: any. May be empty.
    std::function<void(std::uint64_t)> on_bytes;
};

/// A MemberVisitor; begin/data/end on one thread. Missing parent directories are made. Symlink
/// members are skipped: the caller decides about tablespaces.
class Extractor : public MemberVisitor {
public:
    /// `root` must stay open until finish() has returned.
    Extractor(Fs& fs, int root, ExtractOptions options);
    ~Extractor() override;

    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;
    /// Waits for all files, then syncs every file and directory (files by several threads).
    /// Throws the first error of any thread. Thread: the one that called begin().
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsb
