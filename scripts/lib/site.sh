# SPDX-License-Identifier: BSD-3-Clause
# One site of the demo: a client namespace, an appliance namespace, the wire between them, and the godwitd
# that runs the appliance. Site 0 has the plain names; GODWIT_DEMO changes the first word of every name, so
# that tests and a running demo do not meet.
# shellcheck shell=bash

demo=${GODWIT_DEMO:-godwit}
demo_run=/run/$demo
demo_data=/var/lib/$demo
demo_wan=$demo-wan

# site_define K: sets the site_* names and addresses of site K (from 0).
site_define() {
    site=$1
    local suffix= dir=
    if [ "$site" != 0 ]; then
        suffix=-$site
        dir=/$site
    fi
    site_client=$demo-client$suffix
    site_appliance=$demo-appliance$suffix
    site_run=$demo_run$dir
    site_data=$demo_data$dir
    site_socket=$site_run/control.sock
    site_log=$site_run/godwitd.log
    site_client4=198.18.$site.1
    site_address4=198.18.$site.2
    site_client6=$(site_net6 "$site")::1
    site_address6=$(site_net6 "$site")::2
}

# 2001:db8:18::/64 for site 0, 2001:db8:18:K::/64 for site K.
site_net6() {
    [ "$1" = 0 ] && echo 2001:db8:18 || echo "2001:db8:18:$1"
}

# site_network WIRE WORKERS: the namespaces, and the wire where it is the kernel's.
site_network() {
    local wire=$1 workers=$2
    network_namespace "$site_client"
    network_namespace "$site_appliance"
    case $wire in
    af_xdp | af_packet)
        network_wire "$site_client" gw0 "$site_appliance" gw1 "$workers"
        network_address "$site_client" gw0 "$site_client4/24" "$site_client6/64"
        ;;
    esac
}

# site_network_after WIRE: what can only be done once the data plane has made its device.
site_network_after() {
    [ "$1" = tap ] || return 0
    ip -n "$site_client" link set gw0 up
    network_address "$site_client" gw0 "$site_client4/24" "$site_client6/64"
}

# site_wan WIRE: joins the site to the bridge of the inter-site network, device gw2 where the data plane is.
site_wan() {
    local namespace
    namespace=$(site_namespace "$1")
    if [ ! -e "/run/netns/$demo_wan" ]; then
        network_namespace "$demo_wan"
        ip -n "$demo_wan" link add wan type bridge
        ip -n "$demo_wan" link set wan up
    fi
    ip -n "$demo_wan" link add "site$site" type veth peer name gw2 netns "$namespace"
    network_silence "$namespace" gw2
    ip -n "$namespace" link set gw2 up
    ip -n "$demo_wan" link set "site$site" master wan up
}

# site_namespace WIRE: the namespace the data plane runs in. A tap is made where its process is.
site_namespace() {
    [ "$1" = tap ] && echo "$site_client" || echo "$site_appliance"
}

# site_device WIRE: what `device:` of the port names.
site_device() {
    case $1 in
    af_xdp | af_packet) echo gw1 ;;
    tap) echo gw0 ;;
    *) echo "$site_run/wire.sock" ;;
    esac
}

# site_driver WIRE
site_driver() {
    [ "$1" = virtio ] && echo vhost || echo "$1"
}

