// Backups for the tests of retention, and what a verdict says of them.
#pragma once

#include <algorithm>
#include <set>

#include "core/base/clock.hpp"
#include "core/plan/retention.hpp"
#include "tests/support/catch.hpp"

namespace tsb::test {

/// A good backup of `system_identifier` that ended at `stopped_at`, ISO 8601, which is its id too.
inline BackupFacts good_backup(const std::string& stopped_at, std::uint64_t system_identifier = 1) {
    BackupFacts facts;
    facts.id = stopped_at;
    facts.system_identifier = system_identifier;
    facts.stopped_at = from_iso8601(stopped_at);
    return facts;
}

inline std::set<std::string> kept_ids(const std::vector<Verdict>& verdicts) {
    std::set<std::string> ids;
    for (const Verdict& verdict : verdicts) {
        if (verdict.keep) ids.insert(verdict.id);
    }
    return ids;
}

/// The sentence for the backup `id`, which must be among them.
inline std::string sentence_of(const std::vector<Verdict>& verdicts, const std::string& id) {
    const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                    [&](const Verdict& verdict) { return verdict.id == id; });
    REQUIRE(found != verdicts.end());
    return to_sentence(*found);
}

}  // namespace tsb::test
