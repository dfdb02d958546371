#include <algorithm>

#include "core/base/error.hpp"
#include "core/pg/manifest.hpp"

namespace tsb {
namespace {

constexpr std::size_t problems_told = 5;

/// One line about a member.
std::string about(std::string_view path, const std::string& problem) {
    return "'" + printable(path) + "' " + problem;
}

}  // namespace

ManifestProof::ManifestProof(const Manifest& manifest)
    : manifest_(manifest), seen_(manifest.files().size()) {}

std::string ManifestProof::check(std::string_view path, std::uint64_t size, Bytes digest,
                                 std::optional<DigestKind> required) {
    const auto index = manifest_.files().index_of(path);
    if (!index) return about(path, "is not in the manifest");
    if (seen_[*index]) return about(path, "occurs twice");
    seen_[*index] = true;
    ++checked_;
    const FileEntry expected = manifest_.files()[*index];
    if (size != expected.size) {
        return about(path, "has " + std::to_string(size) + " bytes instead of " +
                               std::to_string(expected.size));
    }
    if (expected.digest_kind != DigestKind::none && !std::ranges::equal(digest, expected.digest)) {
        return about(path, "has another " + std::string(to_string(expected.digest_kind)) +
                               " digest than was recorded");
    }
    if (required && *required != expected.digest_kind) {
        return about(path,
                     "has no " + std::string(to_string(*required)) + " digest in the manifest");
    }
    return {};
}

std::vector<std::string> ManifestProof::missing(std::size_t limit) const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < seen_.size() && lines.size() < limit; ++i) {
        if (!seen_[i]) lines.push_back(about(manifest_.files()[i].path, "is missing"));
    }
    return lines;
}

void MemberTable::prove(const Manifest& manifest) {
    members_.sort();
    ManifestProof proof(manifest);
    std::vector<std::string> problems;
    std::size_t count = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const FileEntry member = members_[i];
        std::string problem =
            proof.check(member.path, member.size, member.digest, member.digest_kind);
        if (problem.empty()) continue;
        if (++count <= problems_told) problems.push_back(std::move(problem));
    }
    for (std::string& line : proof.missing(problems_told - problems.size())) {
        problems.push_back(std::move(line));
    }
    count += manifest.files().size() - proof.checked();
    if (count == 0) return;

    std::string message = "cannot prove the backup: ";
    for (const std::string& problem : problems) {
        if (&problem != &problems.front()) message += "; ";
        message += problem;
    }
    if (count > problems.size()) {
        message += "; and " + std::to_string(count - problems.size()) + " more";
    }
    throw Error(ErrorCode::proof_failed, message);
}

}  // namespace tsb
