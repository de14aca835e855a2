# SPDX-License-Identifier: BSD-3-Clause
# Huge pages of 2 MB: reserved when there is memory for them, and given back.
# shellcheck shell=bash

hugepages_sysfs=/sys/kernel/mm/hugepages/hugepages-2048kB

# hugepages_free: prints how many are free; 0 where the kernel has none.
hugepages_free() {
    cat "$hugepages_sysfs/free_hugepages" 2>/dev/null || echo 0
}

# hugepages_reserve WANTED FILE: makes WANTED pages free if the kernel can; FILE keeps how many were added.
# Sets hugepages_said. Never fails: godwit works on ordinary pages too.
hugepages_reserve() {
    local wanted=$1 record=$2 free total before added
    if [ ! -w "$hugepages_sysfs/nr_hugepages" ]; then
        hugepages_said="this kernel has none; ordinary pages are used"
        return 0
    fi
    free=$(hugepages_free)
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
    free=$(hugepages_free)
    hugepages_said="$free of 2 MB free, $added of them reserved now"
    [ "$free" -ge "$wanted" ] || hugepages_said="$hugepages_said; fewer than the $wanted wanted"
}

# hugepages_give_back FILE: takes back what hugepages_reserve added. Sets hugepages_said, and hugepages_kept to
# how many the kernel still keeps because somebody uses them; those go when they are free.
hugepages_give_back() {
    local added target
    hugepages_kept=0
    [ -s "$1" ] || return 0
    added=$(cat "$1")
    target=$(($(cat "$hugepages_sysfs/nr_hugepages") - added))
    [ "$target" -ge 0 ] || target=0 # somebody else lowered it meanwhile
    echo "$target" >"$hugepages_sysfs/nr_hugepages"
    hugepages_kept=$(($(cat "$hugepages_sysfs/nr_hugepages") - target))
    [ "$hugepages_kept" -gt 0 ] || hugepages_kept=0
    rm -f "$1"
    hugepages_said="$added pages of 2 MB"
}
