#include "core/repo/notes_directory.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"
#include "core/repo/replace_file.hpp"

namespace tsb {

NotesDirectory::NotesDirectory(Fs& fs, int cluster_directory, std::string cluster)
    : fs_(&fs), cluster_(std::move(cluster)) {
    if (!fs_->status(cluster_directory, names::notes_directory)) return;
    directory_ = fs_->open_directory(cluster_directory, names::notes_directory);
}

std::vector<std::string> NotesDirectory::entries() const {
    if (!is_there()) return {};
    return fs_->entries(get());
}

BackupNotes NotesDirectory::read(const std::string& id) const {
    const std::string file = names::notes_file(id);
    if (!is_there() || !fs_->status(get(), file)) return {};
    return decode_notes(read_whole_file(*fs_, get(), file, largest_notes), cluster_, id);
}

void NotesDirectory::write(const std::string& id, const BackupNotes& notes) {
    if (notes.empty()) {
        remove(id);
        return;
    }
    const std::string text = encode_notes(notes, cluster_, id);
    replace_file(*fs_, get(), names::notes_file(id), as_bytes(text));
}

void NotesDirectory::remove(const std::string& id) {
    const std::string file = names::notes_file(id);
    if (!is_there() || !fs_->status(get(), file)) return;
    fs_->remove_file(get(), file);
    fs_->sync(get());
}

BackupNotes notes_or_problem(Fs& fs, int cluster_directory, const std::string& cluster,
                             const std::string& id) {
    try {
        return NotesDirectory(fs, cluster_directory, cluster).read(id);
    } catch (const Error& error) {
        BackupNotes notes;
        notes.problem = error.what();
        return notes;
    }
}

NotesListing::NotesListing(Fs& fs, int cluster_directory, const std::string& cluster,
                           NotesCache& cache)
    : fs_(fs), cluster_(cluster), cache_(cache) {
    try {
        directory_ = std::make_unique<NotesDirectory>(fs, cluster_directory, cluster);
        files_ = directory_->entries();
    } catch (const Error& error) {
        problem_ = error.what();
    }
    cache_.forget_others(cluster, [this](const std::string& id) {
        return std::ranges::binary_search(files_, names::notes_file(id));
    });
}

BackupNotes NotesListing::of(const std::string& id) const {
    BackupNotes notes;
    notes.problem = problem_;
    if (files_.empty()) return notes;
    const std::string file = names::notes_file(id);
    if (!std::ranges::binary_search(files_, file)) return notes;
    try {
        return read(id, file);
    } catch (const Error& error) {
        notes.problem = error.what();
        return notes;
    }
}

BackupNotes NotesListing::read(const std::string& id, const std::string& file) const {
    const auto stamp = fs_.status(directory_->get(), file);
    if (!stamp) return {};
    if (const NotesCache::Shared kept = cache_.find(cluster_, id, *stamp)) return *kept;
    auto notes = std::make_shared<const BackupNotes>(directory_->read(id));
    cache_.keep(cluster_, id, *stamp, notes);
    return *notes;
}

}  // namespace tsb
