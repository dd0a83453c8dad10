# shellcheck shell=bash
# What the scripts here share; to be sourced. Leaves the caller in the repository's root.
set -euo pipefail
export LC_ALL=C.UTF-8
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# Never someone else's server: these are set by cluster_start alone.
[ -n "${QUERY_AUDIT_CLUSTER:-}" ] ||
    unset PGDATABASE PGUSER PGHOST PGPORT PGPASSWORD PGSERVICE PGOPTIONS PGDATA PGAPPNAME
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
: "${PG_CONFIG:=pg_config}"
# The distribution's own interpreter is the one that its python3-* packages are for.
python=/usr/bin/python3
export python

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

pg_bindir() { "$PG_CONFIG" --bindir; }
pgxs_test() { echo "$(dirname "$("$PG_CONFIG" --pgxs)")/../test/$1"; }

# Runs a command as root: asks sudo only when there is need.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null || die "needs root for: $* (no sudo here)"
        sudo "$@"
    fi
}

# The server refuses to run as root; then it runs as user postgres. Everyone else runs it as oneself.
as_server_user() {
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

# A fresh directory, owned by the server's user, with a path short enough for a Unix socket.
server_dir() {
    local parent=${TMPDIR:-/tmp} dir
    [ ${#parent} -le 40 ] || parent=/tmp
    dir=$(mktemp -d "$parent/query_audit.XXXXXX")
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$dir"; fi
    echo "$dir"
}

# Ends a suite: its line for people and for the sum, and its exit status.
finish() { # name passed failed
    echo "$1: $2 passed, $3 failed"
    [ "$3" -eq 0 ]
    exit
}

# A suite that has nothing to run says so.
nothing_in() { # name directory
    echo "$1: nothing to run in $2"
    finish "$1" 0 0
}

# Adds what pg_regress wrote to DIR/log to `passed` and `failed`, and shows what went wrong. Its lines are
# "test name ... ok" up to version 15, TAP since.
count_regress() { # DIR
    local ok bad
    ok=$(grep -cE '^ok [0-9]|^(test|    ) .*\.\.\. +ok' "$1/log" || true)
    bad=$(grep -cE '^not ok [0-9]|^(test|    ) .*\.\.\. +(FAILED|failed)' "$1/log" || true)
    # No line at all: pg_regress or the server did not get that far.
    if [ $((ok + bad)) -eq 0 ] || grep -q 'a server process crashed' "$1/log"; then bad=$((bad + 1)); fi
    if [ "$bad" -gt 0 ]; then
        cat "$1/log"
        if [ -f "$1/all.diffs" ]; then head -n 300 "$1/all.diffs"; fi
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
}

# What clang's tools say differs from release to release; the sources are held to those of Debian 12 alone.
needs_clang_14() { # SUITE TOOL
    local major
    major=$("$2" --version | sed -nE 's/.*version ([0-9]+)\..*/\1/p' | head -n 1)
    [ "$major" != 14 ] || return 0
    echo "skipped: $1 is checked with $2 14; this is ${major:-none}"
    finish "$1" 0 0
}

# Configures and builds with CMake, or shows what is wrong and dies.
cmake_build() { # DIR TARGET CMAKE-OPTION...
    local dir=$1 target=$2 log
    shift 2
    log=build/logs/cmake_$(basename "$dir").log
    mkdir -p build/logs
    # Suites that run at the same time may want the same directory.
    local lock
    exec {lock}>"build/logs/cmake_$(basename "$dir").lock"
    flock "$lock"
    if ! { cmake -S . -B "$dir" "$@" && cmake --build "$dir" --target "$target" -j "$(nproc)"; } >"$log" 2>&1; then
        grep -E -A5 'error|Error' "$log" | head -n 60
        die "the build failed; all of it is in $log"
    fi
    exec {lock}>&-
}

# The mirror of the main archive that apt is told to use; empty where there is none.
debian_mirror() {
    # shellcheck disable=SC2016 # apt's own variable
    echo "${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security | head -n 1)}" || true
}

# Runs command_of SUITE and keeps its counts and time in build/logs/PREFIXsuite.result. Its whole output is in
# build/logs/PREFIXsuite.log, and shown where something in it fails.
run_suite() { # PREFIX SUITE
    local log=build/logs/$1$2.log start=$SECONDS status=0 counts ok bad command
    read -r -a command <<<"$(command_of "$2")"
    [ ${#command[@]} -gt 0 ] || die "no suite is named $2"
    "${command[@]}" >"$log" 2>&1 </dev/null || status=$?
    counts=$(sed -nE 's/^[a-z-]+: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -n 1)
    # Without a count of its own a suite is one check; one that breaks off counts as a failure.
    read -r ok bad <<<"${counts:-$((status == 0)) 0}"
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    echo "$ok $bad $((SECONDS - start))" >"${log%.log}.result"
    echo "Ran $2: $ok passed, $bad failed"
    grep -E '^skipped: |: nothing to run' "$log" | sed 's/^/    /' || true
    if [ "$bad" -gt 0 ] || [ "${only_one:-}" ]; then sed 's/^/    /' "$log" | tail -n 300; fi
}

# Runs each suite; those that need no server, whose names `serverless` has, beside the others and behind them. Closes
# with a table and the plain counts; true when nothing failed.
serverless=" "
run_suites() { # PREFIX SUITE...
    local prefix=$1 passed=0 failed=0 suite ok bad time beside=() others=() only_one=
    shift
    [ $# -gt 1 ] || only_one=yes
    for suite; do
        rm -f "build/logs/$prefix$suite.result"
        if [[ $serverless == *" $suite "* ]]; then beside+=("$suite"); else others+=("$suite"); fi
    done
    (
        renice -n 19 "$BASHPID" >/dev/null
        for suite in "${beside[@]}"; do run_suite "$prefix" "$suite"; done
    ) &
    for suite in "${others[@]}"; do run_suite "$prefix" "$suite"; done
    wait $! || true
    printf '\n%-14s %8s %8s %8s\n' suite passed failed time
    for suite; do
        # One that left no result has not come to its end.
        read -r ok bad time <"build/logs/$prefix$suite.result" || read -r ok bad time <<<'0 1 0'
        printf '%-14s %8d %8d %7ds\n' "$suite" "$ok" "$bad" "$time"
        passed=$((passed + ok))
        failed=$((failed + bad))
    done
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
}
