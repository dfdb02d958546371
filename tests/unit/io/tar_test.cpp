// walk_tar on good and hostile archives, and the headers that tar_writer makes.
#include "core/io/tar_reader.hpp"
#include "core/io/tar_writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/sources.hpp"
#include "tests/unit/io/tar_builder.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// Writes down what it is told: "file a/b 3 [abc]; " and so on.
class Recorder : public MemberVisitor {
public:
    void begin(const TarMember& member) override {
        REQUIRE(!open_);
        open_ = true;
        text += member.kind == FileKind::file        ? "file "
                : member.kind == FileKind::directory ? "directory "
                                                     : "link ";
        text += member.path + " " + std::to_string(member.size) + " ";
        if (!member.link_target.empty()) text += "-> " + member.link_target + " ";
        text += "[";
    }
    void data(Bytes bytes) override {
        REQUIRE(!bytes.empty());
        text += as_text(bytes);
    }
    void end() override {
        REQUIRE(open_);
        open_ = false;
        text += "]; ";
    }
    std::string text;

private:
    bool open_ = false;
};

std::string walked(const std::string& archive, std::size_t run = 1 << 20) {
    MemorySource source(archive, run);
    Recorder recorder;
    walk_tar(source, "base.tar", recorder);
    REQUIRE(source.drained());
    return recorder.text;
}

ErrorCode walk_code(const std::string& archive, std::size_t run = 1 << 20) {
    return code_of([&] { walked(archive, run); });
}

RawMember raw(const std::string& name, char type) {
    RawMember member;
    member.name = name;
    member.type = type;
    return member;
}

RawMember raw_link(const std::string& name, char type, const std::string& link) {
    RawMember member = raw(name, type);
    member.link = link;
    return member;
}

const std::string small_archive =
    tar_directory("base/") + tar_directory("base/1") + tar_file("base/1/1259", "catalogue") +
    tar_file("PG_VERSION", "") + tar_member(raw_link("pg_tblspc/16384", '2', "/srv/space"));
const std::string small_text =
    "directory base 0 []; directory base/1 0 []; file base/1/1259 9 [catalogue]; "
    "file PG_VERSION 0 []; link pg_tblspc/16384 0 -> /srv/space []; ";

}  // namespace

TEST_CASE("members come in order whatever the size of the runs") {
    for (const std::size_t run : {1UL, 2UL, 3UL, 511UL, 512UL, 513UL, 1UL << 20}) {
        CAPTURE(run);
        CHECK(walked(small_archive + tar_finish(), run) == small_text);
        CHECK(walked(small_archive, run) == small_text);
        CHECK(walked(small_archive + tar_finish() + std::string(9000, '\0'), run) == small_text);
    }
}

TEST_CASE("an archive of nothing has no members") {
    CHECK(walked("").empty());
    CHECK(walked(tar_finish()).empty());
}

TEST_CASE("a cut inside a member is seen at every byte") {
    const std::string archive = tar_file("a", rows(700));
    for (std::size_t size = 1; size < archive.size(); ++size) {
        CAPTURE(size);
        REQUIRE(walk_code(archive.substr(0, size)) == ErrorCode::damaged);
    }
    CHECK(walk_code(archive.substr(0, 600), 1) == ErrorCode::damaged);
}

TEST_CASE("data after the end of the archive is seen, near and far") {
    for (const std::size_t run : {1UL, 512UL, 1UL << 20}) {
        for (const std::size_t zeros : {0UL, 1UL, 511UL, 512UL, 5000UL, 3UL << 20}) {
            if (run == 1 && zeros > 5000) continue;
            CAPTURE(run, zeros);
            const std::string tail = std::string(zeros, '\0') + "x";
            CHECK(walk_code(small_archive + tar_finish() + tail, run) == ErrorCode::damaged);
        }
    }
    CHECK(walk_code(small_archive + tar_finish() + small_archive) == ErrorCode::damaged);
    CHECK(walk_code(small_archive + std::string(512, '\0') + small_archive) == ErrorCode::damaged);
}

