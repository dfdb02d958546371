// Text one bounded line at a time, from bytes that are not trusted.
#pragma once

#include <string>

#include "core/io/byte_source.hpp"

namespace tsb {

/// Thread: worker (blocks).
class LineSource {
public:
    /// `source` outlives it.
    LineSource(ByteSource& source, std::size_t longest) : source_(source), longest_(longest) {}

    enum class Read { line, end, too_long };
    /// The next line goes into `line`, with its newline; the last one may have none.
    Read next(std::string& line);

private:
    ByteSource& source_;
    const std::size_t longest_;
    Bytes pending_;  // given by source_, not yet in a line
};

}  // namespace tsb
