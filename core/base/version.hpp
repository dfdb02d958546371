// The version of tsbackup, from the root CMakeLists.txt.
#pragma once

namespace tsb {

inline constexpr const char* version = TSB_VERSION;

}  // namespace tsb
