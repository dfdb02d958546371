#include "core/ops/in_place_exchange.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr mode_t data_mode = 0700;

}  // namespace

void InPlaceExchange::enter(InPlaceState state) {
    journal_.state = state;
    write_journal(fs_, journal_);
}

void InPlaceExchange::exchange(const std::function<void()>& require_stopped) {
    enter(InPlaceState::exchanging);
    drop_leftover();
    rename_control(pg_control_path, held_old_control);
    require_stopped();
    for (ExchangedPlace& place : journal_.places) bring_in(place);
    enter(InPlaceState::placed);
    finish_placed();
}

void InPlaceExchange::finish_placed() {
    rename_control(held_new_control, pg_control_path);
    enter(InPlaceState::restored);
    if (!keeps_old()) remove_journal(fs_, journal_);
}

void InPlaceExchange::announce_undo() {
    enter(InPlaceState::leaving);
}

void InPlaceExchange::stay() {
    enter(InPlaceState::restored);
}

void InPlaceExchange::undo(const std::function<void()>& require_stopped) {
    enter(InPlaceState::undoing);
    rename_control(pg_control_path, held_new_control);
    try {
        require_stopped();
    } catch (...) {
        rename_control(held_new_control, pg_control_path);
        stay();
        throw;
    }
    finish_undo();
}

// Whether the data directory holds the restored data still, its pg_control alone does not tell.
void InPlaceExchange::finish_undo() {
    if (!is_back()) rename_control(pg_control_path, held_new_control);
    for (auto place = journal_.places.rbegin(); place != journal_.places.rend(); ++place) {
        bring_back(*place, names(*place).undone);
    }
    rename_control(held_old_control, pg_control_path);
    enter(InPlaceState::undone);
}

void InPlaceExchange::measure() {
    const bool undone = journal_.state == InPlaceState::undone;
    if (!undone && !keeps_old()) return;  // there is no journal any more
    journal_.kept_bytes = 0;
    for (const ExchangedPlace& place : journal_.places) {
        const PlaceNames names = this->names(place);
        journal_.kept_bytes += tree_bytes(undone ? names.undone_path() : names.aside_path());
    }
    write_journal(fs_, journal_);
}

bool InPlaceExchange::keeps_old() const {
    return std::any_of(journal_.places.begin(), journal_.places.end(),
                       [](const ExchangedPlace& place) { return place.had_old; });
}

void InPlaceExchange::put_back() {
    for (auto place = journal_.places.rbegin(); place != journal_.places.rend(); ++place) {
        bring_back(*place, names(*place).staging);
    }
    rename_control(held_old_control, pg_control_path);
    enter(InPlaceState::staged);
}

void InPlaceExchange::settle() {
    switch (journal_.state) {
        case InPlaceState::exchanging:
            put_back();
            return;
        case InPlaceState::placed:
            finish_placed();
            return;
        case InPlaceState::undoing:
            finish_undo();
            return;
        case InPlaceState::staged:
        case InPlaceState::restored:
        case InPlaceState::leaving:
        case InPlaceState::undone:
        case InPlaceState::removing:
            return;
    }
}

void InPlaceExchange::discard() {
    for (const ExchangedPlace& place : journal_.places) {
        remove(names(place), names(place).staging);
    }
    remove_journal(fs_, journal_);
}

// Half removed, it must not be put back.
void InPlaceExchange::clean_up() {
    enter(InPlaceState::removing);
    for (const ExchangedPlace& place : journal_.places) {
        remove(names(place), names(place).aside);
        remove(names(place), names(place).undone);
    }
    remove_journal(fs_, journal_);
}

void InPlaceExchange::remove(const PlaceNames& names, const std::string& name) {
    std::error_code ignored;
    if (!fsys::is_directory(names.directory, ignored)) return;
    const Fd directory = fs_.open_root(names.directory);
    remove_tree(fs_, directory.get(), name);
    fs_.sync(directory.get());
}

/// The data directory when it has `file`, which lies in "global"; else nothing.
Fd InPlaceExchange::data_with(const char* file) {
    std::error_code ignored;
    if (!fsys::is_directory(journal_.data().path, ignored)) return {};
    Fd data = fs_.open_root(journal_.data().path);
    if (!has(data.get(), "global") || !has(data.get(), file)) return {};
    return data;
}

/// What a restore that was killed long ago held would make the old data look like the new.
void InPlaceExchange::drop_leftover() {
    const Fd data = data_with(held_new_control);
    if (!data) return;
    fs_.remove_file(data.get(), held_new_control);
    sync_directory(fs_, data.get(), "global");
}

/// Renames in the data directory, when it has `from`.
void InPlaceExchange::rename_control(const char* from, const char* to) {
    const Fd data = data_with(from);
    if (!data) return;
    fs_.rename(data.get(), from, data.get(), to, RenameMode::no_replace);
    sync_directory(fs_, data.get(), "global");
}

void InPlaceExchange::bring_in(ExchangedPlace& place) {
    if (place.way == ExchangeWay::whole) {
        bring_in_whole(place);
    } else {
        bring_in_entries(place);
    }
}

void InPlaceExchange::move(int directory, const std::string& from, const std::string& to) {
    fs_.rename(directory, from, directory, to, RenameMode::no_replace);
    fs_.sync(directory);
}

// With it there is no moment without a data directory, in which whoever looks might make a new
// cluster there. Not every file system can do it.
bool InPlaceExchange::could_exchange(int directory, const std::string& a, const std::string& b) {
    try {
        fs_.rename(directory, a, directory, b, RenameMode::exchange);
    } catch (const Error&) {
        return false;
    }
    fs_.sync(directory);
    return true;
}

