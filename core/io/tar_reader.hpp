// Walks a tar stream member by member. Trusts nothing: only regular files, directories and the
// tablespace links of pg_tblspc are members; names are relative, without "..", "." or empty
// components, without control bytes, at most 1,000 bytes; anything else is Error{damaged}.
// Duplicate names are the visitor's business.
#pragma once

#include <string>

#include "core/base/fs.hpp"
#include "core/io/byte_source.hpp"

namespace tsb {

struct TarMember {
    std::string path;  // without a leading "./" and a trailing slash
    FileKind kind = FileKind::file;
    std::uint64_t size = 0;
    mode_t mode = 0;
    std::string link_target;  // symlink only; never to be followed
};

/// Called in order begin, data*, end for each member; data() only for files. Bytes are valid
/// during the call. What it throws ends the walk and reaches the caller.
class MemberVisitor {
public:
    virtual ~MemberVisitor() = default;
    virtual void begin(const TarMember& member) = 0;
    virtual void data(Bytes bytes) = 0;
    virtual void end() = 0;
};

/// Walks to the end of the archive and drains `source` after it (bytes after the end-of-archive
/// marker must be zero). A missing end marker is accepted (servers 13 and 14 send none); a cut
/// inside a member is Error{damaged} naming `name`. An exception from `source` passes through
/// unchanged. Thread: worker (blocks).
void walk_tar(ByteSource& source, const std::string& name, MemberVisitor& visitor);

/// True when `path` is safe to create beneath a directory (the rules above).
bool safe_member_path(std::string_view path);

}  // namespace tsb