TEST_CASE("names that leave the directory or cannot be shown are refused") {
    for (const std::string& name :
         {std::string("../x"), std::string("/etc/x"), std::string("a/../x"), std::string("a/.."),
          std::string(".."), std::string("."), std::string("././a"), std::string(".//a"),
          std::string("a/./b"), std::string("a//b"), std::string("//a"), std::string("a\nb"),
          std::string("a\x1B[2J"), std::string("\x7F"), std::string("\x01")}) {
        CAPTURE(name);
        CHECK(!safe_member_path(name));
        CHECK(walk_code(tar_file(name, "x") + tar_finish()) == ErrorCode::damaged);
        CHECK(walk_code(tar_directory(name) + tar_finish()) == ErrorCode::damaged);
        CHECK(walk_code(tar_pax("path", name) + tar_file("ok", "x") + tar_finish()) ==
              ErrorCode::damaged);
        CHECK(walk_code(tar_gnu_long_name(name) + tar_file("ok", "x") + tar_finish()) ==
              ErrorCode::damaged);
    }
    CHECK(!safe_member_path(""));
    CHECK(!safe_member_path("a/"));
    CHECK(!safe_member_path(std::string("a\0b", 3)));
    CHECK(walk_code(tar_directory("a//") + tar_finish()) == ErrorCode::damaged);
    CHECK(walk_code(tar_file("", "x") + tar_finish()) == ErrorCode::damaged);
}

TEST_CASE("a leading dot, as servers send it, is left out") {
    CHECK(walked(tar_directory("./pg_wal/archive_status")) ==
          "directory pg_wal/archive_status 0 []; ");
    CHECK(walked(tar_file("./a", "x")) == "file a 1 [x]; ");
    CHECK(!safe_member_path("./a"));
    for (const char* name : {"./", "./.", "./..", "./../a"}) {
        CHECK(walk_code(tar_directory(name) + tar_finish()) == ErrorCode::damaged);
    }
}

TEST_CASE("unusual but harmless names are members") {
    for (const std::string& name : {std::string("..."), std::string("a b"), std::string("-rf"),
                                    std::string("caf\xC3\xA9"), std::string("bad\xFF\xFE")}) {
        CAPTURE(name);
        CHECK(safe_member_path(name));
        CHECK(walked(tar_file(name, "x")) == "file " + name + " 1 [x]; ");
        CHECK(walked(tar_pax("path", name) + tar_file("other", "x")) ==
              "file " + name + " 1 [x]; ");
    }
}

TEST_CASE("long names are members up to the limit") {
    for (const std::size_t size : {101UL, 255UL, 1000UL}) {
        const std::string name(size, 'n');
        CHECK(walked(tar_gnu_long_name(name) + tar_file("short", "x")) ==
              "file " + name + " 1 [x]; ");
        CHECK(walked(tar_pax("path", name) + tar_file("short", "x")) ==
              "file " + name + " 1 [x]; ");
    }
    const std::string too_long(1001, 'n');
    CHECK(walk_code(tar_gnu_long_name(too_long) + tar_file("short", "x")) == ErrorCode::damaged);
    CHECK(walk_code(tar_pax("path", too_long) + tar_file("short", "x")) == ErrorCode::damaged);
    CHECK(walk_code(tar_gnu_long_name(std::string(3 << 20, 'n')) + tar_file("short", "x")) ==
          ErrorCode::damaged);
}

