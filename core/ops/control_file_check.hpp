// global/pg_control of a backup: of the right cluster and sound. A manifest does not prove that,
// because it only says what the server sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/io/tar_reader.hpp"

namespace tsb {

/// The problem of the control file `content`, named in one line; empty when its checksum matches
/// and it is of the cluster `system_identifier`. Thread: any.
std::string control_file_problem(Bytes content, std::uint64_t system_identifier);

/// Keeps the control file while the members of a base archive, or the files of a data directory,
/// are shown to it. Thread: the one that walks.
class ControlFileCheck : public MemberVisitor {
public:
    void begin(const TarMember& member) override;
    void data(Bytes bytes) override;
    void end() override { keeping_ = false; }

    /// As control_file_problem(); a backup without the file has one, too.
    std::string problem(std::uint64_t system_identifier) const;

private:
    bool keeping_ = false;
    std::vector<std::byte> content_;  // bounded: what is longer than any control file is cut
};

}  // namespace tsb
