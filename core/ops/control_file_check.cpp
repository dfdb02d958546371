#include "core/ops/control_file_check.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace {

// PG_CONTROL_FILE_SIZE of pg_control.h.
constexpr std::size_t control_file_size = 8192;

}  // namespace

std::string control_file_problem(Bytes content, std::uint64_t system_identifier) {
    if (content.empty()) {
        return "'global/pg_control' is missing";
    }
    try {
        const std::uint64_t found = parse_pg_control(content).system_identifier;
        if (found != system_identifier) {
            return "'global/pg_control' is of the cluster with system identifier " +
                   std::to_string(found) + ", not " + std::to_string(system_identifier);
        }
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

void ControlFileCheck::begin(const TarMember& member) {
    keeping_ = member.kind == FileKind::file && member.path == pg_control_path;
}

void ControlFileCheck::data(Bytes bytes) {
    if (keeping_) {
        const std::size_t room = control_file_size - content_.size();
        bytes = bytes.first(std::min(bytes.size(), room));
        content_.insert(content_.end(), bytes.begin(), bytes.end());
    }
}

std::string ControlFileCheck::problem(std::uint64_t system_identifier) const {
    return control_file_problem(content_, system_identifier);
}

}  // namespace tsb
