#!/bin/sh
# The Debian package: what lintian says, what is in it, two builds that are the same bytes, and a
# clean Debian 12 that it comes to and leaves. Needs root; most of its time is a second build,
# without ccache. An upgrade under systemd is in systemd_test.sh.
# Usage: tests/system/package_test.sh, from the top of the tree
set -eu
cd "$(dirname "$0")/../.."

.ci/install-packages
# shellcheck source=tests/system/facts.sh
. tests/system/facts.sh
# shellcheck source=tests/system/package_checks.sh
. tests/system/package_checks.sh

work=$(mktemp -d /var/tmp/tsbackup-package.XXXXXX)
daemon=
finish() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

fail() {
    echo "NOT OK: $1" >&2
    exit 1
}

package_in() {
    find "$1/build/package" -maxdepth 1 -name 'tsbackup_*.deb'
}

check_contents() {
    dpkg-deb --raw-extract "$deb" "$work/files"
    for file in usr/bin/tsbackupd usr/bin/tsbackupctl etc/tsbackup/tsbackup.yaml \
        usr/lib/systemd/system/tsbackupd.service usr/lib/systemd/system/tsbackupd.socket \
        usr/lib/sysusers.d/tsbackup.conf usr/lib/tmpfiles.d/tsbackup.conf \
        usr/share/man/man1/tsbackupctl.1.gz usr/share/man/man8/tsbackupd.8.gz \
        usr/share/man/man5/tsbackup.yaml.5.gz \
        usr/share/bash-completion/completions/tsbackupctl \
        usr/share/bash-completion/completions/tsbackupd \
        usr/share/zsh/vendor-completions/_tsbackupctl usr/share/zsh/vendor-completions/_tsbackupd \
        usr/share/fish/vendor_completions.d/tsbackupctl.fish \
        usr/share/fish/vendor_completions.d/tsbackupd.fish \
        usr/share/doc/tsbackup/copyright usr/share/doc/tsbackup/changelog.gz \
        usr/share/doc/tsbackup/examples/tsbackup.yaml \
        usr/share/doc/tsbackup/examples/systemd/password.conf; do
        [ -f "$work/files/$file" ] || fail "the package lacks /$file"
    done
    [ "$(cat "$work/files/DEBIAN/conffiles")" = /etc/tsbackup/tsbackup.yaml ] || fail "conffiles"
    strange=$(dpkg-deb --contents "$deb" |
        awk '$2 != "root/root" || ($1 !~ /^(drwxr-xr-x|-rw-r--r--)$/ && $6 !~ /^.\/usr\/bin\//)')
    [ -z "$strange" ] || fail "owners or modes: $strange"
    depends=$(dpkg-deb --field "$deb" Depends)
    for library in libc6 libpq5 libarchive13 libyaml-cpp libdate-tz3 libcurl4 tzdata; do
        echo "$depends" | grep -q "$library" || fail "$library is missing from: $depends"
    done
    ! echo "$depends" | grep -qE 'systemd|-dev' || fail "needs too much: $depends"
    ok "files, owners, modes, conffile; depends on $depends"
}

check_hardening() {
    for program in tsbackupd tsbackupctl; do
        binary=$work/files/usr/bin/$program
        readelf -hW "$binary" | grep -qE 'Type: +DYN' || fail "$program is no PIE"
        readelf -lW "$binary" | grep -q GNU_RELRO || fail "$program has no RELRO"
        readelf -dW "$binary" | grep -q 'BIND_NOW' || fail "$program binds lazily"
        readelf -sW "$binary" | grep -q '__stack_chk_fail' || fail "$program: no stack protector"
        ! readelf -SW "$binary" | grep -q '\.symtab' || fail "$program is not stripped"
    done
    ok "programs are PIE, RELRO, bound at start, with stack protector, and stripped"
}

# In another directory, by another hand: other umask, zone and language, no cache, no history.
check_reproducible() {
    epoch=$(sed -n 's/^set(ENV{SOURCE_DATE_EPOCH} \([0-9]*\))$/\1/p' \
        build/release/systemd/package/cpack_run.cmake)
    [ -n "$epoch" ] || fail "the first build names no time"
    mkdir "$work/elsewhere"
    tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$work/elsewhere"
    (
        umask 077
        cd "$work/elsewhere"
        env SOURCE_DATE_EPOCH="$epoch" CCACHE_DISABLE=1 TZ=Pacific/Auckland LC_ALL=C.UTF-8 \
            make package
    ) >"$work/log" 2>&1 </dev/null || {
        tail -n 40 "$work/log" >&2
        fail "the second build"
    }
    second=$(package_in "$work/elsewhere")
    cmp "$deb" "$second" || fail "two builds differ"
    ok "two builds in two directories are the same bytes: $(sha256sum "$deb" | cut -c 1-16)"
}

make package >&2
deb=$(package_in .)
[ -n "$deb" ] || fail "make package made no package"
check_lint "$deb"
check_contents
check_hardening
check_reproducible
mkdir "$work/root"
tar -xf "$(.ci/make-slim-root bookworm)" -C "$work/root"
check_in_root "$work/root" "$deb"
echo "ok: all of package_test"
