// Writes one archive file: blocks of 1 MiB compressed by the pool's workers as independent gzip
// members, zstd frames or lz4 frames, written in order, digested as stored, synced at the end.
// Each block tells its own stored length (formats in core/DESIGN.md), so that a
// reader can cut the file into blocks and decompress them in parallel; `tar -xzf` sees one stream.
#pragma once

#include <memory>
#include <string>

#include "core/base/fs.hpp"
#include "core/io/compression.hpp"
#include "core/io/worker_pool.hpp"

namespace tsb {

/// What was stored: file name, size in bytes, lower-case hexadecimal SHA-256 of the stored bytes.
struct StoredFile {
    std::string name;
    std::uint64_t size = 0;
    std::string sha256;
};

/// Thread: one worker at a time (blocks), never a task of `pool`. After an exception only the
/// destructor may be called; the partial file stays for the owner of the directory to remove.
class ArchiveWriter {
public:
    /// Creates `name` (0600) in `directory`, which must stay open. `block_size` is for tests; 0:
    /// that of the method.
    ArchiveWriter(Fs& fs, int directory, std::string name, Compression compression,
                  WorkerPool& pool, std::size_t block_size = 0);
    ~ArchiveWriter();

    /// Blocks while too many blocks are in flight. Throws the first error of any stage.
    void write(Bytes bytes);
    /// Compresses and writes what is left, syncs (once, I2), closes, and says what was stored.
    StoredFile finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsb
