# SPDX-License-Identifier: BSD-3-Clause
# What the smoke tests share: an appliance of their own beside any demo that runs, result lines, and an end
# that leaves nothing. A test sources this, prints PASS and FAIL lines by check, and exits by itself.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export GODWIT_DEMO="godwit-smoke-$$"
for part in say build hugepages network site demo wire_client; do . "$root/scripts/lib/$part.sh"; done

smoke_failed=0
smoke_pids=() # helpers of the test, ended with it

if [ "$(id -u)" != 0 ]; then
    echo "SKIP everything: namespaces need root"
    exit 0
fi

smoke_end() {
    local status=$? pid
    trap - EXIT
    if [ "$status" != 0 ] && [ "$smoke_failed" = 0 ]; then
        echo "FAIL the test itself: ended with status $status"
        smoke_failed=1
    fi
    [ "$smoke_failed" = 0 ] || tail -n 40 "$demo_run"/*.log 2>/dev/null || true
    for pid in ${smoke_pids[@]+"${smoke_pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
    demo_end
    rm -rf "$demo_data"
    exit "$smoke_failed"
}
trap smoke_end EXIT
trap 'exit 130' INT TERM

# check WHAT COMMAND...: PASS when the command succeeds, FAIL otherwise; its output goes before the line.
check() {
    local what=$1 out
    shift
    if out=$("$@" 2>&1); then
        echo "PASS $what"
    else
        printf '%s\n' "$out"
        echo "FAIL $what: '$*'"
        smoke_failed=1
    fi
}

# appliance_up WIRE [CONFIGURATION LINES]: site 0 with a small store, serving.
appliance_up() {
    site_define 0
    site_network "$1" 1
    site_config "$1" 1 1
    printf 'memory_mb: 32\nbuffers: 8192\n%s\n' "${2-}" >>"$site_run/godwit.yaml"
    site_start "$1"
    site_wait 60
    site_network_after "$1"
    client_ping "$site_address4" || { echo "FAIL start: no answer to ping on $1"; smoke_failed=1; exit 1; }
}

# dataplane FIELD: a field of the data plane's status.
dataplane() {
    site_ctl status --json | jq -r ".dataplane.$1"
}

# counter NAME: total of a counter.
counter() {
    site_ctl stats "$1" --json | jq -r '.counters[0].total'
}
