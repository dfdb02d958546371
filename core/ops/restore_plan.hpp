// What a restore would do and what stands against it, without doing any of it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/ops/restore.hpp"
#include "core/ops/restore_preflight.hpp"

namespace tsb {

struct RestorePlan {
    std::string backup_id;
    std::shared_ptr<const Metadata> metadata;
    std::filesystem::path target;
    std::optional<FileOwner> owner;  // nothing: as whom this process works
    std::vector<TablespacePlan> tablespaces;
    std::vector<SpaceNeed> space;
    std::vector<std::string> notes;  // what the operator should know
    std::vector<Error> refusals;     // why it would not begin, each with its hint; empty: it would
};

/// Looks at all that restore_backup() decides before it writes; goes on after a refusal, so that
/// all of them are told at once. Error as open_backup() when there is no such backup. What only
/// reading the stored bytes can tell, it does not tell. Thread: worker (blocks).
RestorePlan plan_restore(Repository& repository, const RestoreOptions& options);

}  // namespace tsb
