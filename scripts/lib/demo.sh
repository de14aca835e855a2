# SPDX-License-Identifier: BSD-3-Clause
# The demo as a whole: which sites exist, and the end of all of them.
# shellcheck shell=bash

# demo_sites: prints the sites that have left any trace: a run directory or a namespace.
demo_sites() {
    local path name
    {
        [ ! -d "$demo_run" ] || echo 0
        for path in "$demo_run"/[0-9]*/; do
            [ ! -d "$path" ] || [ -L "${path%/}" ] || basename "$path"
        done
        for path in /run/netns/"$demo"-client* /run/netns/"$demo"-appliance*; do
            name=${path##*/}
            [[ ! $name =~ ^$demo-(client|appliance)(-([0-9]+))?$ ]] || echo "${BASH_REMATCH[3]:-0}"
        done
    } | sort -nu
}

# demo_end: processes, namespaces, sockets, run directories, reserved huge pages. Idempotent.
demo_end() {
    local k sites
    sites=$(demo_sites)
    for k in $sites; do
        site_define "$k"
        site_end
    done
    for k in $sites; do
        site_define "$k"
        network_remove "$site_client-0"
        network_remove "$site_appliance-0"
        network_remove "$site_client"
        network_remove "$site_appliance"
    done
    network_remove "$demo_wan"
    hugepages_give_back "$demo_run/hugepages.added"
    rm -rf "$demo_run"
}

# demo_leftovers: prints what should be gone and is not, a line each.
demo_leftovers() {
    local path pid
    for path in /run/netns/"$demo"-client* /run/netns/"$demo"-appliance* "/run/netns/$demo_wan"; do
        [ ! -e "$path" ] || echo "namespace ${path##*/}"
    done
    [ ! -e "$demo_run" ] || echo "directory $demo_run"
    for pid in $(demo_processes); do
        echo "process $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline"))"
    done
}

# demo_processes: prints the pids of godwit programs whose configuration is the demo's.
demo_processes() {
    local dir exe
    for dir in /proc/[0-9]*; do
        exe=$(readlink "$dir/exe" 2>/dev/null) || continue
        case ${exe% (deleted)} in
        */godwitd | */godwit-dataplane)
            ! tr '\0' '\n' <"$dir/cmdline" 2>/dev/null | grep -q "^\(--config=\)\?$demo_run/" || echo "${dir#/proc/}"
            ;;
        esac
    done
}
