#!/usr/bin/env bash
# All benchmarks, then one summary of every figure that has an aim. Never passes or fails by a figure;
# ends with 3 when a benchmark could not run. Takes about 30 minutes on two processors.
#
#   tests/bench/all.sh [--short]       --short: one repeat of a few seconds each, to see that all run
#   LOOKBACK_BIN=DIR/lookback          another build than build/release
set -uo pipefail
cd "$(dirname "$0")/../.."

export LOOKBACK_BIN=${LOOKBACK_BIN:-$PWD/build/release/lookback}
programs=$(dirname "$LOOKBACK_BIN")/tests
python=/usr/bin/python3
log=$(mktemp /tmp/lookback-bench.XXXXXX)
short=()
quick=()
if [ "${1:-}" = --short ]; then
    short=(--seconds 5 --repeats 1)
    quick=(--seconds 1 --repeats 1)
fi
failed=()

run() { # command...
    echo | tee -a "$log"
    "$@" 2>&1 | tee -a "$log"
    [ "${PIPESTATUS[0]}" = 0 ] || failed+=("$*")
}

if [ ! -x "$LOOKBACK_BIN" ]; then
    cmake --preset release && cmake --build --preset release || exit 3
fi
echo "$(uname -srm), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs)," \
    "$(git log -1 --format=%h 2>/dev/null), $(date -u +%FT%TZ)" | tee -a "$log"

run $python tests/bench/poll.py "${quick[@]}"
for name in store history drain; do
    [ -x "$programs/bench_$name" ] && run "$programs/bench_$name"
done
run $python tests/bench/town.py "${short[@]}"
run $python tests/bench/town.py --mqtt "${short[@]}"
run $python tests/bench/crowd.py "${short[@]}"
run $python tests/bench/dead.py "${short[@]}"

echo
echo "== summary: every figure with an aim; median (least … most)"
grep -E '^==|  aim |[[:space:]]!|ratio' "$log"
echo "   the whole log: $log"
if [ ${#failed[@]} -gt 0 ]; then
    printf '   could not run: %s\n' "${failed[@]}"
    exit 3
fi
