// Replacing a small file so that a reader, and whoever starts after a crash or a power cut, finds
// the old content or the new one, never a part.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/fs.hpp"

namespace tsb {

/// Writes `bytes` beside `name` in `directory`, syncs them, renames over `name` and syncs the
/// directory. When it throws, `name` holds what it held, but for a failed sync of the directory:
/// then the message says that the outcome is uncertain. One caller at a time.
/// Thread: worker (blocks).
void replace_file(Fs& fs, int directory, const std::string& name, Bytes bytes);

}  // namespace tsb
