#!/usr/bin/env bash
# One command on a fresh Debian 12 machine: installs what is missing, builds, and runs the whole job
# on simulated sensors over real Modbus links with the embedded store. Ends on Ctrl-C; its options
# are those of `lookback demo` (--help lists them), e.g. --seconds 30 --lang en. Without a terminal
# it runs for 60 s. It prints the address of its web page; opened as it stands, it signs in.
#
# 一条命令：安装所需软件包，编译，并用模拟传感器（真实 Modbus 链路）演示整个过程；照打印出的网址打开网页，即已登录。
set -euo pipefail
cd "$(dirname "$0")/.."

program=$PWD/build/release/lookback
case " $* " in *" --help "* | *" -h "*) [ ! -x "$program" ] || exec "$program" demo --help "$@" ;; esac

echo "1/3 packages / 软件包"
deploy/packages.sh build
echo "2/3 build / 编译"
cmake --preset release -DLOOKBACK_TESTS=OFF >/dev/null
cmake --build --preset release --target lookback lookback-report lookback-simulator | tail -n 1
echo "3/3 demo / 演示"
options=("$@")
case " $* " in *" --seconds"*) ;; *) [ -t 1 ] || options+=(--seconds 60) ;; esac
case " $* " in *" --dir"*) ;; *) options+=(--dir build/demo) ;; esac
exec "$program" demo "${options[@]}"
