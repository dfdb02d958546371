#include "daemon/rights.hpp"

#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

constexpr uid_t own_uid = 990;

ControlConfig control_of_config() {
    ControlConfig control;
    control.read = {{true, 50}};
    control.operate = {{true, 60}, {false, 1001}};
    control.restore = {{false, 1002}};
    return control;
}

Peer peer(uid_t uid, std::vector<gid_t> groups) {
    Peer out;
    out.uid = uid;
    out.groups = std::move(groups);
    return out;
}

Right right_of(const Peer& who) {
    return caller_of(who, control_of_config(), own_uid).right;
}

}  // namespace

TEST_CASE("root and the daemon's own user may do everything and are trusted") {
    for (const uid_t uid : {uid_t{0}, own_uid}) {
        const Caller caller = caller_of(peer(uid, {}), ControlConfig(), own_uid);
        CHECK(caller.right == Right::restore);
        CHECK(caller.trusted);
    }
}

TEST_CASE("who is not named has no right") {
    CHECK(right_of(peer(1000, {1000})) == Right::none);
    CHECK(caller_of(peer(1000, {0}), ControlConfig(), own_uid).right == Right::none);
}

TEST_CASE("users and groups get the highest right that names them") {
    CHECK(right_of(peer(1000, {1000, 50})) == Right::read);
    CHECK(right_of(peer(1000, {60})) == Right::operate);
    CHECK(right_of(peer(1001, {50})) == Right::operate);
    CHECK(right_of(peer(1002, {50, 60})) == Right::restore);
}

TEST_CASE("a uid is not taken for a gid") {
    CHECK(right_of(peer(50, {1000})) == Right::none);
    CHECK(right_of(peer(1000, {1002})) == Right::none);
}

TEST_CASE("a named user is not trusted with any path") {
    CHECK_FALSE(caller_of(peer(1002, {}), control_of_config(), own_uid).trusted);
}

TEST_CASE("the uid that stands for unmapped ones is refused whatever names it") {
    ControlConfig control;
    control.restore = {{false, unmapped_uid}, {true, 50}};
    CHECK(caller_of(peer(unmapped_uid, {50}), control, unmapped_uid).right == Right::none);
}

TEST_CASE("a gid that stands for unmapped ones gives no right") {
    ControlConfig control;
    control.read = {{true, unmapped_gid}};
    CHECK(caller_of(peer(1000, {1000, unmapped_gid}), control, own_uid).right == Right::none);
}

TEST_CASE("a caller has the uid, pid and groups of its peer") {
    Peer who = peer(1001, {50, 60});
    who.pid = 4711;
    const Caller caller = caller_of(who, control_of_config(), own_uid);
    CHECK(caller.uid == 1001);
    CHECK(caller.pid == 4711);
    CHECK(caller.groups == who.groups);
    CHECK(local_caller().pid == getpid());
}

TEST_CASE("each verb needs its right") {
    Caller caller;
    caller.right = Right::operate;
    CHECK_NOTHROW(require_right(caller, *find_verb("list")));
    CHECK_NOTHROW(require_right(caller, *find_verb("backup")));
    CHECK_THROWS_AS(require_right(caller, *find_verb("restore")), Error);
    caller.right = Right::read;
    CHECK_THROWS_AS(require_right(caller, *find_verb("verify")), Error);
    CHECK_THROWS_AS(require_right(caller, *find_verb("cancel")), Error);
}
