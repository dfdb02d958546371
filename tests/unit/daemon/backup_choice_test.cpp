#include "daemon/backup_choice.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

BackupEntry backup(const std::string& id, const std::string& stopped) {
    auto metadata = std::make_shared<Metadata>();
    metadata->id = id;
    metadata->stopped_at = from_iso8601(stopped);
    BackupEntry entry;
    entry.id = id;
    entry.metadata = metadata;
    return entry;
}

std::vector<BackupEntry> three_backups() {
    return {backup("a", "2026-11-20T02:05:00Z"), backup("b", "2026-11-21T02:05:00Z"),
            backup("c", "2026-11-22T02:05:00Z")};
}

}  // namespace

TEST_CASE("a moment is read as the clocks of the zone show it, or in UTC") {
    const TimeZone berlin = TimeZone::find("Europe/Berlin");
    const auto read = [&](const std::string& text) {
        return to_iso8601(parse_moment(text, berlin));
    };
    CHECK(read("2026-11-23") == "2026-11-22T23:00:00Z");
    CHECK(read("2026-11-23 14:05") == "2026-11-23T13:05:00Z");
    CHECK(read("2026-07-23T14:05:30") == "2026-07-23T12:05:30Z");
    CHECK(read("2026-11-23T14:05:30Z") == "2026-11-23T14:05:30Z");
    CHECK(read("2026-11-23Z") == "2026-11-23T00:00:00Z");
    CHECK(read("2026-03-29 02:30") == "2026-03-29T01:00:00Z");  // does not exist: after the gap
}

TEST_CASE("what is no moment is refused with an example") {
    for (const char* text :
         {"", "now", "yesterday", "2026-11-31", "2026-13-01", "2026-00-10", "2026-11-23 24:00",
          "2026-11-23 10:60", "2026-11-23 10:10:60", "2026-11-23 1:10", "2026/11/23", "23.11.2026",
          "2026-11-23 10:10 ", "2026-11-23T10:10+01:00", "-026-11-23", "2026-11-2x", "Z",
          "9999-12-31", "0001-01-01 00:00"}) {
        CAPTURE(text);
        const Error error = error_of([&] { parse_moment(text, TimeZone()); });
        CHECK(error.code() == ErrorCode::usage);
        CHECK(error.hint().find("2026-11-23 14:05") != std::string::npos);
    }
}

TEST_CASE("latest-before is the newest good backup that had ended by then") {
    const auto chosen = [](const std::string& time, const std::vector<BackupEntry>& backups) {
        return choose_backup("latest-before " + time, backups, TimeZone());
    };
    auto backups = three_backups();
    CHECK(chosen("2026-11-23", backups) == "c");
    CHECK(chosen("2026-11-22 02:05", backups) == "c");
    CHECK(chosen("2026-11-22 02:04:59", backups) == "b");
    CHECK(chosen("2026-11-20T02:05:00Z", backups) == "a");
    backups[1].metadata = nullptr;  // broken
    CHECK(chosen("2026-11-22", backups) == "a");
    backups[0].notes.verification = VerificationResult();
    backups[0].notes.verification->outcome = VerificationOutcome::damaged;
    REQUIRE_FALSE(backups[0].good());
    for (const auto& none : {backups, std::vector<BackupEntry>()}) {
        const Error error = error_of([&] { chosen("2026-11-22", none); });
        CHECK(error.code() == ErrorCode::not_found);
        CHECK(error.what() == std::string("cannot find a good backup that ended by "
                                          "2026-11-22 00:00 UTC"));
    }
}

TEST_CASE("other choices are left as they are") {
    for (const char* wanted : {"latest", "cluster_backup_20261123_014224", "x", ""}) {
        CHECK(choose_backup(wanted, {}, TimeZone()) == wanted);
    }
    CHECK(is_relative_choice("latest"));
    CHECK(is_relative_choice("latest-before 2026-11-23"));
    CHECK_FALSE(is_relative_choice("cluster_backup_20261123_014224"));
    for (const char* wanted : {"latest-before", "latest-before ", "latest-beforehand"}) {
        CHECK(error_of([&] { choose_backup(wanted, three_backups(), TimeZone()); }).code() ==
              ErrorCode::usage);
    }
}
