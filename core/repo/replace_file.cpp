#include "core/repo/replace_file.hpp"

#include "core/base/error.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace {

void remove_quietly(Fs& fs, int directory, const std::string& name) noexcept {
    try {
        remove_tree(fs, directory, name);
    } catch (const std::exception&) {
        // The next replacement or the next start removes it.
    }
}

}  // namespace

void replace_file(Fs& fs, int directory, const std::string& name, Bytes bytes) {
    const std::string fresh = names::unfinished_file(name);
    remove_tree(fs, directory, fresh);  // a process may have died before its rename
    try {
        write_new_file(fs, directory, fresh, bytes);
        fs.rename(directory, fresh, directory, name, RenameMode::replace);
    } catch (const Error&) {
        remove_quietly(fs, directory, fresh);  // on a full disk its space is wanted
        throw;
    }
    try {
        fs.sync(directory);
    } catch (const Error& error) {
        throw Error(error.code(), "'" + name +
                                      "' is in place, but whether it survives a power cut is "
                                      "uncertain: " +
                                      error.what());
    }
}

}  // namespace tsb
