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
store=()
drain=()
replay=()
judge=()
seal=()
first=()
pages=()
evidence=()
dialin=()
if [ "${1:-}" = --short ]; then
    short=(--seconds 5 --repeats 1)
    quick=(--seconds 1 --repeats 1)
    store=(10 1)
    drain=(1 50000)
    replay=(100000 240)
    judge=(--short)
    seal=(2)
    first=(--repeats 1)
    pages=(--seconds 4)
    evidence=(--days 10 --repeats 1)
    dialin=(--seconds 12 --every 5 --units 200 --once 500)
fi
failed=()

run() { # command...
    echo | tee -a "$log"
    "$@" 2>&1 | tee -a "$log"
    [ "${PIPESTATUS[0]}" -le 1 ] || failed+=("$*") # 1: bench_drain's way to say "below the aim"
}

if [ ! -x "$LOOKBACK_BIN" ]; then
    cmake --preset release && cmake --build --preset release || exit 3
fi
echo "$(uname -srm), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs)," \
    "$(git log -1 --format=%h 2>/dev/null), $(date -u +%FT%TZ)" | tee -a "$log"

run $python tests/bench/poll.py "${quick[@]}"
[ -x "$programs/bench_store" ] && run "$programs/bench_store" "${store[@]}"
[ -x "$programs/bench_seal" ] && run "$programs/bench_seal" "${seal[@]}"
[ -x "$programs/bench_replay" ] && run "$programs/bench_replay" "${replay[@]}"
[ -x "$programs/bench_tally" ] && run "$programs/bench_tally" config/parameters.conf config/aggregates.conf
[ -x "$programs/bench_track" ] && run "$programs/bench_track"
[ -x "$programs/bench_verdict" ] && run "$programs/bench_verdict" config
[ -x "$programs/bench_judge" ] && run "$programs/bench_judge" "${judge[@]}"
[ -x "$programs/bench_history" ] && run "$programs/bench_history"
[ -x "$programs/bench_drain" ] && run "$programs/bench_drain" "${drain[@]}"
run $python tests/bench/evidence.py "${evidence[@]}"
run $python tests/bench/town.py "${short[@]}"
run $python tests/bench/town.py --mqtt "${short[@]}"
run $python tests/bench/crowd.py "${short[@]}"
run $python tests/bench/dead.py "${short[@]}"
run $python tests/bench/dialin.py "${dialin[@]}"
run $python tests/bench/serial.py "${short[@]}"
run $python tests/bench/page.py "${pages[@]}"
run $python tests/bench/page_load.py "${pages[@]}"
if [ "${LOOKBACK_BROWSER:-1}" = 0 ] || [ ! -d build/tools/browser/node_modules ]; then
    echo "the first view is not measured: LOOKBACK_BROWSER=0, or tests/tools.sh browser was not run" | tee -a "$log"
else
    run $python tests/bench/page_first_view.py "${first[@]}"
fi

echo
echo "== summary: every figure with an aim; median (least … most)"
grep -E '^==|  aim |[[:space:]]!|store / bare|polls in|(NOT MET|met)$' "$log"
echo "   the whole log: $log"
if [ ${#failed[@]} -gt 0 ]; then
    printf '   could not run: %s\n' "${failed[@]}"
    exit 3
fi
