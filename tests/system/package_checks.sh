# What a package must do in a clean Debian: sourced by the tests after facts.sh; needs root.
#
#   check_lint DEB              lintian finds no error
#   check_in_root ROOT DEB      installed by apt, used, removed, purged and installed again in the
#                               root directory of a Debian that is not booted and has no systemd
#
# Both end the script at the first thing that is not as it should be.
# shellcheck shell=sh

check_lint() {
    lintian --fail-on error --tag-display-limit 0 "$1" >&2 || fail "lintian finds errors"
    ok "lintian finds no error in $(basename "$1")"
}

# Becomes COMMAND in the root.
become_in_root() {
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}
in_root() {
    (become_in_root "$@")
}
# quietly COMMAND...: in the root, its output only when it fails.
quietly() {
    in_root "$@" >"$root.log" 2>&1 || {
        cat "$root.log" >&2
        fail "$*"
    }
    rm -f "$root.log"
}
# What is there, but for the repository and what every run of apt and dpkg writes.
files_of_root() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev \
        -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log \
        -o -path ./var/lib/tsbackup -o -path ./tmp \) -prune -o -print | sort)
}

# The programs start, find their libraries, take the shipped configuration and speak to each other.
use_in_root() {
    quietly tsbackupctl --version
    quietly tsbackupd --check-config
    quietly tsbackupd init
    become_in_root tsbackupd >"$root.daemon" 2>&1 &
    daemon=$!
    tries=0
    until in_root tsbackupctl version >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -ge 100 ] || ! kill -0 $daemon 2>/dev/null; then
            cat "$root.daemon" >&2
            fail "the installed daemon does not answer"
        fi
        sleep 0.2
    done
    offered=$(in_root tsbackupctl --complete clusters)
    kill $daemon
    wait $daemon || fail "the installed daemon ended with $?"
    rm -f "$root.daemon"
    [ "$offered" = main ] || fail "the daemon offers the clusters '$offered'"
}

check_in_root() {
    root=$1
    cp "$2" "$root/tmp/tsbackup.deb"
    chmod 644 "$root/tmp/tsbackup.deb"
    quietly apt-get update -qq
    quietly apt-get install -qq -y --no-install-recommends /tmp/tsbackup.deb
    ok "apt installs it with all that it needs, without systemd"
    quietly dpkg --purge tsbackup
    files_of_root >"$root.before"
    stray=$(grep -i tsbackup "$root.before" || true)
    [ -z "$stray" ] || fail "left behind: $stray"

    quietly dpkg --install /tmp/tsbackup.deb
    enabled=$(find "$root/etc/systemd" -path '*.wants/tsbackupd*' 2>/dev/null)
    [ -z "$enabled" ] || fail "an installation enables $enabled"
    mkdir -p "$root/run/tsbackup"
    use_in_root
    ok "its programs run, and the shipped configuration is good"

    quietly dpkg --remove tsbackup
    [ ! -e "$root/usr/bin/tsbackupd" ] || fail "tsbackupd is there after a removal"
    [ -f "$root/etc/tsbackup/tsbackup.yaml" ] || fail "a removal took the configuration away"
    quietly dpkg --purge tsbackup
    files_of_root >"$root.after"
    cmp -s "$root.before" "$root.after" ||
        fail "a purge leaves or takes: $(diff "$root.before" "$root.after")"
    rm -f "$root.before" "$root.after"
    [ -f "$root/var/lib/tsbackup/repo.json" ] || fail "a purge took the repository away"
    ok "removed and purged it leaves the repository, and nothing else"

    quietly dpkg --install /tmp/tsbackup.deb
    quietly tsbackupd list
    ok "installed again it finds the repository"
}
