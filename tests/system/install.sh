# Puts tsbackup's package into a machine that is not booted yet. Sourced by the tests; needs root.
# shellcheck shell=sh

# install_tsbackup ROOT: the package stays there as /tsbackup.deb, to be installed again.
install_tsbackup() {
    make package >&2
    package=$(find build/package -maxdepth 1 -name 'tsbackup_*.deb')
    [ -n "$package" ] || { echo "make package made no package" >&2; return 1; }
    cp "$package" "$1/tsbackup.deb"
    systemd-nspawn --quiet --register=no --keep-unit --pipe -D "$1" \
        dpkg --install /tsbackup.deb >&2 </dev/null
}
