#!/usr/bin/env bash
# All tests: installs what is missing, builds with gcc and clang, runs everything. Can be run again.
#
#   tests/run.sh           at most 15 minutes on two cores
#   tests/run.sh --long    also: 1,000 kills, 1,000 crashes of a judged month, 10,000 forgeries of stores and
#                          bundles, a million exchanges with devices that lie, the system tests under the
#                          thread sanitizer, the static analyzer, 5 minutes a fuzzer, the benchmarks
#   tests/run.sh --quick   house rules and unit tests under one sanitizer only
#
# Add --without-browser (or set LOOKBACK_BROWSER=0) to leave out what needs Chromium and npm.
# 加 --without-browser（或设 LOOKBACK_BROWSER=0）则不做浏览器测试。
#
# 全部测试：安装所需软件包，用两种编译器编译，运行所有测试。
set -euo pipefail
cd "$(dirname "$0")/.."

mode=all
for word; do
    case $word in
    --long | --quick) mode=$word ;;
    --without-browser) export LOOKBACK_BROWSER=0 ;;
    *)
        sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done
python=/usr/bin/python3
export LANG=C.UTF-8
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tests/support/thread.suppressions

current=start
step() {
    current=$*
    echo
    echo "== $* ($SECONDS s)"
}
trap 'echo; echo "FAILED in step / 失败于: $current ($SECONDS s)" >&2' ERR

build() { # preset
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" | tail -n 1
}

# Sanitizers want memory where they expect it; some kernels shuffle it too far.
calm=(env)
setarch "$(uname -m)" -R true 2>/dev/null && calm=(setarch "$(uname -m)" -R)

unit() { # preset
    "${calm[@]}" ctest --test-dir "build/$1" --output-on-failure --no-label-summary -j4 --timeout 300 |
        grep -vE '^ +Start |Passed +[0-9.]+ sec$'
}

fuzz_one() { # program, seconds
    local name new
    name=$(basename "$1")
    new=$(mktemp -d)
    "$1" -max_total_time="$2" -timeout=5 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$new/" "$new" "tests/fuzz/corpus/${name#fuzz_}" >"$new.log" 2>&1 ||
        { tail -n 40 "$new.log"; return 1; }
    echo "$name: $(grep -o 'number_of_executed_units: [0-9]*' "$new.log" | grep -o '[0-9]*') inputs"
    rm -rf "$new" "$new.log"
}
export -f fuzz_one

fuzz() { # seconds each
    find build/clang/tests -maxdepth 1 -name 'fuzz_*' -type f -executable | sort |
        xargs -P 2 -I{} bash -c 'fuzz_one "$1" "$2"' fuzz {} "$1"
}

tidy() { # checks to leave out
    git ls-files 'collector/*.c' 'drivers/*.c' |
        xargs -P 2 -n 6 clang-tidy-14 -p build/clang --quiet --checks="$1" 2>/dev/null
}

step "packages / 软件包"
deploy/packages.sh test
tests/tools.sh api
if [ "${LOOKBACK_BROWSER:-1}" = 0 ]; then
    echo "THE PAGE IS NOT TRIED IN A BROWSER, as wished / 按要求不做浏览器测试"
else
    tests/tools.sh browser
fi

step "house: arrows between rooms, format / 房间之间的箭头、格式"
$python tests/unit/arrows.py
$python tests/unit/arrows.py --self-test
git ls-files '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror

step "unit tests: gcc, address and undefined-behaviour sanitizers / 单元测试"
build debug
unit debug
[ "$mode" = --quick ] && exit 0

step "release build, installed into a folder / 发布版编译与安装"
build release
DESTDIR=$PWD/build/installed cmake --install build/release --prefix /usr >/dev/null
build/installed/usr/bin/lookback check -c config

step "system: real brokers, stores and lines, same sanitizers / 系统测试"
[ "$mode" = --long ] && export LOOKBACK_KILLS=1000 LOOKBACK_LONG=1
export LOOKBACK_MAKER=$PWD/build/release/lookback
LOOKBACK_BIN=$PWD/build/debug/lookback $python -m pytest -q -n 6 --dist loadgroup --durations=5 tests/system tests/faults

step "unit tests: gcc, thread sanitizer / 线程检查"
build thread
unit thread

if [ "$mode" = --long ]; then
    step "system tests under the thread sanitizer / 系统测试与线程检查"
    # libfaketime takes the place of the very calls this sanitizer watches: that test stays out.
    LOOKBACK_KILLS=20 LOOKBACK_LONG=0 LOOKBACK_BIN=$PWD/build/thread/lookback "${calm[@]}" $python -m pytest -q -n 6 --dist loadgroup \
        tests/system tests/faults --deselect \
        tests/faults/test_bad_input.py::test_a_clock_at_1970_is_not_put_on_readings_until_it_is_right
fi

step "clang: a second compiler, fuzzers / 第二个编译器，模糊测试"
build clang
if [ "$mode" = --long ]; then fuzz 300; else fuzz 10; fi

step "clang-tidy / 静态分析"
if [ "$mode" = --long ]; then tidy ''; else tidy '-clang-analyzer-*'; fi

if [ "$mode" = --long ]; then
    step "a judged month, killed at 1,000 places / 判定一个月，一千处中断"
    LOOKBACK_CRASHES=1000 build/release/tests/record_test_crash

    step "a million exchanges with devices that lie / 一百万次问答，设备说谎"
    build/release/tests/long_run --exchanges 1000000 --tcp 16 --pty 16 --rtu-tcp 16

    step "benchmarks / 基准"
    tests/bench/all.sh
fi
[ "${LOOKBACK_BROWSER:-1}" = 0 ] && echo "without the browser tests / 未做浏览器测试"
step "all passed / 全部通过"
