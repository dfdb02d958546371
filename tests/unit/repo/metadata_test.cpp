#include <functional>

#include "core/base/error.hpp"
#include "core/io/digest.hpp"
#include "core/repo/json_fields.hpp"
#include "core/repo/metadata.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/repo/sample.hpp"

using namespace tsb;

namespace {

Metadata full_sample(BackupFormat format) {
    Metadata m = test::sample_metadata(format);
    m.files = {{"base.tar.zst", 10, std::string(64, 'a')},
               {"backup_manifest", 0, std::string(64, '0')}};
    if (format == BackupFormat::plain) {
        m.files.push_back({"data/pg_wal/000000010000000000000001", 1, std::string(64, 'f')});
        m.directories = {".odd", "base", "base/1", "n\xFF"};
    }
    return m;
}

/// The text with `change` made to its JSON and a checksum that fits again: what an attacker, not
/// a failing disk, would store.
std::string forged_metadata(const std::function<void(json::Value&)>& change) {
    json::Value value = json::parse(encode_metadata(full_sample(BackupFormat::plain)), "sample");
    value.erase("metadata_sha256");
    change(value);
    std::string body = value.dump(2);
    body.resize(body.size() - 2);
    body += ",\n";
    return body + "  \"metadata_sha256\": \"" + sha256_hex(as_bytes(body)) + "\"\n}\n";
}

std::string metadata_refusal(const std::string& text) {
    try {
        decode_metadata(text);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::damaged);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("metadata comes back as it was written, whatever bytes its names have") {
    for (BackupFormat format : {BackupFormat::tar, BackupFormat::plain}) {
        const Metadata before = full_sample(format);
        const std::string text = encode_metadata(before);
        const Metadata after = decode_metadata(text);
        CHECK(encode_metadata(after) == text);
        CHECK(after.label == before.label);
        CHECK(after.system_identifier == before.system_identifier);
        CHECK(after.from_standby);
        CHECK(after.wal_ranges.at(1).end == before.end_lsn);
        CHECK(after.tablespaces.at(0).location == before.tablespaces.at(0).location);
        CHECK(after.tablespaces.at(1).location == "\xFFlatin");
        CHECK(after.databases.at(1).name == "b\xE9");
        CHECK(after.stopped_at == before.stopped_at);
        CHECK(after.files.at(0).sha256 == before.files.at(0).sha256);
        CHECK(after.directories == before.directories);
        CHECK(after.compression == before.compression);
        CHECK(after.server_major() == 17);
    }
}

TEST_CASE("the file is readable and its last line is the digest of those before") {
    const std::string text = encode_metadata(full_sample(BackupFormat::tar));
    const std::size_t last = text.rfind("  \"metadata_sha256\": \"");
    REQUIRE(last != std::string::npos);
    CHECK(text.substr(last) ==
          "  \"metadata_sha256\": \"" + sha256_hex(as_bytes(text.substr(0, last))) + "\"\n}\n");
    const json::Value value = json::parse(text, "sample");
    CHECK(value["server"]["system_identifier"] == "18446744073709551615");
    CHECK(value["start_lsn"] == "16/28");
    CHECK(value["started_at"] == "2026-11-23T01:42:24Z");
    CHECK(value["compression"] == "zstd:3");
}

TEST_CASE("one changed bit anywhere in the file is noticed") {
    const std::string text = encode_metadata(full_sample(BackupFormat::plain));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
        CAPTURE(i);
        REQUIRE(metadata_refusal(changed) != "");
    }
}

TEST_CASE("a file cut off anywhere or with more at its end is noticed") {
    const std::string text = encode_metadata(full_sample(BackupFormat::tar));
    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        REQUIRE(metadata_refusal(text.substr(0, size)) != "");
    }
    CHECK(metadata_refusal(text + "\n") != "");
    CHECK(metadata_refusal(text + text) != "");
}

