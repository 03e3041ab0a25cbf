# SPDX-License-Identifier: Apache-2.0
# cases.sh: for suites in shell. `check NAME COMMAND...` is a case, which passes when the command does; what
# a failed one wrote is shown. `finish` prints the count and gives the suite's exit status.
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name: $*"
        tail -n 40 "$work/log" | sed 's/^/    /'
    fi
}
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
