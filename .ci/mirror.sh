# Sourced by the scripts that make Debian roots.
# shellcheck shell=sh

# The mirror this machine's own apt takes its distribution from, whichever way it is written down.
mirror() {
    # shellcheck disable=SC1091
    own=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(IDENTIFIER) $(RELEASE) $(COMPONENT) $(REPO_URI)' |
        awk -v release="$own" '$1 == "Packages" && $2 == release && $3 == "main" {
            print $4; exit }'
}
