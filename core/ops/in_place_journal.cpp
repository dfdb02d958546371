#include "core/ops/in_place_journal.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/names.hpp"
#include "core/repo/replace_file.hpp"
#include "core/repo/self_checksum.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr std::uint64_t journal_version = 1;
constexpr std::uint64_t journal_limit = 1 << 20;
constexpr const char* checksum_key = "journal_sha256";
constexpr std::string_view reserved_prefix = "tsbackup-";
constexpr std::string_view suffix = ".json";

constexpr std::array state_names = {"staged",  "exchanging", "placed", "restored",
                                    "leaving", "undoing",    "undone", "removing"};
constexpr std::array way_names = {"whole", "entries"};
constexpr std::array phase_names = {"old ones", "none of new", "none of old"};

template <class Enum, std::size_t count>
const char* name_in(const std::array<const char*, count>& names, Enum value) {
    return names.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t count>
Enum value_in(const std::array<const char*, count>& names, const json::Object& object,
              const char* key) {
    const std::string text = object.text(key);
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) object.refuse(key, "is not known");
    return static_cast<Enum>(found - names.begin());
}

fsys::path path_in(const json::Object& object, const json::Value& value, const char* key) {
    fsys::path path = json::to_text(value.at(key), key);
    if (!path.is_absolute() || !path.has_filename()) object.refuse(key, "is no absolute path");
    return path;
}

/// Where the journal of a restore to `data` lies, and what its name begins with.
std::pair<fsys::path, std::string> home_of(const fsys::path& data, ExchangeWay way) {
    if (way == ExchangeWay::entries) return {data, std::string(reserved_prefix) + "old-"};
    return {data.parent_path(), data.filename().string() + ".old-"};
}

std::string file_of(const InPlaceJournal& journal) {
    return names_of(journal.data(), journal.stamp).aside + std::string(suffix);
}

/// Calls `each` with the directory and the name of every file that is named as a journal of `data`
/// and ends as `ending`.
template <class Each>
void for_each_named(Fs& fs, const fsys::path& data, const std::string& ending, Each each) {
    for (const ExchangeWay way : {ExchangeWay::whole, ExchangeWay::entries}) {
        const auto [directory, prefix] = home_of(data, way);
        std::error_code ignored;
        if (!fsys::is_directory(directory, ignored)) continue;
        const Fd home = fs.open_root(directory);
        for (const std::string& name : fs.entries(home.get())) {
            if (name.starts_with(prefix) && name.ends_with(ending)) each(home, directory, name);
        }
    }
}

}  // namespace

bool is_settled(InPlaceState state) {
    return state == InPlaceState::restored || state == InPlaceState::leaving ||
           state == InPlaceState::undone || state == InPlaceState::removing;
}

PlaceNames names_of(const ExchangedPlace& place, const std::string& stamp) {
    if (place.way == ExchangeWay::entries) {
        const std::string prefix(reserved_prefix);
        return {place.path, "", prefix + "new", prefix + "old-" + stamp,
                prefix + "undone-" + stamp};
    }
    const std::string name = place.path.filename().string();
    return {place.path.parent_path(), name, name + ".tsbackup-new", name + ".old-" + stamp,
            name + ".undone-" + stamp};
}

bool stays_in_place(const std::string& entry) {
    return entry == "lost+found" || entry.starts_with(reserved_prefix);
}

std::string encode_journal(const InPlaceJournal& journal) {
    json::Value places = json::Value::array();
    for (const ExchangedPlace& place : journal.places) {
        places.push_back({{"path", json::from_text(place.path.string())},
                          {"way", name_in(way_names, place.way)},
                          {"had_old", place.had_old},
                          {"phase", name_in(phase_names, place.phase)}});
    }
    const json::Value root = {
        {"version", journal_version},         {"stamp", journal.stamp},
        {"cluster", journal.cluster},         {"backup_id", journal.backup_id},
        {"begun", to_iso8601(journal.begun)}, {"state", name_in(state_names, journal.state)},
        {"kept_bytes", journal.kept_bytes},   {"places", std::move(places)}};
    return text_with_checksum(root, checksum_key);
}

InPlaceJournal decode_journal(const std::string& text, const std::string& what) {
    require_checksum(text, checksum_key, what);
    const json::Value root = json::parse(text, what);
    const json::Object object(root, what);
    if (object.number("version") != journal_version) object.refuse("version", "is not known");
    InPlaceJournal journal;
    journal.stamp = object.text("stamp");
    journal.cluster = object.text("cluster");
    journal.backup_id = object.text("backup_id");
    journal.begun = object.time("begun");
    journal.state = value_in<InPlaceState>(state_names, object, "state");
    journal.kept_bytes = object.number("kept_bytes");
    const json::Value& places = object.array("places");
    std::size_t next = 0;
    object.for_each("places", [&](const json::Object& each) {
        ExchangedPlace place;
        place.path = path_in(each, places[next++], "path");
        place.way = value_in<ExchangeWay>(way_names, each, "way");
        place.had_old = each.flag("had_old");
        place.phase = value_in<EntriesPhase>(phase_names, each, "phase");
        journal.places.push_back(std::move(place));
    });
    if (journal.places.empty()) object.refuse("places", "is empty");
    if (journal.stamp.empty() || journal.stamp.find('/') != std::string::npos) {
        object.refuse("stamp", "is no name");
    }
    return journal;
}

void write_journal(Fs& fs, const InPlaceJournal& journal) {
    const Fd home = fs.open_root(home_of(journal.data().path, journal.data().way).first);
    replace_file(fs, home.get(), file_of(journal), as_bytes(encode_journal(journal)));
}

void remove_journal(Fs& fs, const InPlaceJournal& journal) {
    const Fd home = fs.open_root(home_of(journal.data().path, journal.data().way).first);
    if (!fs.status(home.get(), file_of(journal))) return;
    fs.remove_file(home.get(), file_of(journal));
    fs.sync(home.get());
}

void remove_unfinished_journals(Fs& fs, const fsys::path& data_directory) {
    const auto remove = [&](const Fd& home, const fsys::path&, const std::string& name) {
        fs.remove_file(home.get(), name);
    };
    for_each_named(fs, data_directory, names::unfinished_file(suffix), remove);
}

std::vector<InPlaceJournal> find_journals(Fs& fs, const fsys::path& data_directory) {
    std::vector<InPlaceJournal> found;
    const auto read = [&](const Fd& home, const fsys::path& directory, const std::string& name) {
        const std::string text = read_whole_file(fs, home.get(), name, journal_limit);
        found.push_back(decode_journal(text, (directory / name).string()));
    };
    for_each_named(fs, data_directory, std::string(suffix), read);
    std::erase_if(found, [&](const InPlaceJournal& journal) {
        return journal.data().path != data_directory;  // copied here with other data
    });
    std::sort(found.begin(), found.end(),
              [](const InPlaceJournal& a, const InPlaceJournal& b) { return a.stamp < b.stamp; });
    return found;
}

}  // namespace tsb
