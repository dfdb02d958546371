// Between the members of a base archive and the extractor: takes out the few files that a restore
// writes itself, later and in its own order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/io/digest.hpp"
#include "core/io/tar_reader.hpp"

namespace tsb {

/// Members that never go through the extractor:
///   global/pg_control            written last, invalidated (I4, I5)
///   tablespace_map               rewritten for relocated tablespaces
///   postgresql.auto.conf         gets the recovery settings
///   standby.signal, recovery.signal   a restored cluster is no standby
bool is_held_back(const std::string& path);

/// Thread: the one that walks.
class HoldingVisitor : public MemberVisitor {
public:
    /// All other members go to `next`.
    explicit HoldingVisitor(MemberVisitor& next) : next_(next) {}

    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;

    /// Held-back files by path, with their content.
    const std::map<std::string, std::vector<std::byte>>& held() const { return held_; }

private:
    MemberVisitor& next_;
    std::map<std::string, std::vector<std::byte>> held_;
    std::vector<std::byte>* holding_ = nullptr;  // the file being held, nothing: passing on
};

/// Puts `prefix` ("pg_wal/") before each member's path.
class PrefixVisitor : public MemberVisitor {
public:
    PrefixVisitor(std::string prefix, MemberVisitor& next)
        : prefix_(std::move(prefix)), next_(next) {}

    void begin(const TarMember& member) override;
    void data(Bytes bytes) override { next_.data(bytes); }
    void end() override { next_.end(); }

private:
    const std::string prefix_;
    MemberVisitor& next_;
};

/// Shows `next` only the files beneath `prefix` ("pg_wal/"), by their paths there.
class BeneathVisitor : public MemberVisitor {
public:
    BeneathVisitor(std::string prefix, MemberVisitor& next)
        : prefix_(std::move(prefix)), next_(next) {}

    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;

private:
    const std::string prefix_;
    MemberVisitor& next_;
    bool shown_ = false;  // the member begun
};

}  // namespace tsb
