# SPDX-License-Identifier: BSD-3-Clause
# The client's side of the wire of the site that site_define chose: what scripts/run and the smoke tests send.
# Results for people are left in client_said.
# shellcheck shell=bash

# client_bench WIRE ARGUMENT...: godwit-bench against the site's appliance.
client_bench() {
    local wire=$1
    shift
    case $wire in
    memif | virtio)
        "$(build_program godwit-bench)" "$@" --to "$site_address4" --local-ip "$site_client4" --lcore 0 \
            --dpdk "$wire:$(site_device "$wire")"
        ;;
    *) network_in "$site_client" "$(build_program godwit-bench)" "$@" --to "$site_address4" ;;
    esac
}

# client_reach WIRE: does the appliance answer? ping over IPv4 and IPv6 where the client is the kernel.
client_reach() {
    local address
    case $1 in
    memif | virtio) client_request "$1" ;;
    *)
        for address in "$site_address4" "$site_address6"; do
            client_ping "$address" || return 1
        done
        ;;
    esac
}

# client_ping ADDRESS: three echo requests; the first may have to wait for the appliance's start.
client_ping() {
    local out try
    for try in 1 2 3; do
        if out=$(network_in "$site_client" ping -n -c 3 -i 0.2 -W 2 "$1" 2>&1); then
            client_said=$(sed -n 's,^rtt [^=]*= [^/]*/\([^/]*\)/.*,\1 ms,p' <<<"$out")
            return 0
        fi
    done
    return 1
}

# client_request WIRE: a moment of requests.
client_request() {
    local json
    json=$(client_bench "$1" run --mix set --keys 100 --clients 1 --window 1 --warmup 0.1 --duration 0.3 \
        --json - 2>"$site_run/client.log") || { cat "$site_run/client.log"; return 1; }
    client_said=$(jq -r '"\(.requests) requests, median \(.latency_us.p50) us"' <<<"$json")
}

# client_transfer WIRE VERB ARGUMENT...: load or check; shows progress, fails with what was said.
client_transfer() {
    local wire=$1 verb=$2
    shift 2
    step_lines
    client_said=$(client_bench "$wire" "$verb" "$@" 2> >(sed -u 's/^/       /' >&2)) || {
        site_ctl drops || true
        fail "$verb over the wire failed: ${client_said:-see above}" "see the lines and the drops above, and the log" "$(site_log_kept)"
    }
}

# client_load WIRE FILE: stores the records of FILE.
client_load() {
    client_transfer "$1" load --from "$2"
}

# client_check WIRE FILE: reads 5000 of them back and compares byte for byte.
client_check() {
    client_transfer "$1" check --from "$2" --sample 5000
}

# client_verify WIRE: a second of reads and writes in equal parts; every value read is compared.
client_verify() {
    local json
    json=$(client_bench "$1" run --mix 50/50 --keys 2000 --preload --verify --warmup 0 --duration 1 --json -) || return 1
    echo "$json"
    jq -e '.errors == 0 and .mismatches == 0 and .verified > 0' <<<"$json" >/dev/null
}
