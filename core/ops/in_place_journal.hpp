// What a restore in place writes down before it does it, so that whoever comes after a kill or a
// power cut knows how far it came. A small file beside what it keeps aside; it goes with that.
//
// Keeps: replaced as a whole, synced before the step that it announces. Does not move anything:
// in_place_exchange.hpp does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/fs.hpp"

namespace tsb {

/// docker/db-entrypoint.sh reads these words, to start nothing meanwhile.
enum class InPlaceState {
    staged,      // what is restored lies beside the data; nothing of the old data was touched
    exchanging,  // the old pg_control may be held, any place may be exchanged
    placed,      // all is exchanged; the new pg_control may still be held
    restored,    // the restored data can be started
    leaving,     // the same, and its server is being stopped for an undo: it must not start again
    undoing,     // as exchanging, the other way
    undone,      // the old data can be started
    removing,    // what was kept aside is being removed
};
/// True when nothing is left undone. Pure.
bool is_settled(InPlaceState state);

/// How one directory is exchanged: by renaming it, or, where it is a mount point or its parent is
/// not ours to write to, by moving what lies in it.
enum class ExchangeWay { whole, entries };
/// Of ExchangeWay::entries: what lies in the directory.
enum class EntriesPhase {
    old_ones,     // the old entries
    none_of_new,  // old entries, some of them moved aside
    none_of_old,  // new entries, some of them maybe not yet moved in
};

struct ExchangedPlace {
    ExchangedPlace() = default;
    std::filesystem::path path;  // the data directory or a tablespace's; absolute, without links
    ExchangeWay way = ExchangeWay::whole;
    bool had_old = false;  // there was something to keep
    EntriesPhase phase = EntriesPhase::old_ones;
};

struct InPlaceJournal {
    InPlaceJournal() = default;
    std::string stamp;  // "20261123_203000": UTC, in the names of what is kept
    std::string cluster;
    std::string backup_id;
    SystemTime begun{};
    InPlaceState state = InPlaceState::staged;
    std::uint64_t kept_bytes = 0;        // of what was there, once it is aside
    std::vector<ExchangedPlace> places;  // tablespaces first, the data directory last

    const ExchangedPlace& data() const { return places.back(); }
};

/// Names in one directory: of ExchangeWay::whole the parent of the place, else the place itself.
struct PlaceNames {
    std::filesystem::path directory;
    std::string current;  // ExchangeWay::whole only
    std::string staging;
    std::string aside;
    std::string undone;

    std::filesystem::path staging_path() const { return directory / staging; }
    std::filesystem::path aside_path() const { return directory / aside; }
    std::filesystem::path undone_path() const { return directory / undone; }
};
/// Pure.
PlaceNames names_of(const ExchangedPlace& place, const std::string& stamp);

/// True for what no exchange moves: what belongs to restores, and the file system's own. Pure.
bool stays_in_place(const std::string& entry);

/// Error{io}, {disk_full}. Thread: worker (blocks).
void write_journal(Fs& fs, const InPlaceJournal& journal);
void remove_journal(Fs& fs, const InPlaceJournal& journal);
/// What a kill left of one that was being written. Only for who holds the data directory's lock.
void remove_unfinished_journals(Fs& fs, const std::filesystem::path& data_directory);
/// All of the data directory, oldest first. Error{damaged} naming the file. Thread: worker
/// (blocks).
std::vector<InPlaceJournal> find_journals(Fs& fs, const std::filesystem::path& data_directory);

/// Pure. Error{damaged} when `text` is none.
std::string encode_journal(const InPlaceJournal& journal);
InPlaceJournal decode_journal(const std::string& text, const std::string& what);

}  // namespace tsb
