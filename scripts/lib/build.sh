# SPDX-License-Identifier: BSD-3-Clause
# The build directories: build (plain), build-asan (sanitizers), build-fuzz (clang, libFuzzer).
# shellcheck shell=bash

# Where each program stands in a build directory.
build_programs="dataplane/godwit-dataplane control/daemon/godwitd control/cli/godwitctl client/godwit-bench"

# build_dir DIR [MESON OPTION...]: sets DIR up when it is not, then builds it. CC is honoured at set-up.
build_dir() {
    local dir=$1 log=$1/build.log
    shift
    mkdir -p "$dir"
    if [ ! -f "$dir/build.ninja" ]; then
        logged "$log" "see the log above; rm -rf $dir and run again when the machine's compiler changed" \
            meson setup "$dir" "$root" "$@"
    fi
    logged "$log" "the code does not compile; the log names file and line" nice -n 5 ninja -C "$dir"
}

# build_program NAME: prints the path of a program in build/; also as installed when there is no build.
build_program() {
    local path
    for path in $build_programs; do
        [ "${path##*/}" != "$1" ] || { printf '%s/build/%s\n' "$root" "$path"; return; }
    done
    printf '%s\n' "$1"
}
