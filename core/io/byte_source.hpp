// A pull source of bytes: the one shape in which data moves through the blocking pipelines.
#pragma once

#include "core/base/bytes.hpp"

namespace tsb {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// The next run of bytes, never empty before the end; empty at the end, and again after it.
    /// Valid until the next call. Thread: worker (blocks).
    virtual Bytes next() = 0;
};

/// Reads `source` to its end and forgets the bytes. Thread: worker (blocks).
void drain(ByteSource& source);

}  // namespace tsb
