# SPDX-License-Identifier: BSD-3-Clause
# What a script says while it works: numbered steps, and on failure the cause, the log and what to do.
# shellcheck shell=bash

export LC_ALL=C.UTF-8 # what programs say is read here and there: the same on every machine

say_total=0   # steps the script announced
say_step=0    # steps begun
say_open=0    # 1: a step's line is waiting for its end; lines: others stand below it
say_began=0   # when the step began, seconds
say_name=     # its text

# steps N: how many step calls follow.
steps() {
    say_total=$1
    say_step=0
}

# step TEXT: begins a step; the line is ended by ok or fail.
step() {
    say_step=$((say_step + 1))
    say_name=$1
    say_began=$SECONDS
    say_open=1
    printf '[%2d/%d] %s ... ' "$say_step" "$say_total" "$1"
}

# step_lines: what follows prints lines of its own before the step ends.
step_lines() {
    printf '\n'
    say_open=lines
}

# ok [DETAIL]: ends the step; with how long it took when that is worth knowing.
ok() {
    local took=$((SECONDS - say_began)) detail=${1-}
    [ "$say_open" != lines ] || printf '       '
    say_open=0
    [ "$took" -lt 2 ] || detail="${detail:+$detail, }$took s"
    printf 'ok%s\n' "${detail:+ ($detail)}"
}

# note TEXT: a line that belongs to no step.
note() {
    printf '       %s\n' "$1"
}

# fail CAUSE REMEDY [LOG]: ends the script with status 1, naming the cause, the end of the log and the remedy.
fail() {
    local cause=$1 remedy=$2 log=${3-}
    [ "$say_open" != lines ] || printf '       '
    [ "$say_open" = 0 ] || printf 'FAILED\n'
    say_open=0
    {
        printf '\n%s: %s\n' "${0##*/}" "$cause"
        if [ -n "$log" ] && [ -s "$log" ]; then
            printf -- '--- the end of %s\n' "$log"
            tail -n 25 "$log"
            printf -- '---\n'
        fi
        printf 'What to do: %s\n' "$remedy"
    } >&2
    exit 1
}

# logged LOG REMEDY COMMAND...: runs a command with its output in LOG; fails with the log's end.
logged() {
    local log=$1 remedy=$2
    shift 2
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || fail "'$*' failed with status $?" "$remedy" "$log"
}

# A command that nobody expected to fail ended the script (set -e): say which, with the step it belongs to.
say_unexpected() {
    [ "$BASHPID" = $$ ] || return 0
    [ "$say_open" = 0 ] || printf 'FAILED\n'
    say_open=0
    printf '\n%s: this command failed with status %s: %s\n' "${0##*/}" "$1" "$2" >&2
    printf 'What to do: see what it said above\n' >&2
}
set -E
trap 'say_unexpected $? "$BASH_COMMAND"' ERR

# usage_error TEXT: wrong command line, status 2.
usage_error() {
    printf '%s: %s\nTry: %s --help\n' "${0##*/}" "$1" "$0" >&2
    exit 2
}

# help_text: prints the comment block at the top of the calling script, its manual page.
help_text() {
    sed -n '3,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
}

# need_root WHY
need_root() {
    [ "$(id -u)" = 0 ] || fail "not root: $1" "run it as root, for example: sudo $0"
}
