// A prune with its file-system call 1, 2, ... failing (I3): each backup is whole or gone, and what
// the policy keeps is there.
#include <algorithm>

#include "core/base/log.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/prune_scene.hpp"
#include "tests/unit/repo/fault_loop.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

using Names = std::vector<std::string>;

const Names to_go = {"cluster_backup_20261101_030000", "cluster_backup_20261103_030000"};
const Names to_stay = {"cluster_backup_20261102_030000", "cluster_backup_20261104_030000"};

/// Of the four the second is pinned, the first was verified.
void make_four(Scene& scene) {
    add_days(*scene.repository, 4);
    scene.repository->set_pin("main", to_stay.front(), {"mine", 7, SystemTime()});
    scene.repository->record_verification("main", to_go.front(), {});
}

void check_stays(Scene& scene) {
    for (const std::string& id : to_stay) {
        INFO(id);
        CHECK(problem_of(*scene.repository, "main", id) == "");
    }
    CHECK(scene.repository->notes("main", to_stay.front()).pin);
}

void check_whole_or_gone(Scene& scene, End end, Moment moment) {
    check_stays(scene);
    for (const BackupEntry& entry : scene.repository->list("main")) {
        INFO(entry.id);
        CHECK(entry.good());
        CHECK(problem_of(*scene.repository, "main", entry.id) == "");
        CHECK_FALSE(scene.repository->in_use("main", entry.id));
    }
    if (moment == Moment::at_end) {
        // The first of them is not passed over: a failure with one ends the prune.
        const Names ids = scene.ids("main");
        const bool second_went = std::ranges::count(ids, to_go.back()) == 0;
        if (end == End::failure && second_went) CHECK(std::ranges::count(ids, to_go.front()) == 0);
        return;
    }
    CHECK(scene.names_in("main/trash").empty());
    prune(*scene.repository, keep_last(1));
    CHECK(scene.ids("main") == to_stay);
    check_stays(scene);
    CHECK(scene.names_in("main/notes") == Names{to_stay.front() + ".json"});
}

}  // namespace

TEST_CASE("whatever fails in a prune, each backup is whole or gone and the kept ones stay (I3)") {
    set_up_log(LogLevel::error);
    Loop loop;
    loop.prepare = make_four;
    loop.attempt = [](Scene& scene) { prune(*scene.repository, keep_last(1)); };
    loop.check = check_whole_or_gone;
    run_loops(loop);
}
