#include "core/ops/drill_scratch.hpp"

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr std::string_view scratch_prefix = "drill-";

bool is_directory(Fs& fs, int parent, const std::string& name) {
    const std::optional<FileStatus> status = fs.status(parent, name);
    return status && status->kind == FileKind::directory;
}

/// A drill killed before it wrote its marker leaves an empty directory.
bool is_ours(Fs& fs, int directory) {
    return fs.status(directory, drill_marker) || fs.entries(directory).empty();
}

/// False when it is something else, or that of a drill under way.
bool remove_leftover(Fs& fs, int place, const std::string& name) {
    if (!is_drill_directory_name(name) || !is_directory(fs, place, name)) return false;
    const Fd directory = fs.open_directory(place, name);
    if (!is_ours(fs, directory.get())) return false;
    if (!fs.try_lock(directory.get(), LockKind::exclusive)) return false;
    // The marker goes last, so that being killed here leaves what the next one knows.
    for (const std::string& entry : fs.entries(directory.get())) {
        if (entry != drill_marker) remove_tree(fs, directory.get(), entry);
    }
    remove_tree(fs, place, name);
    return true;
}

}  // namespace

std::string drill_directory_name(std::string_view backup_id) {
    return std::string(scratch_prefix) + std::string(backup_id);
}

bool is_drill_directory_name(std::string_view name) {
    return name.starts_with(scratch_prefix) &&
           names::parse_backup_id(name.substr(scratch_prefix.size()));
}

std::vector<std::string> remove_drill_leftovers(Fs& fs, const fsys::path& place) {
    std::vector<std::string> removed;
    std::error_code ignored;
    if (!fsys::is_directory(place, ignored)) return removed;
    const Fd directory = fs.open_root(place);
    for (const std::string& name : fs.entries(directory.get())) {
        try {
            if (remove_leftover(fs, directory.get(), name)) removed.push_back(name);
        } catch (const Error& error) {
            log(LogLevel::warning, "",
                "cannot remove '" + printable((place / name).string()) +
                    "', which a killed drill left: " + error.what());
        }
    }
    return removed;
}

DrillScratch::DrillScratch(Fs& fs, const fsys::path& place, const std::string& backup_id,
                           const std::optional<FileOwner>& owner)
    : fs_(fs),
      place_(place),
      name_(drill_directory_name(backup_id)),
      path_(place / name_),
      owner_(owner) {
    make_place();
    place_directory_ = fs_.open_root(place_);
    if (fs_.status(place_directory_.get(), name_)) {
        const Fd there = fs_.open_directory(place_directory_.get(), name_);
        const bool locked = !fs_.try_lock(there.get(), LockKind::exclusive);
        throw Error(locked ? ErrorCode::busy : ErrorCode::target_not_empty,
                    "cannot drill in '" + printable(path_.string()) + "': " +
                        (locked ? "another drill works there" : "it exists and is not of a drill"));
    }
    fs_.make_directory(place_directory_.get(), name_, 0700);
    directory_ = fs_.open_directory(place_directory_.get(), name_);
    try {
        if (!fs_.try_lock(directory_.get(), LockKind::exclusive)) {
            throw Error(ErrorCode::busy, "cannot drill in '" + printable(path_.string()) +
                                             "': another drill looks at it");
        }
        write_new_file(fs_, directory_.get(), drill_marker, {});
        give(directory_);
    } catch (...) {
        remove_tree(fs_, place_directory_.get(), name_);
        throw;
    }
}

DrillScratch::~DrillScratch() {
    try {
        remove();
    } catch (const std::exception& error) {
        log(LogLevel::warning, "",
            "a drill left '" + printable(path_.string()) + "' behind: " + error.what());
    }
}

void DrillScratch::make_place() {
    std::error_code ignored;
    if (fsys::is_directory(place_, ignored)) return;
    const Fd parent = fs_.open_root(place_.parent_path());
    fs_.make_directory(parent.get(), place_.filename().string(), 0700);
    give(fs_.open_directory(parent.get(), place_.filename().string()));
}

void DrillScratch::give(const Fd& made) {
    if (owner_) fs_.set_owner(made.get(), owner_->uid, owner_->gid);
}

void DrillScratch::remove() {
    if (!directory_) return;
    for (const std::string& entry : fs_.entries(directory_.get())) {
        if (entry != drill_marker) remove_tree(fs_, directory_.get(), entry);
    }
    remove_tree(fs_, place_directory_.get(), name_);
    directory_.reset();
}

}  // namespace tsb
