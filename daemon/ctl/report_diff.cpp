#include "daemon/ctl/report_diff.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace tsb {
namespace {

/// One list of a report: how its items are called, what tells them apart, what may change in them.
struct Kind {
    const char* list;
    const char* what;
    std::vector<const char*> identity;
    std::vector<const char*> fields;
};

std::vector<Kind> kinds() {
    return {
        {"databases", "database", {"name"}, {"owner", "encoding", "collation", "size_bytes"}},
        {"roles",
         "role",
         {"name"},
         {"login", "superuser", "replication", "createdb", "createrole", "member_of"}},
        {"settings", "setting", {"source", "name"}, {"value"}},
        {"schemas", "schema", {"database", "name"}, {"owner"}},
        {"extensions", "extension", {"database", "name"}, {"version", "schema"}},
        {"tables",
         "table",
         {"database", "schema", "name"},
         {"kind", "owner", "total_bytes", "rows"}},
        {"indexes",
         "index",
         {"database", "schema", "name"},
         {"table", "unique", "valid", "definition", "size_bytes"}},
        {"hypertables",
         "hypertable",
         {"database", "schema", "name"},
         {"chunk_interval", "range_start", "range_end", "chunks", "compressed_chunks"}},
        {"chunks", "chunk", {"database", "schema", "hypertable", "name"}, {"compressed"}},
        {"continuous_aggregates",
         "continuous aggregate",
         {"database", "schema", "name"},
         {"owner", "source", "materialized_only", "definition", "size_bytes"}},
        {"jobs",
         "job",
         {"database", "id"},
         {"name", "procedure", "target", "every", "scheduled", "config"}},
    };
}

using Identity = std::vector<std::string>;
using Items = std::map<Identity, const Json*>;

std::string text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_null() ? "" : value.dump();
}

Items items_of(const Json& report, const Kind& kind) {
    Items items;
    const auto list = report.find(kind.list);
    if (list == report.end()) return items;
    for (const Json& item : *list) {
        Identity identity;
        for (const char* const key : kind.identity) identity.push_back(text_of(item.at(key)));
        items.emplace(std::move(identity), &item);
    }
    return items;
}

std::string name_of(const Identity& identity) {
    std::string name;
    for (const std::string& part : identity) name += (name.empty() ? "" : ".") + part;
    return name;
}

Json change(const char* how, const Kind& kind, const Identity& identity) {
    return {{"change", how}, {"what", kind.what}, {"name", name_of(identity)}};
}

/// Of `kind`: the items that `others` lacks.
void add_missing(const char* how, const Kind& kind, const Items& items, const Items& others,
                 Json& changes) {
    for (const auto& [identity, item] : items) {
        if (!others.contains(identity)) changes.push_back(change(how, kind, identity));
    }
}

struct Growth {
    std::uint64_t amount;  // either way
    Json change;
};

void compare_items(const Kind& kind, const Identity& identity, const Json& before,
                   const Json& after, Json& changes, std::vector<Growth>& growths) {
    for (const char* const field : kind.fields) {
        const Json old_value = before.value(field, Json());
        const Json new_value = after.value(field, Json());
        if (old_value == new_value || old_value.is_null() || new_value.is_null()) continue;
        const bool counted = old_value.is_number_unsigned() && new_value.is_number_unsigned();
        const bool grew = counted && old_value < new_value;
        const char* const how = !counted ? "changed" : grew ? "grew" : "shrank";
        Json entry = change(how, kind, identity);
        entry["field"] = field;
        entry["before"] = old_value;
        entry["after"] = new_value;
        if (!counted) {
            changes.push_back(std::move(entry));
            continue;
        }
        const auto from = old_value.get<std::uint64_t>();
        const auto to = new_value.get<std::uint64_t>();
        growths.push_back({grew ? to - from : from - to, std::move(entry)});
    }
}

void compare_kind(const Kind& kind, const Json& before, const Json& after, Json& changes) {
    const Items old_items = items_of(before, kind);
    const Items new_items = items_of(after, kind);
    add_missing("appeared", kind, new_items, old_items, changes);
    add_missing("vanished", kind, old_items, new_items, changes);
    std::vector<Growth> growths;
    for (const auto& [identity, item] : old_items) {
        const auto found = new_items.find(identity);
        if (found == new_items.end()) continue;
        compare_items(kind, identity, *item, *found->second, changes, growths);
    }
    std::ranges::stable_sort(growths, std::ranges::greater(), &Growth::amount);
    for (Growth& growth : growths) changes.push_back(std::move(growth.change));
}

}  // namespace

Json compare_reports(const Json& before, const Json& after) {
    try {
        Json changes = Json::array();
        for (const Kind& kind : kinds()) compare_kind(kind, before, after, changes);
        return {{"changes", std::move(changes)}};
    } catch (const Json::exception&) {
        throw Error(ErrorCode::usage, "cannot compare reports: one of them has another shape",
                    "give two files report.json that 'explore --out' wrote");
    }
}

}  // namespace tsb