TEST_CASE("every member must be there and of its type, even under a checksum that fits") {
    REQUIRE(metadata_refusal(forged_metadata([](json::Value&) {})) == "");
    const json::Value sample =
        json::parse(encode_metadata(full_sample(BackupFormat::plain)), "sample");
    for (const auto& [key, value] : sample.items()) {
        if (key == "metadata_sha256") continue;
        const std::string name = key;
        CAPTURE(name);
        CHECK(metadata_refusal(forged_metadata([&](json::Value& v) { v.erase(name); })) ==
              "cannot read metadata." + name + ": missing");
        CHECK(metadata_refusal(forged_metadata([&](json::Value& v) { v[name] = nullptr; })) != "");
        CHECK(metadata_refusal(forged_metadata([&](json::Value& v) { v[name] = -1.5; })) != "");
    }
    for (const auto& [key, value] : sample["server"].items()) {
        const std::string name = key;
        CHECK(metadata_refusal(
                  forged_metadata([&](json::Value& v) { v["server"][name] = nullptr; })) != "");
    }
    for (const char* list : {"wal_ranges", "tablespaces", "databases", "files"}) {
        CAPTURE(list);
        CHECK(metadata_refusal(forged_metadata([&](json::Value& v) { v[list] = "text"; })) != "");
        CHECK(metadata_refusal(forged_metadata([&](json::Value& v) { v[list][0] = 1; })) != "");
        for (const auto& [key, value] : sample[list][0].items()) {
            const std::string name = key;
            CHECK(metadata_refusal(
                      forged_metadata([&](json::Value& v) { v[list][0].erase(name); })) != "");
            CHECK(metadata_refusal(
                      forged_metadata([&](json::Value& v) { v[list][0][name] = false; })) != "");
        }
    }
}

TEST_CASE("what databases hold comes back, and backups of earlier versions lack it") {
    Metadata metadata = full_sample(BackupFormat::tar);
    metadata.databases[1].xid = 4294967295;
    DatabaseContents& contents = metadata.databases[1].contents.emplace();
    contents.tables = 1;
    contents.estimated_rows = 2;
    contents.hypertables = 3;
    contents.chunks = 4;
    contents.continuous_aggregates = 5;
    contents.jobs = 6;
    contents.policies = 7;
    contents.extensions = {{"plpgsql", "1.0", 1}, {"n\xFF", "", 0}};
    const std::string text = encode_metadata(metadata);
    const Metadata after = decode_metadata(text);
    CHECK(encode_metadata(after) == text);
    CHECK_FALSE(after.databases.at(0).contents);
    CHECK(after.databases.at(0).xid == 0);
    CHECK(after.databases.at(1).xid == 4294967295);
    REQUIRE(after.databases.at(1).contents);
    CHECK(after.databases[1].contents->policies == 7);
    CHECK(after.databases[1].contents->extensions.at(1).name == "n\xFF");
    CHECK(after.databases[1].contents->extensions.at(0).xid == 1);
}

TEST_CASE("what databases hold must be whole where it is there") {
    const json::Value contents = {{"tables", 1},      {"estimated_rows", 2},
                                  {"hypertables", 3}, {"chunks", 4},
                                  {"jobs", 5},        {"continuous_aggregates", 6},
                                  {"policies", 7},    {"extensions", json::Value::array()}};
    const auto with = [&](const std::function<void(json::Value&)>& change) {
        return forged_metadata([&](json::Value& v) {
            v["databases"][0]["contents"] = contents;
            v["databases"][0]["contents"]["extensions"].push_back(
                {{"name", "plpgsql"}, {"version", "1.0"}, {"xid", 1}});
            change(v["databases"][0]);
        });
    };
    REQUIRE(metadata_refusal(with([](json::Value&) {})) == "");
    for (const auto& [key, value] : contents.items()) {
        const std::string name = key;
        CAPTURE(name);
        CHECK(metadata_refusal(with([&](json::Value& d) { d["contents"].erase(name); })) != "");
        CHECK(metadata_refusal(with([&](json::Value& d) { d["contents"][name] = -1; })) != "");
    }
    for (const char* key : {"name", "version", "xid"}) {
        CAPTURE(key);
        CHECK(metadata_refusal(
                  with([&](json::Value& d) { d["contents"]["extensions"][0].erase(key); })) != "");
    }
    CHECK(metadata_refusal(with([](json::Value& d) { d["contents"] = nullptr; })) != "");
    CHECK(metadata_refusal(with([](json::Value& d) { d["xid"] = 1ULL << 32; })) != "");
}

