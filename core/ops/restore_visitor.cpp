#include "core/ops/restore_visitor.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace {

constexpr std::array<std::string_view, 5> held_back{
    pg_control_path, "tablespace_map", "postgresql.auto.conf", "standby.signal", "recovery.signal"};

// Settings and tablespace maps are small; more is no file of PostgreSQL's.
constexpr std::uint64_t held_size_limit = 16 << 20;

}  // namespace

bool is_held_back(const std::string& path) {
    return std::find(held_back.begin(), held_back.end(), path) != held_back.end();
}

void HoldingVisitor::begin(const TarMember& member) {
    holding_ = nullptr;
    if (member.kind != FileKind::file || !is_held_back(member.path)) {
        next_.begin(member);
        return;
    }
    if (member.size > held_size_limit || held_.contains(member.path)) {
        throw Error(ErrorCode::damaged,
                    "cannot restore '" + member.path + "': it is too large or there twice");
    }
    holding_ = &held_[member.path];
}

void HoldingVisitor::data(Bytes bytes) {
    if (holding_ != nullptr) {
        holding_->insert(holding_->end(), bytes.begin(), bytes.end());
    } else {
        next_.data(bytes);
    }
}

void HoldingVisitor::end() {
    if (holding_ == nullptr) {
        next_.end();
    }
    holding_ = nullptr;
}

void PrefixVisitor::begin(const TarMember& member) {
    TarMember moved = member;
    moved.path = prefix_ + member.path;
    next_.begin(moved);
}

void BeneathVisitor::begin(const TarMember& member) {
    shown_ = member.kind == FileKind::file && member.path.starts_with(prefix_);
    if (!shown_) {
        return;
    }
    TarMember there = member;
    there.path.erase(0, prefix_.size());
    next_.begin(there);
}

void BeneathVisitor::data(Bytes bytes) {
    if (shown_) {
        next_.data(bytes);
    }
}

void BeneathVisitor::end() {
    if (shown_) {
        next_.end();
    }
    shown_ = false;
}

}  // namespace tsb
