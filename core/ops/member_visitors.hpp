// Small pieces that the operations put between a tar walk and what they want to know of it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/archive_writer.hpp"
#include "core/io/digest.hpp"
#include "core/io/tar_reader.hpp"

namespace tsb {

/// What lies beneath it in a data directory is WAL.
inline constexpr std::string_view wal_directory = "pg_wal/";

/// Hands on what it reads, and writes it to an archive on the way.
class TeeSource : public ByteSource {
public:
    TeeSource(ByteSource& source, ArchiveWriter& writer) : source_(source), writer_(writer) {}
    Bytes next() override;

private:
    ByteSource& source_;
    ArchiveWriter& writer_;
};

/// Tells `on_bytes` the size of each run on its way; what that throws ends the reading.
class MeteredSource : public ByteSource {
public:
    MeteredSource(ByteSource& source, std::function<void(std::size_t)> on_bytes)
        : source_(source), on_bytes_(std::move(on_bytes)) {}
    Bytes next() override;

private:
    ByteSource& source_;
    std::function<void(std::size_t)> on_bytes_;
};

/// Digests every file member.
class MemberDigester : public MemberVisitor {
public:
    using KindOf = std::function<DigestKind(const std::string& path)>;
    using OnFile = std::function<void(const std::string& path, std::uint64_t size,
                                      std::vector<std::byte> digest)>;

    MemberDigester(KindOf kind_of, OnFile on_file)
        : kind_of_(std::move(kind_of)), on_file_(std::move(on_file)) {}
    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;

private:
    KindOf kind_of_;
    OnFile on_file_;
    TarMember member_;
    std::optional<Digest> digest_;  // nothing while a directory or link is visited
};

/// Collects the links, which in a base archive are the tablespaces' (walk_tar lets in no others).
class LinkCollector : public MemberVisitor {
public:
    void begin(const TarMember& member) override {
        if (member.kind == FileKind::symlink) {
            links_.insert(member.path);
        }
    }
    void data(Bytes) override {}
    void end() override {}
    const std::set<std::string>& links() const { return links_; }

private:
    std::set<std::string> links_;
};

/// Shows each member to two visitors, in order.
class VisitorPair : public MemberVisitor {
public:
    VisitorPair(MemberVisitor& first, MemberVisitor& second) : first_(first), second_(second) {}
    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override;

private:
    MemberVisitor& first_;
    MemberVisitor& second_;
};

}  // namespace tsb
