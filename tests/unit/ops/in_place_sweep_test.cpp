// Exchanging restored data with the old, and back, with each file-system call failing, the process
// dying, or the power going at each (I4): one of the two can be started, or nothing can and the
// next one settles it; and no byte of the old data is lost.
#include <fstream>
#include <optional>
#include <set>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/ops/in_place_exchange.hpp"
#include "core/pg/pg_control.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

void write(const fsys::path& path, const std::string& text) {
    fsys::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

std::string content(const fsys::path& path) {
    std::string text;
    std::ifstream(path) >> text;
    return text;
}

struct Variant {
    ExchangeWay way;
    bool had_old;
};
const Variant variants[] = {{ExchangeWay::whole, true},
                            {ExchangeWay::whole, false},
                            {ExchangeWay::entries, true},
                            {ExchangeWay::entries, false}};

/// A data directory and a tablespace, "old" in every file, and staged ones with "new".
class Ground {
public:
    explicit Ground(const Variant& variant) : variant_(variant) {
        journal_.stamp = "20261123_203000";
        journal_.cluster = "main";
        journal_.backup_id = "cluster_backup_20261123_030000";
        for (const fsys::path& path : {tablespace(), data()}) {
            ExchangedPlace place;
            place.path = path;
            place.way = variant.way;
            place.had_old = variant.had_old;
            journal_.places.push_back(place);
            if (variant.had_old) fill(path, "old", pg_control_path);
            if (variant.way == ExchangeWay::entries) fsys::create_directories(path);
            fill(names_of(place, journal_.stamp).staging_path(), "new", held_new_control);
        }
        write_journal(fs, journal_);
    }

    fsys::path data() const { return directory_.path() / "pg" / "main"; }
    fsys::path tablespace() const { return directory_.path() / "fast" / "ts"; }
    const InPlaceJournal& journal() const { return journal_; }
    const Variant& variant() const { return variant_; }

    bool startable() const { return fsys::exists(data() / pg_control_path); }
    /// What every file of both places holds; empty when they differ or one is not whole.
    std::string holds() const { return whole(data(), tablespace()); }
    std::string kept() const {
        const PlaceNames names = names_of(journal_.data(), journal_.stamp);
        return whole(names.aside_path(), names_of(journal_.places[0], journal_.stamp).aside_path());
    }
    bool anything_staged() const {
        const auto staged = [&](const ExchangedPlace& place) {
            return fsys::exists(names_of(place, journal_.stamp).staging_path());
        };
        return staged(journal_.places[0]) || staged(journal_.places[1]);
    }
    std::optional<InPlaceState> state() {
        const std::vector<InPlaceJournal> found = find_journals(real_fs(), data());
        if (found.empty()) return std::nullopt;
        REQUIRE(found.size() == 1);
        return found[0].state;
    }

    FaultFs fs;

private:
    void fill(const fsys::path& path, const std::string& text, const char* control) {
        const bool is_data = path.parent_path() == data().parent_path() || path == data() ||
                             path.parent_path() == data();
        if (is_data) write(path / control, text);
        if (is_data) write(path / "PG_VERSION", text);
        write(path / "deep" / "file", text);
        write(path / "other" / "file", text);
    }
    static std::string whole(const fsys::path& data, const fsys::path& tablespace) {
        const std::string text = content(data / "PG_VERSION");
        for (const fsys::path& path :
             {data / "deep" / "file", data / "other" / "file", tablespace / "deep" / "file",
              tablespace / "other" / "file"}) {
            if (content(path) != text) return {};
        }
        return text;
    }

    TempDir directory_;
    const Variant variant_;
    InPlaceJournal journal_;
};

void settle_all(Fs& fs, const fsys::path& data) {
    for (const InPlaceJournal& journal : find_journals(fs, data)) {
        InPlaceExchange exchange(fs, journal);
        exchange.settle();
        if (exchange.journal().state == InPlaceState::staged) exchange.discard();
    }
}

void check_old_or_new(Ground& ground) {
    if (!ground.startable()) return;
    CHECK((ground.holds() == "old" || ground.holds() == "new"));
    CHECK(content(ground.data() / pg_control_path) == ground.holds());
}

void check_settled(Ground& ground) {
    const std::string now = ground.holds();
    if (now == "new") {
        CHECK(ground.startable());
        CHECK(content(ground.data() / pg_control_path) == "new");
        if (ground.variant().had_old) CHECK(ground.kept() == "old");
    } else if (ground.variant().had_old) {
        CHECK(now == "old");
        CHECK(ground.startable());
        CHECK(content(ground.data() / pg_control_path) == "old");
    } else {
        CHECK_FALSE(ground.startable());
    }
    CHECK_FALSE(ground.anything_staged());
}

/// Runs `operation` with fitting call `number` meeting `fault`; false when it was not reached.
bool run_turn(const Variant& variant, std::uint64_t number, Fault fault, bool power_cut,
              bool undoes) {
    Ground ground(variant);
    if (undoes) {
        InPlaceExchange first(ground.fs, ground.journal());
        first.exchange([] {});
    }
    const InPlaceJournal begun =
        undoes ? find_journals(ground.fs, ground.data()).at(0) : ground.journal();
    ground.fs.heal();
    ground.fs.fail_fitting_call(number, fault);
    bool ended_well = false;
    try {
        InPlaceExchange exchange(ground.fs, begun);
        if (undoes) {
            exchange.announce_undo();
            exchange.undo([] {});
        } else {
            exchange.exchange([] {});
        }
        ended_well = true;
    } catch (const Error&) {
    } catch (const Crashed&) {
    }
    const bool fired = ground.fs.fired();
    INFO((undoes ? "undo, " : "exchange, ")
         << (variant.way == ExchangeWay::whole ? "whole" : "entries")
         << (variant.had_old ? ", old data" : ", nothing old") << ", call " << number << " ("
         << ground.fs.faulty_call() << "), " << to_string(fault)
         << (power_cut ? ", power cut" : ""));
    ground.fs.heal();
    if (!fired) CHECK(ended_well);
    if (!fired) CHECK(ground.fs.unsynced().empty());
    if (power_cut) ground.fs.lose_unsynced();
    check_old_or_new(ground);
    settle_all(ground.fs, ground.data());
    check_settled(ground);
    if (ended_well) CHECK(ground.holds() == (undoes ? "old" : "new"));
    settle_all(ground.fs, ground.data());
    check_settled(ground);
    return fired;
}

void run_all(bool undoes) {
    set_up_log(LogLevel::error);
    for (const Variant& variant : variants) {
        if (undoes && !variant.had_old) continue;  // nothing is kept
        for (const bool power_cut : {false, true}) {
            for (const Fault fault : {Fault::io_error, Fault::disk_full, Fault::crash}) {
                std::uint64_t number = 1;
                while (run_turn(variant, number, fault, power_cut, undoes)) ++number;
                CHECK(number > 5);
            }
        }
    }
}

}  // namespace

