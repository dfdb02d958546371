// Pages of reports in a real browser, and what tests read from what it has made of them.
#pragma once

#include <string>
#include <vector>

#include "daemon/wire.hpp"

namespace tsb::test {

/// False, said on stderr, where there is no browser; with CI set to "true" that throws.
bool have_browser();

/// The page of `report`, with a nonce that shown() knows.
std::string page_of(const Json& report);

/// The page as the browser has it after `script`, which is run as one of the page's own. `address`
/// is what stands behind the '#'.
std::string shown(const std::string& page, const std::string& script = {},
                  const std::string& address = {});

/// What stands in `dom` between `begin` and the next `end`, for each `begin` in turn.
std::vector<std::string> all_between(const std::string& dom, const std::string& begin,
                                     const std::string& end);
/// The content of the one section `id`.
std::string section(const std::string& dom, const std::string& id);

/// A script that must not run, and whether it has.
inline constexpr const char* mark = "document.body.dataset.owned = 'yes'";
bool owned(const std::string& dom);

}  // namespace tsb::test