# site_config WIRE WORKERS SITES CORE...: writes the site's configuration.
site_config() {
    local wire=$1 workers=$2 sites=$3
    shift 3
    mkdir -p "$site_run" "$site_data"
    {
        printf '# written by scripts/run\n'
        printf 'node: %s\nworkers: %s\n' "$demo-$site" "$workers"
        [ $# = 0 ] || printf 'cores: [%s]\n' "$(tr ' ' , <<<"$*")"
        printf 'hugepages: auto\ndiagnostics: true\n'
        printf 'run_dir: %s\ndata_dir: %s\n' "$site_run" "$site_data"
        printf 'ports:\n'
        site_config_port gw "$(site_driver "$wire")" "$(site_device "$wire")" "$site_address4/24" "$site_address6/64"
        [ "$sites" -lt 2 ] ||
            site_config_port wan "$([ "$wire" = af_xdp ] && echo af_xdp || echo af_packet)" gw2 "198.19.$site.2/16" "2001:db8:19::$((site + 2))/64"
    } >"$site_run/godwit.yaml"
}

site_config_port() {
    printf -- '  - name: %s\n    driver: %s\n    device: %s\n    addresses: ["%s", "%s"]\n' "$@"
}

# site_start WIRE: starts godwitd in the appliance's namespace; site_godwitd is its pid.
site_start() {
    ulimit -l unlimited 2>/dev/null || true
    setsid nsenter --net="/run/netns/$(site_namespace "$1")" -- \
        "$(build_program godwitd)" --config "$site_run/godwit.yaml" --dataplane "$(build_program godwit-dataplane)" \
        >"$site_log" 2>&1 </dev/null &
    site_godwitd=$!
    echo "$site_godwitd" >"$site_run/godwitd.pid"
}

# site_ctl VERB...: godwitctl on this site.
site_ctl() {
    "$(build_program godwitctl)" --socket "$site_socket" "$@"
}

# site_ctl_command: prints what a user types for site_ctl.
site_ctl_command() {
    local socket=
    [ "$site_socket" = /run/godwit/control.sock ] || socket=" --socket $site_socket"
    printf '%s%s' "$(realpath --relative-base="$root" "$(build_program godwitctl)")" "$socket"
}

# site_state: prints starting, serving, stopped, failed; nothing when godwitd does not answer.
site_state() {
    [ -S "$site_socket" ] || return 0
    site_ctl status --json 2>/dev/null | jq -r '.dataplane.state // empty' 2>/dev/null || true
}

# site_log_kept: copies the log to build/, where it outlives the run directory, and prints the copy's path.
site_log_kept() {
    local kept=$root/build/failed-godwitd-$site.log
    cp "$site_log" "$kept" 2>/dev/null && echo "$kept" || echo "$site_log"
}

# site_wait SECONDS: until it serves. Fails with the log when godwitd ends, gives up, or time runs out.
site_wait() {
    local end=$((SECONDS + $1)) state=
    while [ "$SECONDS" -lt "$end" ]; do
        state=$(site_state)
        [ "$state" != serving ] || return 0
        if [ "$state" = failed ] || ! site_alive "$site_godwitd"; then
            fail "the appliance did not start" "the start-up table above names the step, its cause and its remedy" "$(site_log_kept)"
        fi
        sleep 0.2
    done
    fail "the appliance was not serving after $1 s (state: ${state:-no answer})" \
        "see the start-up table above; 'scripts/host-check' looks at the machine" "$(site_log_kept)"
}

# site_ours PID: is it a godwit process of this site? By executable, and by namespace or configuration.
site_ours() {
    local exe
    exe=$(readlink "/proc/$1/exe" 2>/dev/null) || return 1
    exe=${exe% (deleted)}
    case ${exe##*/} in
    godwitd | godwit-dataplane) ;;
    *) return 1 ;;
    esac
    tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -e "$site_run/godwit.yaml" -e "--config=$site_run/godwit.yaml"
}

# site_pids: prints the godwit processes of this site, godwitd first (it would restart the data plane).
site_pids() {
    local pid ns
    local -A seen=()
    pid=$(cat "$site_run/godwitd.pid" 2>/dev/null || true)
    for pid in $pid $(for ns in "$site_client" "$site_appliance"; do ip netns pids "$ns" 2>/dev/null || true; done); do
        if [ -z "${seen[$pid]-}" ] && site_ours "$pid"; then
            seen[$pid]=1
            echo "$pid"
        fi
    done
}

# site_end: ends the site's processes: asked first, killed after 5 s.
site_end() {
    local pid pids end
    pids=$(site_pids)
    for pid in $pids; do
        kill -TERM "$pid" 2>/dev/null || true
        site_gone "$pid" 5 || kill -KILL "$pid" 2>/dev/null || true
        site_gone "$pid" 5 || fail "process $pid of site $site does not die" "look at /proc/$pid/stack"
    done
    # godwitd may have started another data plane between the list and its own end.
    for pid in $(site_pids); do
        kill -KILL "$pid" 2>/dev/null || true
        site_gone "$pid" 5 || fail "process $pid of site $site does not die" "look at /proc/$pid/stack"
    done
}

# site_alive PID: a zombie is not.
site_alive() {
    [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# site_gone PID SECONDS: waits for the end of a process.
site_gone() {
    local tries=$(($2 * 20))
    while site_alive "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}
