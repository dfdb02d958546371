// What has changed between two cluster reports: what appeared, what vanished, what grew, shrank or
// is otherwise different. Pure.
#pragma once

#include "daemon/wire.hpp"

namespace tsb {

/// {"changes": [...]}: kind by kind, in each what appeared, vanished, changed, and then what grew
/// or shrank, the most first. A change has "change", "what" and "name", and where one value differs
/// "field", "before" and "after". Fields that either report does not have, or does not know, are
/// not compared. Throws Error{usage} when one of them is no report.
Json compare_reports(const Json& before, const Json& after);

}  // namespace tsb
