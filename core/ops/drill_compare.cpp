#include "core/ops/drill_compare.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/pg/database_contents.hpp"

namespace tsb {

namespace {

constexpr std::uint32_t first_normal_xid = 3;
constexpr const char* timescaledb = "timescaledb";

struct Number {
    const char* what;
    std::uint64_t DatabaseContents::*of;
};

constexpr std::array numbers = {
    Number{"tables", &DatabaseContents::tables},
    Number{"hypertables", &DatabaseContents::hypertables},
    Number{"chunks", &DatabaseContents::chunks},
    Number{"continuous aggregates", &DatabaseContents::continuous_aggregates},
    Number{"jobs", &DatabaseContents::jobs},
    Number{"policies", &DatabaseContents::policies},
};

std::string named(const std::string& database) {
    return "database '" + printable(database) + "'";
}

std::string extension_text(const std::string& name, const std::string& version) {
    const std::string shown = "extension '" + printable(name) + "'";
    return version.empty() ? "no " + shown : shown + " " + printable(version);
}

void compare_extension(const DrilledDatabase& found, const ExtensionInfo& recorded,
                       std::vector<Difference>& differences) {
    const std::string version = extension_version(found.contents, recorded.name);
    if (version == recorded.version) return;
    differences.push_back({fmt::format("{} has {}, recorded was {}", named(found.name),
                                       extension_text(recorded.name, version),
                                       extension_text(recorded.name, recorded.version)),
                           recorded.xid});
}

void compare_extensions(const DrilledDatabase& found, const DatabaseContents& recorded,
                        std::vector<Difference>& differences) {
    for (const ExtensionInfo& extension : recorded.extensions) {
        compare_extension(found, extension, differences);
    }
    for (const ExtensionInfo& extension : found.contents.extensions) {
        if (!extension_version(recorded, extension.name).empty()) continue;
        compare_extension(found, {extension.name, "", 0}, differences);
    }
}

void compare_numbers(const DrilledDatabase& found, const DatabaseContents& recorded,
                     std::vector<Difference>& differences) {
    std::string text;
    for (const Number& number : numbers) {
        const std::uint64_t here = found.contents.*number.of;
        const std::uint64_t there = recorded.*number.of;
        if (here == there) continue;
        text += fmt::format("{}{} {} (recorded: {})", text.empty() ? "" : ", ", here, number.what,
                            there);
    }
    if (!text.empty()) differences.push_back({named(found.name) + " has " + text, 0});
}

}  // namespace

Difference missing_database(const DatabaseInfo& recorded) {
    return {named(recorded.name) + " was there after the backup and is not in it", recorded.xid};
}

Difference half_dropped_database(const DatabaseInfo& recorded) {
    return {named(recorded.name) + " was being dropped when the backup ended", 0};
}

std::vector<Difference> differences(const DrilledDatabase& found, const DatabaseInfo& recorded) {
    std::vector<Difference> differences;
    if (recorded.contents) {
        compare_extensions(found, *recorded.contents, differences);
        compare_numbers(found, *recorded.contents, differences);
    } else if (recorded.problem.empty()) {
        // Of an earlier version, which recorded no more.
        compare_extension(found, {timescaledb, recorded.timescaledb_version, 0}, differences);
    }
    return differences;
}

std::optional<std::uint64_t> full_xid(std::uint64_t next, std::uint32_t xid) {
    if (xid < first_normal_xid) return xid;
    // The counter has 32 bits in a row and goes round: what is behind by less than half is older.
    const auto behind = static_cast<std::int32_t>(static_cast<std::uint32_t>(next) - xid);
    if (behind <= 0 || next < static_cast<std::uint64_t>(behind)) return std::nullopt;
    return next - static_cast<std::uint64_t>(behind);
}

}  // namespace tsb