TEST_CASE(
    "whatever fails in an exchange, the old data or the new can be started, or settled (I4)") {
    run_all(false);
}

TEST_CASE("whatever fails in undoing it, the old data or the new can be started, or settled (I4)") {
    run_all(true);
}

TEST_CASE("settling fails at each call and is repeated: the same end") {
    set_up_log(LogLevel::error);
    for (const Variant& variant : variants) {
        std::uint64_t reached = 1;
        for (std::uint64_t died = 1;; ++died) {
            Ground probe(variant);
            probe.fs.heal();
            probe.fs.fail_fitting_call(died, Fault::crash);
            try {
                InPlaceExchange(probe.fs, probe.journal()).exchange([] {});
            } catch (const Crashed&) {
            }
            if (!probe.fs.fired()) break;
            for (std::uint64_t number = 1;; ++number) {
                Ground ground(variant);
                ground.fs.heal();
                ground.fs.fail_fitting_call(died, Fault::crash);
                try {
                    InPlaceExchange(ground.fs, ground.journal()).exchange([] {});
                } catch (const Crashed&) {
                }
                ground.fs.heal();
                ground.fs.fail_fitting_call(number, Fault::crash);
                try {
                    settle_all(ground.fs, ground.data());
                } catch (const Crashed&) {
                }
                const bool fired = ground.fs.fired();
                INFO("died at call " << died << ", settling at call " << number << " ("
                                     << ground.fs.faulty_call() << ")");
                ground.fs.heal();
                check_old_or_new(ground);
                settle_all(ground.fs, ground.data());
                check_settled(ground);
                if (!fired) break;
                reached = std::max(reached, number);
            }
        }
        CHECK(reached > 5);
    }
}

