#include "core/pg/backup_protocol.hpp"

#include "core/base/error.hpp"
#include "core/pg/copy_message.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

using Kind = SessionEvent::Kind;
using Row = std::vector<std::optional<std::string>>;
using namespace std::string_literals;

/// Writes each call down as one line.
class Recorder : public BackupHandler {
public:
    std::vector<std::string> calls;

    void started(Lsn start, Timeline timeline) override {
        calls.push_back("started " + to_string(start) + " " + std::to_string(timeline));
    }
    void tablespaces(std::vector<TablespaceInfo> list, std::uint64_t total) override {
        auto line = "tablespaces " + std::to_string(total);
        for (const auto& info : list) {
            line += " " + std::to_string(info.oid) + "=" + info.location;
        }
        calls.push_back(line);
    }
    void archive_begins(std::string archive) override { calls.push_back("archive " + archive); }
    void archive_data(Chunk data) override { add_data("data ", data); }
    void archive_ends() override { calls.push_back("archive ends"); }
    void manifest_begins() override { calls.push_back("manifest"); }
    void manifest_data(Chunk data) override { add_data("manifest data ", data); }
    void manifest_ends() override { calls.push_back("manifest ends"); }
    void progress(std::uint64_t bytes) override {
        calls.push_back("progress " + std::to_string(bytes));
    }
    void stopped(Lsn end, Timeline timeline) override {
        calls.push_back("stopped " + to_string(end) + " " + std::to_string(timeline));
    }

private:
    void add_data(const std::string& what, const Chunk& data) {
        const bool zeros = as_text(data.bytes()) == std::string(1024, '\0');
        calls.push_back(what + (zeros ? "<1024 zeros>" : std::string(as_text(data.bytes()))));
    }
};

SessionEvent rows(std::vector<Row> list) {
    SessionEvent event(Kind::rows);
    event.rows.rows = std::move(list);
    return event;
}

SessionEvent data(const std::string& text) {
    SessionEvent event(Kind::copy_data);
    event.data = Chunk::copy_of(as_bytes(text));
    return event;
}

SessionEvent event(Kind kind) {
    return SessionEvent(kind);
}

const Row base_row{std::nullopt, std::nullopt, "20"};
const Row space_row{"16385", "/srv/ts", "10"};

std::string archive_message(const std::string& name, const std::string& location) {
    return "n" + name + '\0' + location + '\0';
}

std::string progress_message(unsigned char last) {
    return "p" + std::string(7, '\0') + static_cast<char>(last);
}

using Script = std::vector<SessionEvent>;

/// A whole backup of one tablespace from 15 or newer.
Script typed_script() {
    Script script;
    script.push_back(rows({{"0/2000028", "1"}}));
    script.push_back(rows({space_row, base_row}));
    script.push_back(event(Kind::copy_out));
    script.push_back(data(archive_message("16385.tar", "/srv/ts")));
    script.push_back(data("dspace"));
    script.push_back(data(progress_message(5)));
    script.push_back(data(archive_message("base.tar", "")));
    script.push_back(data("dba"));
    script.push_back(data("dse"));
    script.push_back(data("m"));
    script.push_back(data("d{}"));
    script.push_back(event(Kind::copy_done));
    script.push_back(rows({{"0/2000100", "1"}}));
    script.push_back(event(Kind::complete));
    script.push_back(event(Kind::idle));
    return script;
}

/// The same from 13 or 14.
Script separate_script() {
    Script script;
    script.push_back(rows({{"0/2000028", "1"}}));
    script.push_back(rows({space_row, base_row}));
    for (const char* content : {"space", "base", "{}"}) {
        script.push_back(event(Kind::copy_out));
        script.push_back(data(content));
        script.push_back(event(Kind::copy_done));
    }
    script.push_back(rows({{"0/2000100", "1"}}));
    script.push_back(event(Kind::complete));
    script.push_back(event(Kind::idle));
    return script;
}

