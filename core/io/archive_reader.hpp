// Reads one archive file back: stored bytes are digested as they are read, cut into blocks where
// they tell their own length, decompressed by the pool's workers, and given out in order. A file
// without such blocks (compressed again by hand) is decompressed as one stream.
#pragma once

#include <memory>
#include <string>

#include "core/base/fs.hpp"
#include "core/io/byte_source.hpp"
#include "core/io/compression.hpp"
#include "core/io/worker_pool.hpp"

namespace tsb {

/// Thread: one worker at a time (blocks), never a task of `pool`. Memory is bounded whatever the
/// file holds: a block that claims more than a few MiB is decompressed as a stream. Malformed,
/// truncated or trailing bytes: Error{damaged} naming the file.
class ArchiveReader : public ByteSource {
public:
    /// Opens `name` in `directory` (Error{io} when it is not there). The method comes from the
    /// caller (metadata), not from the name.
    ArchiveReader(Fs& fs, int directory, std::string name, CompressionMethod method,
                  WorkerPool& pool);
    ~ArchiveReader() override;

    Bytes next() override;
    /// Keeps the memory of the run that next() returned last, for as long as the result lives, also
    /// beyond the reader; nothing unless `part` lies in that run.
    std::shared_ptr<const void> hold(Bytes part) const;
    /// After next() gave the end: stored bytes read and their lower-case hexadecimal SHA-256.
    std::uint64_t stored_size() const;
    std::string stored_sha256() const;
    /// Stored bytes read so far. Thread: any.
    std::uint64_t stored_bytes_read() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsb
