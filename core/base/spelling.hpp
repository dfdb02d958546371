// Finds the word that was probably meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tsb {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. Thread: any.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The nearest of `known` within a third of the length of `word` (at least one edit); empty when
/// none is that near. Thread: any.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace tsb
