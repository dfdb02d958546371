#include "daemon/rights.hpp"

#include <unistd.h>

#include <algorithm>

namespace tsb {
namespace {

bool names(const std::vector<Principal>& principals, const Peer& peer) {
    return std::any_of(principals.begin(), principals.end(), [&](const Principal& principal) {
        if (!principal.group) return principal.id == peer.uid;
        if (principal.id == unmapped_gid) return false;
        return std::find(peer.groups.begin(), peer.groups.end(), principal.id) != peer.groups.end();
    });
}

Right configured_right(const ControlConfig& control, const Peer& peer) {
    if (names(control.restore, peer)) return Right::restore;
    if (names(control.operate, peer)) return Right::operate;
    if (names(control.read, peer)) return Right::read;
    return Right::none;
}

}  // namespace

Caller caller_of(const Peer& peer, const ControlConfig& control, uid_t own_uid) {
    Caller caller;
    caller.uid = peer.uid;
    caller.pid = peer.pid;
    caller.groups = peer.groups;
    if (peer.uid == unmapped_uid) return caller;
    caller.trusted = peer.uid == 0 || peer.uid == own_uid;
    caller.right = caller.trusted ? Right::restore : configured_right(control, peer);
    return caller;
}

Caller local_caller() {
    Caller caller;
    caller.uid = geteuid();
    caller.pid = getpid();
    caller.groups = {getegid()};
    caller.right = Right::restore;
    caller.trusted = true;
    return caller;
}

void require_right(const Caller& caller, const VerbSpec& verb) {
    if (caller.right >= verb.right) return;
    const std::string right(to_string(verb.right));
    throw Error(ErrorCode::refused,
                "cannot " + words_for(verb) + ": uid " + std::to_string(caller.uid) + " has no '" +
                    right + "' right",
                "'control.rights." + right + "' in the configuration names who has it");
}

}  // namespace tsb