TEST_CASE("a server that runs on the old data all the same leaves it where it is") {
    for (const Variant& variant : variants) {
        Ground ground(variant);
        InPlaceExchange exchange(ground.fs, ground.journal());
        const auto runs = [] { throw Error(ErrorCode::busy, "it runs"); };
        CHECK_THROWS_AS(exchange.exchange(runs), Error);
        exchange.settle();
        exchange.discard();
        check_settled(ground);
        CHECK(ground.holds() == (variant.had_old ? "old" : ""));
        CHECK_FALSE(ground.state());
    }
}

TEST_CASE("a server that was started on the restored data all the same keeps an undo from it") {
    for (const Variant& variant : variants) {
        if (!variant.had_old) continue;
        Ground ground(variant);
        InPlaceExchange(ground.fs, ground.journal()).exchange([] {});
        InPlaceExchange undo(ground.fs, find_journals(ground.fs, ground.data()).at(0));
        undo.announce_undo();
        CHECK(ground.state() == InPlaceState::leaving);
        bool startable = true;
        const auto runs = [&] {
            startable = ground.startable();
            throw Error(ErrorCode::busy, "it runs");
        };
        CHECK_THROWS_AS(undo.undo(runs), Error);
        CHECK_FALSE(startable);  // asked when none could be started any more
        CHECK(ground.state() == InPlaceState::restored);
        check_settled(ground);
        CHECK(ground.holds() == "new");
    }
}

TEST_CASE("an undo that is killed before it moved anything leaves the restored data") {
    for (const Variant& variant : variants) {
        if (!variant.had_old) continue;
        Ground ground(variant);
        InPlaceExchange(ground.fs, ground.journal()).exchange([] {});
        InPlaceExchange(ground.fs, find_journals(ground.fs, ground.data()).at(0)).announce_undo();
        settle_all(ground.fs, ground.data());
        check_settled(ground);
        CHECK(ground.holds() == "new");
    }
}

TEST_CASE("cleaning up that is killed is finished by the next, and no undo finds half of it") {
    for (const Variant& variant : {variants[0], variants[2]}) {
        for (std::uint64_t number = 1;; ++number) {
            CAPTURE(number);
            Ground ground(variant);
            InPlaceExchange exchanged(ground.fs, ground.journal());
            exchanged.exchange([] {});
            exchanged.measure();
            const InPlaceJournal kept = find_journals(ground.fs, ground.data()).at(0);
            CHECK(kept.kept_bytes > 0);
            ground.fs.heal();
            ground.fs.fail_fitting_call(number, Fault::crash);
            try {
                InPlaceExchange(ground.fs, kept).clean_up();
            } catch (const Crashed&) {
            }
            const bool fired = ground.fs.fired();
            ground.fs.heal();
            if (ground.state() == InPlaceState::restored) CHECK(ground.kept() == "old");
            for (const InPlaceJournal& left : find_journals(ground.fs, ground.data())) {
                InPlaceExchange(ground.fs, left).clean_up();
            }
            CHECK_FALSE(ground.state());
            CHECK(ground.kept().empty());
            CHECK(ground.holds() == "new");
            if (!fired) break;
        }
    }
}

TEST_CASE("of a journal whose writing is killed nothing stays behind") {
    for (const Variant& variant : variants) {
        const Ground scene(variant);
        const auto files = [&] {
            std::set<std::string> names;
            for (const fsys::path& path : {scene.data().parent_path(), scene.data()}) {
                if (!fsys::exists(path)) continue;
                for (const auto& entry : fsys::directory_iterator(path)) {
                    if (entry.is_regular_file()) names.insert(entry.path().filename().string());
                }
            }
            return names;
        };
        remove_journal(real_fs(), scene.journal());
        const std::set<std::string> before = files();
        std::uint64_t number = 1;
        for (bool fired = true; fired; ++number) {
            CAPTURE(number);
            FaultFs fs;
            fs.fail_fitting_call(number, Fault::crash);
            try {
                write_journal(fs, scene.journal());
            } catch (const Crashed&) {
            }
            fired = fs.fired();
            remove_unfinished_journals(real_fs(), scene.data());
            for (const InPlaceJournal& left : find_journals(real_fs(), scene.data())) {
                remove_journal(real_fs(), left);
            }
            CHECK(files() == before);
        }
        CHECK(number > 4);
    }
}
