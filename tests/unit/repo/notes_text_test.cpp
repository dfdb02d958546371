// The text of a notes file: what is written comes back, and nothing else is believed.
#include <functional>

#include "core/repo/backup_notes.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/self_checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

constexpr const char* of_backup = "cluster_backup_20261123_014224";

BackupNotes sample() {
    BackupNotes notes;
    notes.pin =
        Pin{"before the \"upgrade\" \xFF", 4294967295, from_iso8601("2026-11-23T10:00:00Z")};
    notes.verification =
        VerificationResult{from_iso8601("2026-11-24T10:00:00Z"), VerificationOutcome::damaged,
                           "base.tar differs\n", "job-3"};
    notes.drill = DrillResult{from_iso8601("2026-11-25T10:00:00Z"), 9120, 2310,
                              "pg_amcheck: \xFF is odd\n", "job-4"};
    return notes;
}

std::string sample_text() {
    return encode_notes(sample(), "main", of_backup);
}

/// Empty when the text is taken.
std::string notes_refusal(const std::string& text) {
    try {
        decode_notes(text, "main", of_backup);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::damaged);
        return error.what();
    }
    return "";
}

/// With a checksum that fits: what somebody made who may write here.
std::string forged_notes(const std::function<void(json::Value&)>& change) {
    json::Value value = json::parse(sample_text(), "sample");
    value.erase("notes_sha256");
    change(value);
    return text_with_checksum(value, "notes_sha256");
}

}  // namespace

TEST_CASE("notes come back as they were written") {
    CHECK(decode_notes(sample_text(), "main", of_backup) == sample());
    BackupNotes pinned = sample();
    pinned.verification.reset();
    CHECK(decode_notes(encode_notes(pinned, "main", of_backup), "main", of_backup) == pinned);
    BackupNotes verified = sample();
    verified.pin.reset();
    verified.verification->outcome = VerificationOutcome::good;
    CHECK(decode_notes(encode_notes(verified, "main", of_backup), "main", of_backup) == verified);
    BackupNotes drilled;
    drilled.drill = sample().drill;
    CHECK(decode_notes(encode_notes(drilled, "main", of_backup), "main", of_backup) == drilled);
    CHECK_FALSE(drilled.pinned());
    CHECK(pinned.pinned());
    CHECK_FALSE(verified.pinned());
    CHECK_FALSE(verified.found_damaged());
}

TEST_CASE("long texts are cut between characters, and the file stays within its bound") {
    BackupNotes notes = sample();
    for (const char* filler : {"\x01", "\xFF", "\xC3\xA9", "\xF0\x9F\x98\x80"}) {
        notes.verification->problems = "x";
        while (notes.verification->problems.size() < 300000) {
            notes.verification->problems += filler;
        }
        notes.verification->job_id = notes.verification->problems;
        notes.drill->problems = notes.verification->problems;
        notes.drill->job_id = notes.verification->problems;
        notes.pin->reason = notes.verification->problems;
        const std::string text = encode_notes(notes, "main", of_backup);
        CHECK(text.size() <= largest_notes);
        const BackupNotes read = decode_notes(text, "main", of_backup);
        const std::string& problems = read.verification->problems;
        CHECK(read.drill->problems == problems);
        CHECK(problems.size() <= largest_problems);
        CHECK(problems.size() > largest_problems - 4);
        CHECK(problems.ends_with(std::string(filler) + "..."));
        CHECK(
            text.find("\"problems\": {") ==
            (filler[0] == '\xFF' ? text.find("{", text.find("problems")) - 12 : std::string::npos));
    }
}

TEST_CASE("a changed bit, a cut or an addition anywhere in the notes is noticed") {
    const std::string text = sample_text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        CAPTURE(i);
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
        REQUIRE(notes_refusal(changed) != "");
        REQUIRE(notes_refusal(text.substr(0, i)) != "");
    }
    CHECK(notes_refusal(text + "\n") != "");
    CHECK(notes_refusal(text + text) != "");
}

TEST_CASE("notes of another backup or cluster are not this one's") {
    CHECK(notes_refusal(encode_notes(sample(), "main", "cluster_backup_20261123_014225")) ==
          "cannot read notes.backup_id: that of another backup");
    CHECK(notes_refusal(encode_notes(sample(), "other", of_backup)) ==
          "cannot read notes.cluster: that of another cluster");
}

TEST_CASE("notes with a member missing, of a wrong type or out of bounds are refused") {
    REQUIRE(notes_refusal(forged_notes([](json::Value&) {})) == "");
    for (const char* key : {"format", "version", "backup_id", "cluster"}) {
        CAPTURE(key);
        CHECK(notes_refusal(forged_notes([&](json::Value& v) { v.erase(key); })) ==
              std::string("cannot read notes.") + key + ": missing");
        CHECK(notes_refusal(forged_notes([&](json::Value& v) { v[key] = nullptr; })) != "");
    }
    const json::Value sample_value = json::parse(sample_text(), "sample");
    for (const char* part : {"pin", "verification", "drill"}) {
        CHECK(notes_refusal(forged_notes([&](json::Value& v) { v.erase(part); })) == "");
        CHECK(notes_refusal(forged_notes([&](json::Value& v) { v[part] = nullptr; })) != "");
        for (const auto& [key, value] : sample_value[part].items()) {
            const std::string name = key;
            CAPTURE(part, name);
            CHECK(notes_refusal(forged_notes([&](json::Value& v) { v[part].erase(name); })) != "");
            CHECK(notes_refusal(forged_notes([&](json::Value& v) { v[part][name] = -1.5; })) != "");
        }
    }
    CHECK(notes_refusal(forged_notes([](json::Value& v) { v["version"] = 2; })) != "");
    CHECK(notes_refusal(forged_notes([](json::Value& v) { v["pin"]["by_uid"] = 1ULL << 32; })) !=
          "");
    CHECK(notes_refusal(
              forged_notes([](json::Value& v) { v["verification"]["outcome"] = "fine"; })) != "");
    CHECK(notes_refusal(forged_notes([](json::Value& v) { v["verification"]["at"] = "today"; })) !=
          "");
    CHECK(notes_refusal(forged_notes([](json::Value& v) { v["drill"]["at"] = "today"; })) != "");
}

TEST_CASE("deeply nested notes are refused without running out of stack") {
    const std::string deep(30000, '[');
    const std::string closed = "{\"format\": " + deep + std::string(30000, ']') + ",\n";
    CHECK(notes_refusal(closed + checksum_line(closed, "notes_sha256")) ==
          "cannot read notes: nested too deeply");
    CHECK(notes_refusal(deep) != "");
}