void InPlaceExchange::bring_in_whole(const ExchangedPlace& place) {
    const PlaceNames names = this->names(place);
    const Fd directory = fs_.open_root(names.directory);
    if (!place.had_old) {
        if (has(directory.get(), names.current)) {
            fs_.remove_directory(directory.get(), names.current);
        }
        move(directory.get(), names.staging, names.current);
    } else if (is_data(place) && could_exchange(directory.get(), names.current, names.staging)) {
        move(directory.get(), names.staging, names.aside);
    } else {
        move(directory.get(), names.current, names.aside);
        move(directory.get(), names.staging, names.current);
    }
}

void InPlaceExchange::move_entries(int from, int to) {
    for (const std::string& name : fs_.entries(from)) {
        if (!stays_in_place(name)) fs_.rename(from, name, to, name, RenameMode::no_replace);
    }
    fs_.sync(to);
    fs_.sync(from);
}

/// A directory `name` in `directory`, with its owner; durable before anything is moved into it.
Fd InPlaceExchange::directory_for(int directory, const std::string& name) {
    if (!has(directory, name)) {
        const FileStatus like = fs_.status(directory);
        fs_.make_directory(directory, name, data_mode);
        const Fd made = fs_.open_directory(directory, name);
        fs_.set_owner(made.get(), like.uid, like.gid);
        fs_.sync(directory);
    }
    return fs_.open_directory(directory, name);
}

void InPlaceExchange::bring_in_entries(ExchangedPlace& place) {
    const PlaceNames names = this->names(place);
    const Fd directory = fs_.open_root(names.directory);
    place.phase = EntriesPhase::none_of_new;
    write_journal(fs_, journal_);
    if (place.had_old) {
        const Fd aside = directory_for(directory.get(), names.aside);
        move_entries(directory.get(), aside.get());
    }
    place.phase = EntriesPhase::none_of_old;
    write_journal(fs_, journal_);
    const Fd staging = fs_.open_directory(directory.get(), names.staging);
    move_entries(staging.get(), directory.get());
    // What else is in it was kept by an earlier restore when the backup was taken.
    remove_tree(fs_, directory.get(), names.staging);
    fs_.sync(directory.get());
}

void InPlaceExchange::bring_back(ExchangedPlace& place, const std::string& new_goes) {
    if (place.way == ExchangeWay::whole) {
        bring_back_whole(place, new_goes);
    } else {
        bring_back_entries(place, new_goes);
    }
}

bool InPlaceExchange::is_new(int directory, const std::string& name) {
    if (!has(directory, name)) return false;
    const Fd data = fs_.open_directory(directory, name);
    return has(data.get(), "global") && has(data.get(), held_new_control);
}

/// True when an undo has brought the old data directory back already.
bool InPlaceExchange::is_back() {
    const ExchangedPlace& place = journal_.data();
    if (place.way == ExchangeWay::entries) return place.phase != EntriesPhase::none_of_old;
    const PlaceNames names = this->names(place);
    const Fd directory = fs_.open_root(names.directory);
    return has(directory.get(), names.undone) || is_new(directory.get(), names.aside);
}

// Each state that a kill can leave is told from the others by which names there are; of a data
// directory that was exchanged with another in one step, by what lies in it.
void InPlaceExchange::bring_back_whole(const ExchangedPlace& place, const std::string& new_goes) {
    const PlaceNames names = this->names(place);
    const Fd parent = fs_.open_root(names.directory);
    const int directory = parent.get();
    const bool current = has(directory, names.current);
    if (is_data(place) && is_new(directory, names.current) && has(directory, names.staging)) {
        move(directory, names.staging, names.aside);  // exchanged, but not yet named
    }
    if (!has(directory, names.aside)) {
        const bool brought_in = current && !place.had_old && !has(directory, new_goes);
        if (brought_in) move(directory, names.current, new_goes);
    } else if (is_data(place) &&
               (is_new(directory, names.aside) ||  // exchanged back, but not yet named
                (current && could_exchange(directory, names.current, names.aside)))) {
        move(directory, names.aside, new_goes);
    } else {
        if (current) move(directory, names.current, new_goes);
        move(directory, names.aside, names.current);
    }
}

void InPlaceExchange::bring_back_entries(ExchangedPlace& place, const std::string& new_goes) {
    const PlaceNames names = this->names(place);
    const Fd directory = fs_.open_root(names.directory);
    if (place.phase == EntriesPhase::none_of_old) {
        const Fd to = directory_for(directory.get(), new_goes);
        move_entries(directory.get(), to.get());
        place.phase = EntriesPhase::none_of_new;
        write_journal(fs_, journal_);
    }
    if (place.phase == EntriesPhase::none_of_new) {
        if (has(directory.get(), names.aside)) {
            const Fd aside = fs_.open_directory(directory.get(), names.aside);
            move_entries(aside.get(), directory.get());
            fs_.remove_directory(directory.get(), names.aside);
            fs_.sync(directory.get());
        }
        place.phase = EntriesPhase::old_ones;
        write_journal(fs_, journal_);
    }
}

std::uint64_t tree_bytes(const fsys::path& path) {
    std::uint64_t bytes = 0;
    std::error_code failed;
    fsys::recursive_directory_iterator each(path, failed);
    while (!failed && each != fsys::recursive_directory_iterator()) {
        std::error_code ignored;
        if (each->is_regular_file(ignored) && !each->is_symlink(ignored)) {
            const std::uintmax_t size = each->file_size(ignored);
            if (!ignored) bytes += size;
        }
        each.increment(failed);
    }
    return bytes;
}

}  // namespace tsb
