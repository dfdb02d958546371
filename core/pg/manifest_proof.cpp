#include "core/base/error.hpp"
#include "core/pg/manifest.hpp"

namespace tsb {
namespace {

constexpr std::size_t problems_told = 5;

/// One line about a member.
std::string about(const std::string& path, const std::string& problem) {
    return "'" + printable(path) + "' " + problem;
}

}  // namespace

ManifestProof::ManifestProof(const Manifest& manifest)
    : manifest_(manifest), seen_(manifest.files().size()) {}

std::string ManifestProof::check(const std::string& path, std::uint64_t size,
                                 const std::vector<std::byte>& digest) {
    const ManifestFile* expected = manifest_.find(path);
    if (expected == nullptr) return about(path, "is not in the manifest");
    auto seen = seen_[static_cast<std::size_t>(expected - manifest_.files().data())];
    if (seen) return about(path, "occurs twice");
    seen = true;
    ++checked_;
    if (size != expected->size) {
        return about(path, "has " + std::to_string(size) + " bytes instead of " +
                               std::to_string(expected->size));
    }
    if (expected->digest_kind != DigestKind::none && digest != expected->digest) {
        return about(path, "has another " + std::string(to_string(expected->digest_kind)) +
                               " digest than the manifest says");
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

void MemberTable::add(const std::string& path, std::uint64_t size, std::vector<std::byte> digest) {
    if (!members_.try_emplace(path, Member{size, std::move(digest)}).second) {
        throw Error(ErrorCode::proof_failed,
                    "cannot prove the backup: " + about(path, "occurs twice"));
    }
}

void MemberTable::prove(const Manifest& manifest) const {
    ManifestProof proof(manifest);
    std::vector<std::string> problems;
    std::size_t count = 0;
    for (const auto& [path, member] : members_) {
        std::string problem = proof.check(path, member.size, member.digest);
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
