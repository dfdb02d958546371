// SHA256SUMS of a backup in format plain: the SHA-256 of every file of its tree, but for those that
// metadata.json itself lists, in the form that `sha256sum --check` reads. The server is not asked
// for them: its manifest has CRC-32C, which costs it a tenth of the time.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/io/archive_writer.hpp"
#include "core/io/byte_source.hpp"
#include "core/pg/file_table.hpp"

namespace tsb {

class Sha256SumsWriter {
public:
    /// Creates the file in `directory`, which must stay open, as ArchiveWriter does.
    Sha256SumsWriter(Fs& fs, int directory, WorkerPool& pool);
    /// A line for `path` in the tree. Error{proof_failed} when it could not be read again. Thread:
    /// any (blocks).
    void add(const std::string& path, Bytes sha256);
    /// Ends and syncs the file. Thread: worker (blocks).
    StoredFile finish() { return writer_.finish(); }

private:
    std::mutex mutex_;
    ArchiveWriter writer_;  // used under mutex_ until finish()
};

/// What `source` says, sorted by path, sizes 0. Error{damaged} that names `name`: a malformed line,
/// a path that is unsafe, not of the tree or there twice, more than `most` lines. Thread: worker
/// (blocks).
FileTable read_sha256_sums(ByteSource& source, const std::string& name, std::size_t most);

}  // namespace tsb
