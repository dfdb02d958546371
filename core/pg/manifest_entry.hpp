// One file's entry of a manifest: from the text of its values to a row of the table of files.
// Refuses what is missing, unsafe or out of bounds; the sum over all files is not its business.
#pragma once

#include <cstdint>
#include <string>

#include "core/pg/file_table.hpp"
#include "core/pg/manifest_fields.hpp"
#include "core/pg/manifest_lines.hpp"

namespace tsb {

/// The values of one entry as they stand in the manifest; `seen` says which are there.
struct ManifestEntry {
    manifest_fields::KeySet seen;
    std::string path;  // or the encoded path
    std::uint64_t size = 0;
    std::string algorithm;
    std::string checksum;
};

/// Adds it to `files`; Error{damaged} at the current line of `lines`. Thread: any.
void add_entry(const ManifestEntry& entry, const ManifestLines& lines, FileTable& files);

/// Error{damaged} that names `key` unless it is in `seen`.
void require_key(const manifest_fields::KeySet& seen, manifest_fields::Key key,
                 const ManifestLines& lines);

/// `text` in quotes, fit for a message.
std::string in_quotes(std::string_view text);

}  // namespace tsb
