#!/usr/bin/env bash
# All tests: installs what is missing, builds with gcc and clang, runs everything. Can be run again.
#
#   tests/run.sh           at most 15 minutes on two cores
#   tests/run.sh --long    also: 1,000 kills, long fuzzing, the benchmarks
#   tests/run.sh --quick   unit tests under one sanitizer only
#
# 全部测试：安装所需软件包，用两种编译器编译，运行所有测试。
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-all}
python=/usr/bin/python3
started=$SECONDS
export LANG=C.UTF-8
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tests/support/thread.suppressions

step() { echo; echo "== $* ($((SECONDS - started)) s)"; }
passed=0
done_with() { passed=$((passed + 1)); }

# Sanitizers want memory where they expect it; some kernels shuffle it too far.
calm=(env)
setarch "$(uname -m)" -R true 2>/dev/null && calm=(setarch "$(uname -m)" -R)

build() { # preset
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" | tail -n 1
}

step "packages / 软件包"
deploy/packages.sh test

step "house: arrows between rooms, format / 房间之间的箭头、格式"
$python tests/unit/arrows.py
$python tests/unit/arrows.py --self-test
git ls-files '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror
done_with

step "gcc, address and undefined-behaviour sanitizers / 编译与单元测试"
build debug
"${calm[@]}" ctest --test-dir build/debug --output-on-failure -j2 --timeout 240
done_with
[ "$mode" = --quick ] && exit 0

step "gcc, thread sanitizer / 线程检查"
build thread
"${calm[@]}" ctest --test-dir build/thread --output-on-failure -j2 --timeout 400
done_with

step "clang: second compiler, fuzzers 10 s each / 第二个编译器，模糊测试"
build clang
seconds=10
[ "$mode" = --long ] && seconds=300
for fuzzer in build/clang/tests/fuzz_*; do
    [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
    name=$(basename "$fuzzer")
    corpus=tests/fuzz/corpus/${name#fuzz_}
    new=$(mktemp -d)
    echo "$name"
    "$fuzzer" -max_total_time=$seconds -timeout=5 -rss_limit_mb=1024 -print_final_stats=0 -verbosity=0 \
        "$new" "$corpus" >/tmp/"$name".log 2>&1 || { tail -n 30 /tmp/"$name".log; exit 1; }
    rm -rf "$new"
done
done_with

step "clang-tidy"
git ls-files 'collector/*.c' 'drivers/*.c' | xargs -P 2 -n 6 clang-tidy-14 -p build/clang --quiet 2>/dev/null
done_with

step "system: real brokers, stores and lines / 系统测试"
build release
[ "$mode" = --long ] && export LOOKBACK_KILLS=1000
LOOKBACK_BIN=$PWD/build/debug/lookback $python -m pytest -q -x tests/system tests/faults
done_with

if [ "$mode" = --long ]; then
    step "benchmarks / 基准"
    tests/bench/all.sh
fi
step "all passed / 全部通过"
