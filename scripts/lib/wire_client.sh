# SPDX-License-Identifier: BSD-3-Clause
# The client side of the demo: what scripts/run sends over the wire of the site defined by site_define.
# shellcheck shell=bash

# client_run WIRE COMMAND...: godwit-bench on the client's side of the wire.
client_bench() {
    local wire=$1
    shift
    case $wire in
    memif | virtio)
        "$(build_program godwit-bench)" "$@" --dpdk "$wire:$(site_device "$wire")" --address "$site_client4"
        ;;
    *) network_in "$site_client" "$(build_program godwit-bench)" "$@" ;;
    esac
}

# client_ping ADDRESS: three echo requests; the first may wait for the neighbour. Sets client_ping_said.
client_ping() {
    local out try
    for try in 1 2 3; do
        if out=$(network_in "$site_client" ping -n -c 3 -i 0.2 -W 2 "$1" 2>&1); then
            client_ping_said=$(sed -n 's,^rtt [^=]*= [^/]*/\([^/]*\)/.*,\1 ms,p' <<<"$out")
            return 0
        fi
    done
    return 1
}
