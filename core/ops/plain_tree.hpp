// Walking the stored tree of a backup in format plain.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "core/io/byte_source.hpp"
#include "core/io/tar_reader.hpp"

namespace tsb {

struct TreeListing {
    std::vector<std::string> directories;  // relative, sorted
    std::vector<TarMember> files;          // in the order of their paths
    std::vector<std::string> others;       // links, devices: nothing that we store
};

/// Everything beneath the open directory `root`, following no link. Thread: worker (blocks).
TreeListing list_tree(Fs& fs, int root);

/// A line for each entry of the tree that a backup with `directories` cannot have; names begin with
/// "data/".
std::vector<std::string> tree_problems(const TreeListing& tree,
                                       const std::vector<std::string>& directories);

/// Shows the file `member` beneath `root` to `visitor`: begin, data*, end. Error{damaged} when its
/// length is not what `member` says. Thread: worker (blocks).
void visit_file(Fs& fs, int root, const TarMember& member, MemberVisitor& visitor);

}  // namespace tsb
