# Puts tsbackup into a machine that is not booted yet: the package where "make package" makes one,
# else what "cmake --install" does. Sourced by the tests; needs root.
# shellcheck shell=sh

# install_tsbackup ROOT
install_tsbackup() {
    if grep -q '^package:' Makefile; then
        make package >&2
        package=$(find build/package -maxdepth 1 -name 'tsbackup_*.deb' | head -n 1)
        [ -n "$package" ] || { echo "make package made no package" >&2; return 1; }
        cp "$package" "$1/tsbackup.deb"
        systemd-nspawn --quiet --register=no --keep-unit --pipe -D "$1" \
            dpkg --install /tsbackup.deb >&2 </dev/null
        rm "$1/tsbackup.deb"
        return
    fi
    cmake --preset release >&2
    cmake --build build/release --target tsbackupd tsbackupctl >&2
    DESTDIR=$1 cmake --install build/release --prefix /usr >&2
}