TEST_CASE("links, devices, pipes and sparse files are refused") {
    for (const RawMember& member :
         {raw_link("a", '1', "base/1/1259"), raw_link("a", '1', "/etc/passwd"),
          raw_link("a", '2', "/etc"), raw_link("base/16384", '2', "/etc"),
          raw_link("pg_tblspc/x", '2', "/etc"), raw_link("pg_tblspc/1/2", '2', "/etc"),
          raw_link("pg_tblspc/12345678901", '2', "/etc"), raw_link("x/pg_tblspc/1", '2', "/etc"),
          raw("a", '3'), raw("a", '4'), raw("a", '6')}) {
        CAPTURE(member.name, member.type, member.link);
        CHECK(walk_code(small_archive + tar_member(member) + tar_finish()) == ErrorCode::damaged);
    }
    RawMember link_with_data = raw_link("a", '1', "base/1/1259");
    link_with_data.data = "x";
    CHECK(walk_code(tar_pax("comment", "x") + tar_member(link_with_data) + tar_finish()) ==
          ErrorCode::damaged);
    const std::string sparse = tar_pax({{"GNU.sparse.major", "1"},
                                        {"GNU.sparse.minor", "0"},
                                        {"GNU.sparse.name", "a"},
                                        {"GNU.sparse.realsize", "105"}}) +
                               tar_file("a", "1\n100\n5\n" + std::string(504, '\0') + "12345");
    CHECK(walk_code(sparse + tar_finish()) == ErrorCode::damaged);
}

TEST_CASE("sizes that cannot be are refused") {
    RawMember member = raw("a", '0');
    for (const std::string& size :
         {std::string("77777777777"),
          std::string("\x80\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
          std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
          std::string("\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12)}) {
        member.size_field = size;
        CHECK(walk_code(tar_member(member) + tar_finish()) == ErrorCode::damaged);
    }
    CHECK(walk_code(tar_pax("size", "999999999999999") + tar_file("a", "x")) == ErrorCode::damaged);
    CHECK(walk_code(tar_pax("size", "-5") + tar_file("a", "x") + tar_finish()) ==
          ErrorCode::damaged);
}

TEST_CASE("a wrong header checksum and bytes that are no tar are refused") {
    std::string archive = small_archive + tar_file("last", "x");
    archive[small_archive.size()] ^= 1;
    CHECK(walk_code(archive) == ErrorCode::damaged);
    CHECK(walk_code("certainly not a tar archive") == ErrorCode::damaged);
    CHECK(walk_code(noise(10'000)) == ErrorCode::damaged);
}

TEST_CASE("a failure of the source or of the visitor passes through unchanged") {
    for (const std::size_t size : {0UL, 1UL, 512UL, 1600UL, small_archive.size()}) {
        MemorySource source(small_archive.substr(0, size), 100, true);
        Recorder recorder;
        CHECK(code_of([&] { walk_tar(source, "base.tar", recorder); }) == ErrorCode::protocol);
    }
    class Refuser : public Recorder {
        void data(Bytes) override { throw Error(ErrorCode::disk_full, "no room"); }
    };
    MemorySource source(small_archive);
    Refuser refuser;
    CHECK(code_of([&] { walk_tar(source, "base.tar", refuser); }) == ErrorCode::disk_full);
}

TEST_CASE("what tar_writer writes, walk_tar reads") {
    std::string archive;
    for (const std::size_t size : {0UL, 1UL, 511UL, 512UL, 513UL}) {
        const auto header =
            tar_file_header(std::string("w").append(std::to_string(size)), size, 1'700'000'000);
        archive += as_text(header);
        archive += rows(size);
        archive += as_text(tar_padding(size));
    }
    archive += as_text(tar_end());
    CHECK(archive.size() % 512 == 0);
    CHECK(walked(archive) == "file w0 0 []; file w1 1 [" + rows(1) + "]; file w511 511 [" +
                                 rows(511) + "]; file w512 512 [" + rows(512) +
                                 "]; file w513 513 [" + rows(513) + "]; ");
    CHECK(archive.starts_with(tar_file("w0", "").substr(0, 100)));
    CHECK_THROWS_AS(tar_file_header(std::string(101, 'n'), 0, 0), Error);
    CHECK_THROWS_AS(tar_file_header("a", 1ULL << 33, 0), Error);
    CHECK_NOTHROW(tar_file_header(std::string(100, 'n'), (1ULL << 33) - 1, 0));
}
