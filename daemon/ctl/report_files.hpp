// The files of reports, of a cluster or of the repository, which are the client's: report.json for
// programs and for comparing, report.html for people.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "daemon/ctl/command_line.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// A page that needs nothing besides itself, of the kind that the report's "source" tells. `nonce`
/// (letters and digits, nobody could know it beforehand) marks what the page may run: whatever else
/// found its way into it does nothing. Pure.
std::string report_page(const Json& report, const std::string& nonce);

/// What `line` asks to be done with the result of "explore" or "report": --out writes both files
/// into a directory, made when only it is missing, in place of earlier ones, and adds their paths
/// to the result as "written". Empty when it asks for nothing.
std::function<void(Json& result)> report_keeper(const CommandLine& line);

/// True when `line` asks for what no daemon is needed for: explore --diff.
bool compares_reports(const CommandLine& line);
/// The result of such a line. Error{usage} when a file is no report. Thread: any (reads the disk).
Json compare_report_files(const CommandLine& line);

}  // namespace tsb
