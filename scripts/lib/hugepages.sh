# SPDX-License-Identifier: BSD-3-Clause
# Huge pages of 2 MB: reserved when there is memory for them, and given back.
# shellcheck shell=bash

hugepages_sysfs=/sys/kernel/mm/hugepages/hugepages-2048kB

# hugepages_reserve WANTED FILE: makes WANTED pages free if the kernel can; FILE keeps how many were added.
# Sets hugepages_said. Never fails: godwit works on ordinary pages too.
hugepages_reserve() {
    local wanted=$1 record=$2 free total before added
    if [ ! -w "$hugepages_sysfs/nr_hugepages" ]; then
        hugepages_said="this kernel has none; ordinary pages are used"
        return 0
    fi
    free=$(cat "$hugepages_sysfs/free_hugepages")
    before=$(cat "$hugepages_sysfs/nr_hugepages")
    if [ "$free" -ge "$wanted" ]; then
        hugepages_said="$free of 2 MB were free already"
        return 0
    fi
    # A host short of memory stalls while it compacts for huge pages: leave it a third.
    total=$(awk '/^MemAvailable/ {print int($2 / 2048 * 2 / 3)}' /proc/meminfo)
    if [ $((wanted - free)) -gt "$total" ]; then
        hugepages_said="too little memory for $wanted; ordinary pages are used"
        return 0
    fi
    echo $((before + wanted - free)) >"$hugepages_sysfs/nr_hugepages" 2>/dev/null || true
    added=$(($(cat "$hugepages_sysfs/nr_hugepages") - before))
    [ "$added" -le 0 ] || echo $((added + $(cat "$record" 2>/dev/null || echo 0))) >"$record"
    free=$(cat "$hugepages_sysfs/free_hugepages")
    hugepages_said="$free of 2 MB free, $added of them reserved now"
    [ "$free" -ge "$wanted" ] || hugepages_said="$hugepages_said; fewer than the $wanted wanted"
}

# hugepages_give_back FILE: takes back what hugepages_reserve added.
hugepages_give_back() {
    local added
    [ -s "$1" ] || return 0
    added=$(cat "$1")
    echo $(($(cat "$hugepages_sysfs/nr_hugepages") - added)) >"$hugepages_sysfs/nr_hugepages"
    rm -f "$1"
    hugepages_said="$added pages of 2 MB"
}
