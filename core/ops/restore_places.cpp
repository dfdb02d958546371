#include "core/ops/restore_places.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr const char* version_file = "PG_VERSION";

struct Place {
    std::string refusal;  // how a message about it begins
    std::string shown;    // what another place's message calls it
    std::string hint;
    fsys::path real;
};

std::string quoted(const fsys::path& path) {
    return "'" + printable(path.string()) + "'";
}

Error unsafe(const Place& place, const std::string& why) {
    return {ErrorCode::refused, place.refusal + ": " + why, place.hint};
}

// Without links in what exists of it. A ".." behind something that does not exist yet would lead
// elsewhere than where the directories are made.
fsys::path real_path(const fsys::path& path) {
    if (std::find(path.begin(), path.end(), "..") != path.end()) {
        throw Error(ErrorCode::usage, "cannot restore to " + quoted(path) + ": it holds '..'");
    }
    std::error_code failed;
    fsys::path real = fsys::weakly_canonical(path, failed);
    if (failed) {
        throw errno_error(failed.value(), "restore to", path.string());
    }
    return real.has_filename() ? real : real.parent_path();
}

bool holds_file(const fsys::path& directory, const char* name) {
    std::error_code ignored;
    return fsys::is_regular_file(directory / name, ignored);
}

// The repository itself is compared too, by what it is: it may be mounted at a second place.
bool is_repository(const fsys::path& directory, const fsys::path& repository) {
    std::error_code ignored;
    return fsys::equivalent(directory, repository, ignored) ||
           holds_file(directory, names::marker_file);
}

void require_foreign_to_none(const Place& place, const fsys::path& repository) {
    for (fsys::path directory = place.real;; directory = directory.parent_path()) {
        const bool is_itself = directory == place.real;
        if (is_repository(directory, repository)) {
            throw unsafe(place, std::string(is_itself ? "it is" : "it lies in") +
                                    " the repository " + quoted(directory));
        }
        // What a killed restore left has this file too, and is the target's own business.
        if (!is_itself && holds_file(directory, version_file)) {
            throw unsafe(place, "it lies in the data directory " + quoted(directory));
        }
        if (!directory.has_relative_path()) {
            return;
        }
    }
}

void require_apart(const Place& place, const Place& other) {
    if (place.real == other.real) {
        throw unsafe(place, "it is also " + other.shown);
    }
    if (lies_beneath(place.real, other.real)) {
        throw unsafe(place, "it lies in " + other.shown);
    }
    if (lies_beneath(other.real, place.real)) {
        throw unsafe(place, other.shown + " lies in it");
    }
}

Place place_of_target(const fsys::path& target) {
    return {"cannot restore to " + quoted(target), "the target " + quoted(target),
            "choose a directory outside of it", real_path(target)};
}

Place place_of(const TablespacePlan& plan) {
    const std::string name = "tablespace " + std::to_string(plan.oid);
    const std::string shown = quoted(plan.location);
    return {"cannot restore " + name + " to " + shown, "the place of " + name,
            "give it a directory of its own: --tablespace-map OLD=NEW", real_path(plan.location)};
}

}  // namespace

void require_safe_places(const fsys::path& repository, const fsys::path& target,
                         const std::vector<TablespacePlan>& tablespaces) {
    std::vector<Place> places = {place_of_target(target)};
    for (const TablespacePlan& plan : tablespaces) {
        if (!plan.location.empty()) {
            places.push_back(place_of(plan));
        }
    }
    for (auto place = places.begin(); place != places.end(); ++place) {
        require_foreign_to_none(*place, repository);
        for (auto earlier = places.begin(); earlier != place; ++earlier) {
            require_apart(*place, *earlier);
        }
    }
}

bool lies_beneath(const fsys::path& path, const fsys::path& root) {
    const auto [in_root, in_path] =
        std::mismatch(root.begin(), root.end(), path.begin(), path.end());
    return in_root == root.end() && in_path != path.end();
}

}  // namespace tsb
