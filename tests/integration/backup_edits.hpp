// Changes to the tar archive and the manifest of a base backup as the server sent them, for
// rewritten() of tampering.hpp. Each throws when what it changes is not there.
#pragma once

#include "tests/integration/tampering.hpp"

namespace tsb::test {

/// A file that every base backup has.
inline const std::string victim = "base/1/1259";

/// A server that changes the one and leaves the other as it is.
Tampering with_tar(Change change);
Tampering with_manifest(Change change);

// Of the tar archive. Header checksums are right again after each change but one.
/// `member`, as made by tests/unit/io/tar_builder.hpp, before the victim.
Change inserting(const std::string& member);
Change removing(const std::string& name);
Change doubling(const std::string& name);
Change flipping_byte(const std::string& name);
/// The text of the header's size field becomes `size_field`.
Change resizing(const std::string& name, const std::string& size_field);
/// The same of its mode field, which has seven digits.
Change changing_mode(const std::string& name, const std::string& mode_field);
/// Only a digit of the checksum changes.
Change breaking_checksum(const std::string& name);
Change appending(const std::string& bytes);

// Of the manifest.
/// The first `old_text` becomes `new_text`; the manifest's own checksum does not fit any more.
Change replacing(const std::string& old_text, const std::string& new_text);
/// The line that has `part` in it goes.
Change removing_line(const std::string& part);
/// The last `count` bytes go.
Change cutting(std::size_t count);
/// `change`, with the manifest's own checksum right again.
Change resealed(Change change);
/// The value of `key` in the line of `path` becomes `value`, a number or a quoted text.
Change restating(const std::string& path, const std::string& key, const std::string& value);

/// One digit of the digest of `path` becomes another.
Change changing_digest(const std::string& path);

/// A pg_control with another system identifier and right checksums, in the archive and in the
/// manifest.
Tampering foreign_pg_control();

/// The first page of WAL tells another system identifier.
Tampering foreign_wal();

}  // namespace tsb::test
