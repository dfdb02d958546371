// The keys of a backup manifest: where each stands and what its value is.
// Format: PostgreSQL documentation, "Backup Manifest Format".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tsb::manifest_fields {

/// Where in the document the parser stands.
enum class Place { document, top, files, file, ranges, range };
enum class Value { number, string, array };

enum class Key : std::uint32_t {
    version,
    system_identifier,
    files,
    wal_ranges,
    manifest_checksum,
    path,
    encoded_path,
    size,
    last_modified,
    checksum_algorithm,
    checksum,
    timeline,
    start_lsn,
    end_lsn,
};

struct Field {
    Key key;
    Place place;
    Value value;
    std::string_view name;
};

inline constexpr std::array fields{
    Field{Key::version, Place::top, Value::number, "PostgreSQL-Backup-Manifest-Version"},
    Field{Key::system_identifier, Place::top, Value::number, "System-Identifier"},
    Field{Key::files, Place::top, Value::array, "Files"},
    Field{Key::wal_ranges, Place::top, Value::array, "WAL-Ranges"},
    Field{Key::manifest_checksum, Place::top, Value::string, "Manifest-Checksum"},
    Field{Key::path, Place::file, Value::string, "Path"},
    Field{Key::encoded_path, Place::file, Value::string, "Encoded-Path"},
    Field{Key::size, Place::file, Value::number, "Size"},
    Field{Key::last_modified, Place::file, Value::string, "Last-Modified"},
    Field{Key::checksum_algorithm, Place::file, Value::string, "Checksum-Algorithm"},
    Field{Key::checksum, Place::file, Value::string, "Checksum"},
    Field{Key::timeline, Place::range, Value::number, "Timeline"},
    Field{Key::start_lsn, Place::range, Value::string, "Start-LSN"},
    Field{Key::end_lsn, Place::range, Value::string, "End-LSN"},
};

/// A set of keys, for what an object has shown so far.
class KeySet {
public:
    bool empty() const { return bits_ == 0; }
    bool has(Key key) const { return (bits_ & bit(key)) != 0; }
    /// False when `key` was in the set before.
    bool add(Key key) {
        const bool fresh = !has(key);
        bits_ |= bit(key);
        return fresh;
    }

private:
    static std::uint32_t bit(Key key) { return 1U << static_cast<std::uint32_t>(key); }
    std::uint32_t bits_ = 0;
};

}  // namespace tsb::manifest_fields