std::vector<std::string> feed_all(BackupProtocol& protocol, Script script) {
    Recorder recorder;
    for (auto& one : script) {
        CHECK_FALSE(protocol.complete());
        protocol.feed(std::move(one), recorder);
    }
    return recorder.calls;
}

/// The code of what feeding throws; fails the test when it accepts everything as complete.
std::optional<ErrorCode> refusal(int version, Script script) {
    BackupProtocol protocol(version);
    try {
        feed_all(protocol, std::move(script));
    } catch (const Error& error) {
        return error.code();
    }
    CHECK_FALSE(protocol.complete());
    return std::nullopt;
}

/// Feeds the typed script with event `index` replaced.
std::optional<ErrorCode> refusal_with(std::size_t index, SessionEvent replacement) {
    auto script = typed_script();
    script[index] = std::move(replacement);
    return refusal(150000, std::move(script));
}

}  // namespace

TEST_CASE("one typed COPY becomes archives, progress and the manifest") {
    BackupProtocol protocol(170002);
    const auto calls = feed_all(protocol, typed_script());
    CHECK(protocol.complete());
    CHECK(calls ==
          std::vector<std::string>{"started 0/2000028 1", "tablespaces 30720 16385=/srv/ts",
                                   "archive 16385", "data space", "progress 5", "archive ends",
                                   "archive base", "data ba", "data se", "archive ends", "manifest",
                                   "manifest data {}", "manifest ends", "stopped 0/2000100 1"});
}

TEST_CASE("one COPY per archive gets the end of archive that 13 and 14 leave out") {
    BackupProtocol protocol(140011);
    const auto calls = feed_all(protocol, separate_script());
    CHECK(protocol.complete());
    CHECK(calls == std::vector<std::string>{
                       "started 0/2000028 1", "tablespaces 30720 16385=/srv/ts", "archive 16385",
                       "data space", "data <1024 zeros>", "archive ends", "archive base",
                       "data base", "data <1024 zeros>", "archive ends", "manifest",
                       "manifest data {}", "manifest ends", "stopped 0/2000100 1"});
}

TEST_CASE("a backup without one of its events is never complete") {
    for (const int version : {140000, 150000}) {
        const auto count = (version < 150000 ? separate_script() : typed_script()).size();
        for (std::size_t left_out = 0; left_out < count; ++left_out) {
            auto script = version < 150000 ? separate_script() : typed_script();
            if (script[left_out].kind == Kind::copy_data) {
                continue;  // data and progress may be absent; archive names are tested below
            }
            script.erase(script.begin() + static_cast<std::ptrdiff_t>(left_out));
            INFO(version << " without event " << left_out);
            const auto code = refusal(version, std::move(script));
            CHECK((!code || *code == ErrorCode::protocol));
        }
    }
}

TEST_CASE("an event twice, or after the end, is refused") {
    for (const int version : {140000, 150000}) {
        const auto whole = version < 150000 ? separate_script() : typed_script();
        for (std::size_t twice = 0; twice < whole.size(); ++twice) {
            if (whole[twice].kind == Kind::copy_data) {
                continue;
            }
            auto script = version < 150000 ? separate_script() : typed_script();
            auto again = version < 150000 ? separate_script() : typed_script();
            script.insert(script.begin() + static_cast<std::ptrdiff_t>(twice),
                          std::move(again[twice]));
            INFO(version << " event " << twice << " twice");
            BackupProtocol protocol(version);
            Recorder recorder;
            CHECK_THROWS_AS(
                [&] {
                    for (auto& one : script) {
                        protocol.feed(std::move(one), recorder);
                    }
                }(),
                Error);
        }
    }
}

