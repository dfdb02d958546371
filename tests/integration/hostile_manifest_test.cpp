// A real server whose manifest, or what must agree with it, is not what it should be.
#include "tests/integration/backup_edits.hpp"
#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

TEST_CASE("a hostile manifest", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const auto path_to = [](const std::string& path) {
        return with_manifest(resealed(replacing('"' + victim + '"', '"' + path + '"')));
    };
    const HostileCase cases[] = {
        {"wrong digest", with_manifest(resealed(changing_digest(victim))),
         "'" + victim + "' has another "},
        {"wrong size", with_manifest(resealed(restating(victim, "Size", "1"))), "instead of 1"},
        {"changed and not sealed again", with_manifest(changing_digest(victim)),
         "manifest's own checksum does not match"},
        {"cut", with_manifest(cutting(40)), "cannot read 'backup_manifest': line"},
        {"cut in the middle", with_manifest(cutting(20000)), "cannot read 'backup_manifest': line"},
        {"huge number",
         with_manifest(resealed(restating(victim, "Size", "99999999999999999999999"))),
         "a number that is not whole or too large"},
        {"impossible size",
         with_manifest(resealed(restating(victim, "Size", "9223372036854775807"))),
         "cannot be this large"},
        {"path above", path_to("../x"), "path '../x' is not safe"},
        {"absolute path", path_to("/etc/passwd"), "path '/etc/passwd' is not safe"},
        {"path twice", path_to("PG_VERSION"), "file 'PG_VERSION' occurs twice"},
        {"file left out", with_manifest(resealed(removing_line('"' + victim + '"'))),
         "'" + victim + "' is not in the manifest"},
        {"line of 100 KB", path_to(std::string(100000, 'a')), "longer than 65536 bytes"},
        {"nothing but brackets",
         with_manifest([](const std::string&) { return std::string(60000, '['); }),
         "cannot read 'backup_manifest': line 1"},
        {"WAL that is not there",
         with_manifest(resealed(replacing("\"End-LSN\": \"0/", "\"End-LSN\": \"7/"))),
         "is missing"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

namespace {

std::string value_of(const std::string& manifest, const std::string& key) {
    const auto begin = manifest.find('"' + key + "\": ") + key.size() + 4;
    return manifest.substr(begin, manifest.find_first_of(", ", begin) - begin);
}

/// The manifest of a server that asks for the WAL of these ranges, each from and to a key's value.
Tampering asking_for(const std::vector<std::pair<std::string, std::string>>& ranges) {
    return with_manifest(resealed([=](const std::string& text) {
        std::string lines;
        for (const auto& [from, to] : ranges) {
            lines += (lines.empty() ? "" : ",\n") +
                     std::string("{ \"Timeline\": 1, \"Start-LSN\": ") + value_of(text, from) +
                     ", \"End-LSN\": " + value_of(text, to) + " }";
        }
        const auto begin = text.find('{', text.find("\"WAL-Ranges\""));
        return text.substr(0, begin) + lines + text.substr(text.find('}', begin) + 1);
    }));
}

}  // namespace

TEST_CASE("a manifest that does not ask for the WAL of the backup", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    const std::string start = "Start-LSN";
    const std::string end = "End-LSN";
    // Nobody would look at the WAL: here it cannot be replayed.
    const auto with_foreign_wal = [](const Tampering& manifest) -> Tampering {
        return
            [wal = foreign_wal(), manifest](const ServerMessage& message, Delivery& out) mutable {
                (message.session == 1 ? wal : manifest)(message, out);
            };
    };
    const HostileCase cases[] = {
        {"nothing but the start", with_foreign_wal(asking_for({{start, start}})), "WAL"},
        {"nothing but the end", with_foreign_wal(asking_for({{end, end}})), "WAL"},
        {"nothing between", with_foreign_wal(asking_for({{start, start}, {end, end}})), "WAL"},
        {"right range", with_foreign_wal(asking_for({{start, end}})), "written by another cluster"},
    };
    for (const auto& hostile : cases) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("a pg_control of another cluster", "[hostile]") {
    for (const auto& format : std::vector<Arguments>{{}, {"--format", "plain"}}) {
        HostileGround ground(PgVersion::pg15, format);
        ground.check_refused({"pg_control", foreign_pg_control(), "pg_control"});
        ground.check_end();
    }
}

TEST_CASE("a manifest of another cluster", "[hostile]") {
    if (!have_server(PgVersion::pg17)) return;
    HostileGround ground(PgVersion::pg17);
    const Change foreign = [](const std::string& text) {
        const std::string key = "\"System-Identifier\": ";
        const auto begin = text.find(key) + key.size();
        return text.substr(0, begin) + "42" + text.substr(text.find(',', begin));
    };
    ground.check_refused({"system identifier", with_manifest(resealed(foreign)),
                          "its manifest names another system identifier"});
    ground.check_refused({"pg_control", foreign_pg_control(), "pg_control"});
    ground.check_end();
}
