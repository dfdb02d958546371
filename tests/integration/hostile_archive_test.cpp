// A real server whose archive is not what it should be, message by message well-formed.
#include "tests/integration/backup_edits.hpp"
#include "tests/integration/hostile_ground.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/tar_builder.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

std::string special(const std::string& name, char type, const std::string& link = "") {
    RawMember member;
    member.name = name;
    member.type = type;
    member.link = link;
    return tar_member(member);
}

std::string file_of_size(const std::string& name, const std::string& size_field) {
    RawMember member;
    member.name = name;
    member.size_field = size_field;
    return tar_member(member);
}

// What is refused in the tar stream itself, whatever the backup's format.
std::vector<HostileCase> hostile_members(const std::string& outside) {
    const auto link = special("base/way", '2', outside);
    return {
        {"member above", with_tar(inserting(tar_file("../x", "x"))), "'../x' has an unsafe name"},
        {"member further above", with_tar(inserting(tar_file("base/../../x", "x"))),
         "member 'base/../../x' has an unsafe name"},
        {"long name above",
         with_tar(inserting(tar_gnu_long_name("../" + std::string(200, 'a')) + tar_file("a", "a"))),
         "has an unsafe name"},
        {"extended name above", with_tar(inserting(tar_pax("path", "../x") + tar_file("a", "a"))),
         "member '../x' has an unsafe name"},
        {"absolute member", with_tar(inserting(tar_file(outside, "x"))), "has an unsafe name"},
        {"member without a name", with_tar(inserting(tar_file("", "x"))), "name"},
        {"control byte", with_tar(inserting(tar_file("base/\x1b[2J", "x"))),
         "member 'base/\\x1B[2J' has an unsafe name"},
        {"symbolic link", with_tar(inserting(link + tar_file("base/way", "x"))),
         "member 'base/way' is neither a file, a directory nor a tablespace link"},
        {"hard link", with_tar(inserting(special("base/way", '1', "PG_VERSION"))),
         "member 'base/way' is a hard link"},
        {"hard link out", with_tar(inserting(special("base/way", '1', "/etc/passwd"))),
         "member 'base/way' is a hard link"},
        {"device", with_tar(inserting(special("base/way", '3'))),
         "member 'base/way' is neither a file"},
        {"pipe", with_tar(inserting(special("base/way", '6'))),
         "member 'base/way' is neither a file"},
        {"negative size", with_tar(inserting(file_of_size("base/way", std::string(12, '\xFF')))),
         "cannot read archive"},
        {"more than there is", with_tar(resizing("global/pg_control", "00000100000")),
         "cannot read archive"},
        {"wrong header checksum", with_tar(breaking_checksum(victim)), "cannot read archive"},
        {"something after the end", with_tar(appending("x")), "after the end of the archive"},
    };
}

// What only the manifest tells.
std::vector<HostileCase> false_members(bool as_tree = false) {
    const auto about = "'" + victim + "' ";
    return {
        {"flipped byte", with_tar(flipping_byte(victim)), about + "has another "},
        {"member twice", with_tar(doubling(victim)),
         as_tree ? "File exists" : about + "occurs twice"},
        {"member missing", with_tar(removing(victim)), about + "is missing"},
        {"member nobody knows", with_tar(inserting(tar_file("base/new", "x"))),
         "'base/new' is not in the manifest"},
        {"member of another size", with_tar(resizing(victim, "00000001000")), "archive"},
        {"no members", with_tar([](const std::string&) { return tar_finish(); }), "is missing"},
    };
}

}  // namespace

TEST_CASE("a hostile archive, stored as tar", "[hostile]") {
    HostileGround ground(PgVersion::pg15);
    for (const auto& hostile : hostile_members(ground.outside())) ground.check_refused(hostile);
    for (const auto& hostile : false_members()) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("a hostile archive, compressed", "[hostile]") {
    HostileGround ground(PgVersion::pg15, {"--compress", "gzip:1"});
    const auto hostile = hostile_members(ground.outside());
    ground.check_refused(hostile.front());
    ground.check_refused(hostile.back());
    ground.check_refused(false_members().front());
    ground.check_end();
}

TEST_CASE("a hostile archive, compressed by the server", "[hostile]") {
    const Change twice = [](const std::string& stored) { return stored + stored; };
    const Change garbage = [](const std::string& stored) {
        return std::string(stored.size(), 'g');
    };
    const Change flipped = [](std::string stored) {
        char& byte = stored[stored.size() / 2];
        byte = static_cast<char>(byte ^ 1);
        return stored;
    };
    for (const std::string method : {"gzip", "zstd", "lz4"}) {
        HostileGround ground(PgVersion::pg15, {"--compress", "server-" + method});
        const HostileCase cases[] = {
            {"not compressed", with_tar(garbage), "cannot read archive 'base': " + method},
            {"flipped bit", with_tar(flipped), "base"},
            {"cut", with_tar(cutting(100)), "cannot read archive 'base': "},
            {"cut where a checksum may be", with_tar(cutting(4)), "cannot read archive 'base': "},
            {"something after the end", with_tar(appending("xxxxxxxxxxxxxxxx")),
             "cannot read archive 'base': "},
            {"archive twice", with_tar(twice), "there is data after the end of the archive"},
            {"another ending", first(backup_copy('n'), replaced('d', archive_message("base.tar"))),
             "sent the archive name 'base.tar'"},
        };
        for (const auto& hostile : cases) ground.check_refused(hostile);
        ground.check_end();
    }
}

TEST_CASE("a hostile archive, stored as a tree", "[hostile]") {
    HostileGround ground(PgVersion::pg15, {"--format", "plain"});
    for (const auto& hostile : hostile_members(ground.outside())) ground.check_refused(hostile);
    for (const auto& hostile : false_members(true)) ground.check_refused(hostile);
    ground.check_end();
}

TEST_CASE("a tablespace link that was not announced", "[hostile]") {
    const auto link = with_tar(inserting(special("pg_tblspc/99999", '2', "/etc")));
    for (const auto& format : std::vector<Arguments>{{}, {"--format", "plain"}}) {
        HostileGround ground(PgVersion::pg15, format);
        ground.check_refused({"link", link, "tablespace"});
        ground.check_end();
    }
}

TEST_CASE("rights of a member do not become those of a stored file", "[hostile]") {
    HostileGround ground(PgVersion::pg15, {"--format", "plain"});
    const auto only_owner = [](const fs::path& backup) {
        const auto perms = fs::status(backup / "data" / victim).permissions();
        CHECK(perms == (fs::perms::owner_read | fs::perms::owner_write));
    };
    ground.check_harmless({"set-uid", with_tar(changing_mode(victim, "0006777")), ""}, only_owner);
    ground.check_end();
}
