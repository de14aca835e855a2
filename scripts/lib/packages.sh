# SPDX-License-Identifier: BSD-3-Clause
# The Debian packages that godwit needs, by purpose, and how they get here. The only list of them.
# shellcheck shell=bash

packages_build="gcc libc6-dev meson ninja-build pkg-config libdpdk-dev libbpf-dev libxdp-dev libjemalloc-dev
    libxxhash-dev libjansson-dev libcyaml-dev libyaml-dev libsqlite3-dev libcunit1-dev libpcap-dev libnuma-dev"
packages_run="dpdk iproute2 iputils-ping ethtool procps util-linux jq python3 ca-certificates"
packages_test="dpdk-dev clang libclang-rt-14-dev llvm clang-format universal-ctags redis-tools git"
packages_bench="dpdk-dev"
packages_vm="qemu-system-x86 busybox-static kmod cpio xz-utils"

# packages_missing GROUP...: prints what the groups need and dpkg does not have.
packages_missing() {
    local group list name
    for group in "$@"; do
        list=packages_$group
        for name in ${!list}; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || printf '%s ' "$name"
        done
    done
}

# packages_ensure GROUP...: installs what is missing; no apt call when nothing is. Sets packages_said.
packages_ensure() {
    local missing log
    packages_said="all present"
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "this is not a Debian system (no dpkg-query or apt-get)" \
            "use Debian 12, or install the equivalents yourself; scripts/lib/packages.sh lists them"
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    need_root "packages are missing and have to be installed: $missing"
    log=$(mktemp "${TMPDIR:-/tmp}/godwit-apt.XXXXXX")
    packages_apt "$log" $missing
    packages_said="installed: ${missing% }"
    rm -f "$log"
}

# packages_apt LOG NAME...: installs; updates the package lists first only when a name is not in them.
packages_apt() {
    local log=$1 name
    shift
    for name in "$@"; do
        if ! apt-cache show "$name" >/dev/null 2>&1; then
            packages_update "$log"
            break
        fi
    done
    if ! packages_install "$@" >"$log" 2>&1; then
        packages_update "$log" # lists from long ago name files that are gone
        packages_install "$@" >"$log" 2>&1 ||
            fail "apt-get could not install: $*" "read the lines above; is this Debian 12 with a reachable mirror?" "$log"
    fi
}

packages_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

packages_update() {
    apt-get update >"$1" 2>&1 </dev/null ||
        fail "apt-get update failed" "check the network and /etc/apt/sources.list" "$1"
}
