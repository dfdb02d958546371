// The house rules that a compiler does not check. Each takes the project's files and returns what
// breaks it; rules_test.cpp proves that each can fail, tree_test.cpp applies them.
#pragma once

#include "tests/tidy/source.hpp"

namespace tsb::tidy {

inline constexpr auto npos = std::string_view::npos;

inline constexpr std::size_t most_file_lines = 400;
inline constexpr std::size_t most_function_lines = 70;

/// Includes go downward: base < io < {pg, repo, plan} < ops < config < daemon. The control wire
/// format (daemon/wire, daemon/verb_spec) sees only base, and daemon/ctl only these two.
Violations upward_includes(const Files& files);
/// Headers of a library appear only where that library is at home, so libpq only in core/pg.
Violations strayed_libraries(const Files& files);
Violations long_files(const Files& files);
/// Counted from the first line of the signature to the closing brace; test cases may be longer.
Violations long_functions(const Files& files);
/// A statement with co_await that holds a braced temporary, a braced list or a lambda with a value
/// capture: g++ 12 destroys those twice (PR 107288).
Violations temporaries_beside_await(const Files& files);
/// Marks of unfinished work.
Violations unfinished_marks(const Files& files);
/// Paths that exist only where this was written.
Violations machine_paths(const Files& files);
/// Product code or a script that would run PostgreSQL's WAL reset program (I5).
Violations wal_resets(const Files& files);
/// Product code that removes or renames backup_label or tablespace_map (I5); ".old" is fine.
Violations label_removals(const Files& files);

}  // namespace tsb::tidy
