// Exchanging restored data with what was there, and back (I4).
//
// Keeps: at every moment, whatever kills it, one of three holds: the old data can be started, the
// restored data can be started, or nothing can and settle() makes it the one or the other. That is
// so because the pg_control of the old data is the first thing to go and the one of the new data
// the last to come, with everything between written down beforehand. No byte of the old data is
// removed. Does not stop or start servers: none may run on the data.
#pragma once

#include <functional>
#include <string>

#include "core/base/fs.hpp"
#include "core/ops/in_place_journal.hpp"

namespace tsb {

/// The name under which the pg_control of data that must not be started is held: of what a restore
/// brings, and of what it keeps aside.
inline constexpr const char* held_new_control = "global/pg_control.tsbackup";
inline constexpr const char* held_old_control = "global/pg_control.tsbackup-old";

/// Thread: worker (blocks), one at a time for one data directory.
class InPlaceExchange {
public:
    /// `journal` is written down already.
    InPlaceExchange(Fs& fs, InPlaceJournal journal) : fs_(fs), journal_(std::move(journal)) {}

    /// From staged to restored. `require_stopped` throws when a server runs on the old data: it is
    /// called once none can start there any more. When this throws, the next settle() goes on.
    void exchange(const std::function<void()>& require_stopped);
    /// From restored to leaving, before the server is stopped; stay() takes that back.
    void announce_undo();
    void stay();
    /// From leaving to undone. `require_stopped` as above, for the restored data; when it throws,
    /// the restored data stays.
    void undo(const std::function<void()>& require_stopped);
    /// Ends what another one began: what it had not exchanged whole is put back and is staged
    /// again, what it had comes to its end. Nothing happens when nothing was left undone.
    void settle();
    /// Of staged: removes what was restored, and the journal.
    void discard();
    /// Of restored and undone: removes what is kept aside, and the journal.
    void clean_up();

    /// Of restored and undone: notes how many bytes are kept. It takes its time, so not while the
    /// server is down.
    void measure();

    const InPlaceJournal& journal() const { return journal_; }

private:
    void enter(InPlaceState state);
    void put_back();
    void finish_placed();
    void finish_undo();
    Fd data_with(const char* file);
    void drop_leftover();
    void rename_control(const char* from, const char* to);
    void bring_in(ExchangedPlace& place);
    void bring_in_whole(const ExchangedPlace& place);
    void bring_in_entries(ExchangedPlace& place);
    void bring_back(ExchangedPlace& place, const std::string& new_goes);
    void bring_back_whole(const ExchangedPlace& place, const std::string& new_goes);
    void bring_back_entries(ExchangedPlace& place, const std::string& new_goes);
    bool could_exchange(int directory, const std::string& a, const std::string& b);
    Fd directory_for(int directory, const std::string& name);
    void move_entries(int from, int to);
    bool is_data(const ExchangedPlace& place) const { return &place == &journal_.places.back(); }
    bool is_new(int directory, const std::string& name);
    bool is_back();
    bool keeps_old() const;
    PlaceNames names(const ExchangedPlace& place) const { return names_of(place, journal_.stamp); }
    bool has(int directory, const std::string& name) {
        return fs_.status(directory, name).has_value();
    }
    void move(int directory, const std::string& from, const std::string& to);
    void remove(const PlaceNames& names, const std::string& name);

    Fs& fs_;
    InPlaceJournal journal_;
};

/// Bytes that the files beneath `path` take, as far as they can be looked at. Thread: worker
/// (blocks).
std::uint64_t tree_bytes(const std::filesystem::path& path);

}  // namespace tsb
