#include "core/ops/plain_tree.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace {

constexpr std::size_t read_size = 1 << 20;

void list_into(Fs& fs, int root, const std::string& directory, TreeListing& listing) {
    const Fd fd = fs.open_directory(root, directory.empty() ? "." : directory);
    for (const std::string& name : fs.entries(fd.get())) {
        const std::string path = directory.empty() ? name : directory + "/" + name;
        const std::optional<FileStatus> status = fs.status(fd.get(), name);
        if (status && status->kind == FileKind::directory) {
            listing.directories.push_back(path);
            list_into(fs, root, path, listing);
        } else if (status && status->kind == FileKind::file) {
            TarMember member;
            member.path = path;
            member.size = status->size;
            listing.files.push_back(std::move(member));
        } else {
            listing.others.push_back(path);
        }
    }
}

}  // namespace

TreeListing list_tree(Fs& fs, int root) {
    TreeListing listing;
    list_into(fs, root, "", listing);
    std::sort(listing.directories.begin(), listing.directories.end());
    return listing;
}

std::vector<std::string> tree_problems(const TreeListing& tree,
                                       const std::vector<std::string>& directories) {
    const auto line = [](const std::string& path, const char* problem) {
        return std::string(names::plain_data_directory) + "/" + printable(path) + problem;
    };
    std::vector<std::string> lines;
    for (const std::string& path : tree.others) {
        lines.push_back(line(path, ": is neither a file nor a directory"));
    }
    std::vector<std::string> differing;
    std::ranges::set_symmetric_difference(tree.directories, directories,
                                          std::back_inserter(differing));
    for (const std::string& path : differing) {
        lines.push_back(line(path, ": directory is missing or does not belong to the backup"));
    }
    return lines;
}

void visit_file(Fs& fs, int root, const TarMember& member, MemberVisitor& visitor) {
    Fd file = fs.open_file(root, member.path);
    std::vector<std::byte> buffer(
        static_cast<std::size_t>(std::min<std::uint64_t>(read_size, member.size + 1)));
    std::uint64_t seen = 0;
    visitor.begin(member);
    while (const std::size_t count = fs.read(file.get(), buffer)) {
        seen += count;
        if (seen > member.size) {
            break;
        }
        visitor.data(Bytes(buffer).first(count));
    }
    if (seen != member.size) {
        throw Error(ErrorCode::damaged,
                    "cannot read '" + member.path + "': its length is not the recorded one");
    }
    visitor.end();
}

}  // namespace tsb
