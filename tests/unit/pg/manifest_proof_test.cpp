#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/pg/manifest_text.hpp"

using namespace tsb;
using namespace tsb::test;

TEST_CASE("a proof names what is extra, repeated, resized, changed and missing") {
    const Manifest manifest =
        parse(with_files(file_line("a") + "," + file_line("b") + "," + file_line("c") + "," +
                         file_line("d") + R"(,{ "Path": "e", "Size": 1 })"));
    ManifestProof proof(manifest);
    auto changed = digest_of_abc();
    changed.back() ^= std::byte{1};

    CHECK(proof.check("a", 3, digest_of_abc()).empty());
    CHECK(proof.check("a", 3, digest_of_abc()) == "'a' occurs twice");
    CHECK(proof.check("b", 4, digest_of_abc()) == "'b' has 4 bytes instead of 3");
    CHECK(proof.check("c", 3, changed) == "'c' has another SHA256 digest than was recorded");
    CHECK(proof.check("x\n", 3, digest_of_abc()) == "'x\\x0A' is not in the manifest");
    CHECK(proof.checked() == 3);
    CHECK(proof.missing() == std::vector<std::string>{"'d' is missing", "'e' is missing"});
    CHECK(proof.missing(1) == std::vector<std::string>{"'d' is missing"});
    CHECK(proof.check("d", 3, {}) == "'d' has another SHA256 digest than was recorded");
    CHECK(proof.check("e", 1, {}).empty());
    CHECK(proof.missing().empty());
}

namespace {

/// The refusal of a table that `fill` filled; empty when it is proven.
std::string proof_refusal(const Manifest& manifest, const std::function<void(MemberTable&)>& fill) {
    MemberTable table;
    try {
        fill(table);
        table.prove(manifest);
    } catch (const Error& error) {
        return error.code() == ErrorCode::proof_failed ? error.what() : "other code";
    }
    return {};
}

}  // namespace

TEST_CASE("a member table is proven only when it equals the manifest") {
    const Manifest manifest = parse(manifest_text());
    const auto good = digest_of_abc();
    const auto both = [&](MemberTable& table) {
        table.add("base/1/112", 3, DigestKind::sha256, good);
        table.add("PG_VERSION", 3, DigestKind::sha256, good);
    };
    CHECK(proof_refusal(manifest, both).empty());
    CHECK(proof_refusal(manifest, [&](MemberTable& table) {
              table.add("PG_VERSION", 3, DigestKind::sha256, good);
          }) == "cannot prove the backup: 'base/1/112' is missing");
    CHECK(proof_refusal(manifest, [&](MemberTable& table) {
              both(table);
              table.add("PG_VERSION", 3, DigestKind::sha256, good);
          }) == "cannot prove the backup: 'PG_VERSION' occurs twice");
    CHECK(proof_refusal(manifest, [&](MemberTable& table) {
              both(table);
              table.add("x", 0, DigestKind::sha256, {});
          }) == "cannot prove the backup: 'x' is not in the manifest");
}

TEST_CASE("a manifest that leaves a member's digest out, or names another kind, proves nothing") {
    const auto with_entry = [](const std::string& entry) {
        return proof_refusal(parse(with_files(entry)), [](MemberTable& table) {
            table.add("a", 3, DigestKind::sha256, digest_of_abc());
        });
    };
    CHECK(with_entry(file_line("a")).empty());
    CHECK(with_entry(R"({ "Path": "a", "Size": 3 })") ==
          "cannot prove the backup: 'a' has no SHA256 digest in the manifest");
    CHECK(with_entry(R"({ "Path": "a", "Size": 3, "Checksum-Algorithm": "CRC32C", )"
                     R"("Checksum": "01020304" })") ==
          "cannot prove the backup: 'a' has another CRC32C digest than was recorded");
}

TEST_CASE("a long list of problems is told by its first five and a count") {
    const Manifest manifest = parse(manifest_text());
    const std::string message = proof_refusal(manifest, [](MemberTable& table) {
        for (char c : std::string("abcd")) table.add(std::string(1, c), 1, DigestKind::sha256, {});
        table.add("PG_VERSION", 1, DigestKind::sha256, {});
        table.add("z", 1, DigestKind::sha256, {});
    });
    CHECK(contains(message, "'PG_VERSION' has 1 bytes instead of 3; 'a' is not in the manifest; "));
    CHECK(contains(message, "'d' is not in the manifest; and 2 more"));
}

TEST_CASE("members of tablespace archives have their path in the manifest") {
    CHECK(manifest_path("base", "global/1262") == "global/1262");
    CHECK(manifest_path("16385", "PG_15_202209061/5/1") == "pg_tblspc/16385/PG_15_202209061/5/1");
}
