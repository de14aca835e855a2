# SPDX-License-Identifier: BSD-3-Clause
# Test results: runs tests of each kind, prints a line each, counts, and ends with "N passed, N failed".
# shellcheck shell=bash

results_passed=0 results_failed=0 results_skipped=0
results_repeats=() # for each failure: what failed, and the command that repeats it

results_pass() {
    results_passed=$((results_passed + 1))
    printf 'PASS %s\n' "$1"
}

# results_fail NAME REPEAT [LOG]
results_fail() {
    results_failed=$((results_failed + 1))
    printf 'FAIL %s\n' "$1"
    [ -z "${3-}" ] || [ ! -s "$3" ] || tail -n 30 "$3" | sed 's/^/     | /'
    results_repeats+=("$1
    repeat: $2")
}

results_skip() {
    results_skipped=$((results_skipped + 1))
    printf 'SKIP %s\n' "$1"
}

# results_meson DIR LABEL ARGUMENT...: `meson test ARGUMENT...` in DIR; LABEL stands before each name.
results_meson() {
    local dir=$1 label=$2 log=$1/meson-logs/testlog.json status=0 name result command
    shift 2
    rm -f "$log"
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 nice -n 5 meson test -C "$dir" --no-rebuild --print-errorlogs "$@" \
        >"$dir/test.log" 2>&1 </dev/null || status=$?
    if [ ! -s "$log" ]; then
        results_fail "$label$*: meson ran no such test (status $status)" "meson test -C $dir $*" "$dir/test.log"
        return 0
    fi
    while IFS=$'\t' read -r result name command; do
        case $result in
        OK | EXPECTEDFAIL) results_pass "$label$name" ;;
        SKIP) results_skip "$label$name" ;;
        *) results_meson_failed "$label$name ($result)" "$command" "$log" "$name" ;;
        esac
    done < <(jq -r "[.result, $results_meson_name, (.command | join(\" \"))] | @tsv" "$log")
}

# A test's name without the project and the suite that meson puts before it, in jq.
results_meson_name='(.name | sub("^godwit(:[^ ]+)? / "; ""))'

results_meson_failed() {
    local output=${3%.json}.failed.txt
    jq -r --arg n "$4" "select($results_meson_name == \$n) | (.stdout // \"\"), (.stderr // \"\")" "$3" >"$output"
    results_fail "$1" "$2" "$output"
}

# results_script PATH [SECONDS]: a script that prints lines "PASS what", "FAIL what: why", "SKIP what: why" and
# whatever else; each counts. One that fails without a FAIL line, prints none at all, or takes longer than
# SECONDS (600), is a failure itself.
results_script() {
    local path=$1 seconds=${2:-600} name=${1##*/} log status=0 line lines=0 failed=0
    log=build/test-logs/$name.log
    mkdir -p build/test-logs
    timeout -k 30 "$seconds" "$path" >"$log" 2>&1 </dev/null || status=$?
    while IFS= read -r line; do
        case $line in
        'PASS '*) results_pass "$name: ${line#PASS }" ;;
        'FAIL '*) results_fail "$name: ${line#FAIL }" "scripts/test $name  (log: $log)"; failed=1 ;;
        'SKIP '*) results_skip "$name: ${line#SKIP }" ;;
        *) continue ;;
        esac
        lines=$((lines + 1))
    done <"$log"
    if [ "$lines" = 0 ] || { [ "$status" != 0 ] && [ "$failed" = 0 ]; }; then
        results_fail "$name: ended with status $status" "$path" "$log"
    elif [ "$failed" = 1 ]; then
        grep -v '^\(PASS\|SKIP\) ' "$log" | tail -n 30 | sed 's/^/     | /'
    fi
}

results_fuzz_running=() # "pid name" of the targets now running

# results_fuzz_start TARGET SECONDS: starts a libFuzzer target on its seeds (tests/fuzz/corpus/NAME) and on
# what earlier runs found; results_fuzz_wait collects it.
results_fuzz_start() {
    local target=$1 seconds=$2 name=${1##*/} seeds
    seeds=tests/fuzz/corpus/${name#fuzz_}
    mkdir -p "build-fuzz/corpus/$name" build-fuzz/findings
    [ -d "$seeds" ] || seeds=
    # shellcheck disable=SC2086
    nice -n 5 "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/findings/$name-" "build-fuzz/corpus/$name" $seeds \
        >"build-fuzz/$name.log" 2>&1 </dev/null &
    results_fuzz_running+=("$! $name")
}

results_fuzz_wait() {
    local entry pid name log runs
    for entry in ${results_fuzz_running[@]+"${results_fuzz_running[@]}"}; do
        read -r pid name <<<"$entry"
        log=build-fuzz/$name.log
        if wait "$pid"; then
            runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
            if [ "${runs:-0}" -gt 0 ]; then
                results_pass "$name: $runs inputs, no finding"
            else
                results_fail "$name: it tried no input" "build-fuzz/tests/fuzz/$name -runs=1000" "$log"
            fi
        else
            results_fail "$name" "build-fuzz/tests/fuzz/$name $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)" "$log"
        fi
    done
    results_fuzz_running=()
}

# results_end: the failures again with what repeats them, the sum, and the exit status.
results_end() {
    local failure
    if [ ${#results_repeats[@]} -gt 0 ]; then
        printf '\nFailures:\n'
        for failure in "${results_repeats[@]}"; do printf '  %s\n' "$failure"; done
    fi
    echo
    if [ $((results_passed + results_failed)) = 0 ]; then
        results_failed=1
        echo "no test ran"
    fi
    [ "$results_skipped" = 0 ] || echo "$results_skipped skipped"
    printf '%s passed, %s failed\n' "$results_passed" "$results_failed"
    [ "$results_failed" = 0 ] || exit 1
    exit 0
}
