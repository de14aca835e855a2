# SPDX-License-Identifier: BSD-3-Clause
# Network namespaces and the virtual wires between them.
# shellcheck shell=bash

# network_namespace NAME: makes it when it does not exist, with loopback up.
network_namespace() {
    [ -e "/run/netns/$1" ] || ip netns add "$1"
    ip -n "$1" link set lo up
}

# network_wire CLIENT_NS CLIENT_DEV APPLIANCE_NS APPLIANCE_DEV QUEUES: a veth pair between two namespaces.
# The appliance's end has no address and no IPv6 of the kernel: the data plane alone speaks there.
network_wire() {
    local client=$1 near=$2 appliance=$3 far=$4 queues=$5
    ip -n "$client" link add "$near" numtxqueues "$queues" numrxqueues "$queues" type veth \
        peer name "$far" netns "$appliance" numtxqueues "$queues" numrxqueues "$queues"
    network_silence "$appliance" "$far"
    # A veth leaves checksums for a device that never comes; AF_XDP and AF_PACKET would see the gap.
    network_in "$client" ethtool -K "$near" tx off >/dev/null
    ip -n "$client" link set "$near" up
    ip -n "$appliance" link set "$far" up
}

# network_silence NS DEV: the kernel neither speaks nor answers on DEV.
network_silence() {
    network_in "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6; echo 8 >/proc/sys/net/ipv4/conf/$2/arp_ignore"
}

# network_address NS DEV ADDRESS...: gives DEV addresses; IPv6 without waiting for duplicate detection.
network_address() {
    local ns=$1 dev=$2 address
    shift 2
    for address in "$@"; do
        case $address in
        *:*) ip -n "$ns" address replace "$address" dev "$dev" nodad ;;
        *) ip -n "$ns" address replace "$address" dev "$dev" ;;
        esac
    done
}

# network_in NS COMMAND...: runs a command in a namespace without remounting /sys, which DPDK needs as it is.
network_in() {
    local ns=$1
    shift
    nsenter --net="/run/netns/$ns" -- "$@"
}

# network_remove NS: removes a namespace, or the second name of one.
network_remove() {
    if [ -L "/run/netns/$1" ]; then
        rm -f "/run/netns/$1"
    elif [ -e "/run/netns/$1" ]; then
        ip netns delete "$1"
    fi
}