TEST_CASE("values out of bounds are refused") {
    const auto with = [](const char* key, const json::Value& value) {
        return forged_metadata([&](json::Value& v) { v[key] = value; });
    };
    CHECK(metadata_refusal(with("version", 2)) ==
          "cannot read metadata.version: 2 is not known to this tsbackup");
    CHECK(metadata_refusal(with("format", "other")) != "");
    CHECK(metadata_refusal(with("id", "latest")) != "");
    CHECK(metadata_refusal(with("cluster", "../x")) != "");
    CHECK(metadata_refusal(with("backup_format", "zip")) != "");
    CHECK(metadata_refusal(with("compression", "gzip:10")) != "");
    CHECK(metadata_refusal(with("timeline", 4294967296)) != "");
    CHECK(metadata_refusal(with("start_lsn", "16-28")) != "");
    CHECK(metadata_refusal(with("started_at", "yesterday")) != "");
    CHECK(metadata_refusal(with("label", json::Value{{"hex", "zz"}})) != "");
    CHECK(metadata_refusal(
              forged_metadata([](json::Value& v) { v["server"]["wal_segment_size"] = 0; })) != "");
    CHECK(metadata_refusal(forged_metadata(
              [](json::Value& v) { v["server"]["system_identifier"] = "1e3"; })) != "");
    CHECK(metadata_refusal(forged_metadata(
              [](json::Value& v) { v["tablespaces"][0]["oid"] = 1ULL << 32; })) != "");
}

TEST_CASE("names of stored files cannot lead out of the backup") {
    const auto named = [](const std::string& name, const char* format) {
        return forged_metadata([&](json::Value& v) {
            v["backup_format"] = format;
            v["directories"] = json::Value::array();
            v["files"] = json::Value::array();
            v["files"].push_back({{"name", name}, {"size", 1}, {"sha256", std::string(64, '0')}});
        });
    };
    CHECK(metadata_refusal(named("base.tar.gz", "tar")) == "");
    CHECK(metadata_refusal(named("data/pg_wal/x", "plain")) == "");
    for (const std::string bad : {"", ".", "..", "/etc/passwd", "../x", "data/../../x", "data//x",
                                  "data/", ".hidden", "other/x", "metadata.json"}) {
        CAPTURE(bad);
        CHECK(metadata_refusal(named(bad, "plain")) != "");
        CHECK(metadata_refusal(named(bad, "tar")) != "");
    }
    CHECK(metadata_refusal(named("data/pg_wal/x", "tar")) != "");
    CHECK(metadata_refusal(named(std::string("a\0b", 3), "plain")) != "");
    CHECK(metadata_refusal(
              forged_metadata([](json::Value& v) { v["files"].push_back(v["files"][0]); })) != "");
    CHECK(metadata_refusal(forged_metadata(
              [](json::Value& v) { v["files"][0]["sha256"] = std::string(64, 'G'); })) != "");
    CHECK(metadata_refusal(
              forged_metadata([](json::Value& v) { v["directories"].push_back("../x"); })) != "");
    CHECK(metadata_refusal(
              forged_metadata([](json::Value& v) { v["directories"].push_back("/x"); })) != "");
}

TEST_CASE("deep nesting is refused without running out of stack") {
    const std::string deep(50000, '[');
    const std::string closed = deep + std::string(50000, ']');
    CHECK_THROWS_AS(json::parse(deep, "sample"), Error);
    CHECK_THROWS_AS(json::parse(closed, "sample"), Error);
    CHECK_THROWS_AS(json::parse("{\"member\": " + closed + "}", "sample"), Error);
    CHECK_THROWS_AS(json::parse(std::string(65, '[') + std::string(65, ']'), "sample"), Error);
    CHECK_NOTHROW(json::parse(std::string(64, '[') + std::string(64, ']'), "sample"));
    CHECK_NOTHROW(json::parse("[\"\\\"" + deep + "\", {}, \"[\\\\\"]", "sample"));
    std::string wide = "[";
    for (int i = 0; i < 1000; ++i) wide += "{\"a\": []}, ";
    CHECK_NOTHROW(json::parse(wide + "{}]", "sample"));
}

TEST_CASE("formats have their names") {
    CHECK(parse_backup_format("tar") == BackupFormat::tar);
    CHECK(parse_backup_format("plain") == BackupFormat::plain);
    CHECK_FALSE(parse_backup_format("TAR"));
}