TEST_CASE("archive names that are not exactly the next one announced are refused") {
    const std::vector<std::pair<std::string, std::string>> names{
        {"base.tar", ""},          // base comes last here
        {"16386.tar", "/srv/ts"},  // not announced
        {"16385.tar", "/srv/xx"},  // another place
        {"16385.tar", ""},         {"16385.tar.gz", "/srv/ts"},
        {"016385.tar", "/srv/ts"}, {"../16385.tar", "/srv/ts"},
        {".tar", "/srv/ts"},       {"tar", "/srv/ts"},
        {"", "/srv/ts"},           {"16385", "/srv/ts"},
        {"/16385.tar", "/srv/ts"}, {std::string(300, '1') + ".tar", "/srv/ts"},
    };
    for (const auto& [name, location] : names) {
        INFO(name);
        CHECK(refusal_with(3, data(archive_message(name, location))) == ErrorCode::protocol);
    }
    // The same archive again, and an archive after the manifest.
    CHECK(refusal_with(6, data(archive_message("16385.tar", "/srv/ts"))) == ErrorCode::protocol);
    CHECK(refusal_with(10, data(archive_message("base.tar", ""))) == ErrorCode::protocol);
}

TEST_CASE("data without an archive and a manifest before the last archive are refused") {
    CHECK(refusal_with(3, data("dx")) == ErrorCode::protocol);
    CHECK(refusal_with(6, data("m")) == ErrorCode::protocol);
    CHECK(refusal_with(10, data("m")) == ErrorCode::protocol);
    CHECK(refusal_with(9, event(Kind::copy_done)) == ErrorCode::protocol);
    CHECK(refusal_with(2, event(Kind::copy_both)) == ErrorCode::protocol);
}

TEST_CASE("malformed COPY messages are refused") {
    const std::vector<std::string> messages{
        "x",
        "n",
        "nbase.tar",
        "nbase.tar\0"s,
        "nbase.tar\0/unended"s,
        archive_message("16385.tar", "/srv/ts") + "more",
        "p",
        "p1234567",
        progress_message(1) + "x",
        "mx",
        "\0"s,
    };
    for (const auto& message : messages) {
        INFO(message);
        CHECK(refusal_with(3, data(message)) == ErrorCode::protocol);
        CHECK_THROWS_AS(parse_copy_message(as_bytes(message)), Error);
    }
    CHECK_THROWS_AS(parse_copy_message({}), Error);
    CHECK(refusal_with(4, data("d" + std::string(max_copy_message, 'x'))) == ErrorCode::protocol);
}

TEST_CASE("malformed result sets are refused") {
    const std::vector<std::vector<Row>> positions{
        {},
        {{"0/2000028"}},
        {{"0/2000028", "1"}, {"0/2000028", "1"}},
        {{std::nullopt, "1"}},
        {{"0/2000028", std::nullopt}},
        {{"2000028", "1"}},
        {{"0/2000028", "-1"}},
        {{"0/2000028", "1x"}},
        {{"0/2000028", "4294967296"}},
    };
    for (const auto& position : positions) {
        CHECK(refusal_with(0, rows(position)) == ErrorCode::protocol);
        CHECK(refusal_with(12, rows(position)) == ErrorCode::protocol);
    }
    const std::vector<std::vector<Row>> lists{
        {},
        {space_row},
        {base_row, base_row},
        {space_row, space_row, base_row},
        {{"16385", "/srv/ts"}, base_row},
        {{"0", "/srv/ts", "10"}, base_row},
        {{"16385", "", "10"}, base_row},
        {{"16385", std::nullopt, "10"}, base_row},
        {{"16385", "/srv/ts", std::nullopt}, base_row},
        {{"16385", "/srv/ts", "9999999999999999999"}, base_row},
        {{"16385", "/" + std::string(5000, 'x'), "10"}, base_row},
        {{"99999999999", "/srv/ts", "10"}, base_row},
    };
    for (const auto& list : lists) {
        CHECK(refusal_with(1, rows(list)) == ErrorCode::protocol);
    }
}

TEST_CASE("an end before the start is refused") {
    CHECK(refusal_with(12, rows({{"0/2000020", "1"}})) == ErrorCode::protocol);
    CHECK(refusal_with(12, rows({{"0/2000100", "0"}})) == ErrorCode::protocol);
}
