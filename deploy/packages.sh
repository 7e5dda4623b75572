#!/usr/bin/env bash
# The Debian 12 packages Lookback needs, and how they get there: one list for every script.
#
#   deploy/packages.sh run     what it runs with, where another machine builds it
#   deploy/packages.sh build   what it is built with
#   deploy/packages.sh test    that, and the real peers and tools the tests use
#
# Installs only what is missing. Services that come with the test packages are not started.
set -euo pipefail

run="libuv1 libmodbus5 libsqlite3-0 libpaho-mqtt1.3 libcurl4 libjansson4 libconfig9 libssl3 libsystemd0 zlib1g
libmicrohttpd12 libcairo2 libpango-1.0-0 libpangocairo-1.0-0 libxlsxwriter4 fonts-noto-cjk tzdata ca-certificates"
build="build-essential cmake ninja-build pkg-config libuv1-dev libmodbus-dev libsqlite3-dev
libpaho-mqtt-dev libcurl4-openssl-dev libjansson-dev libconfig-dev libssl-dev libsystemd-dev zlib1g-dev
libmicrohttpd-dev libjs-dygraphs libcairo2-dev libpango1.0-dev libxlsxwriter-dev fonts-noto-cjk"
test="mold clang clang-tidy clang-format libclang-rt-14-dev libcmocka-dev mosquitto mosquitto-clients influxdb
victoria-metrics socat openssl sqlite3 faketime libfaketime strace tmux iproute2 nftables python3 python3-pytest
python3-pymodbus python3-paho-mqtt python3-serial python3-serial-asyncio python3-pytest-xdist python3-yaml
python3-jsonschema python3-scipy python3-openpyxl poppler-utils unzip jq util-linux prometheus python3-venv"
if [ "${LOOKBACK_BROWSER:-1}" != 0 ]; then
    test="$test chromium"
    command -v npm >/dev/null || test="$test nodejs npm" # a machine may have them from elsewhere
fi

case ${1:-build} in
run) wanted=$run ;;
build) wanted=$build ;;
test) wanted="$build $test" ;;
*)
    sed -n '4,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

missing=()
for package in $wanted; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all there / 软件包齐全"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "packages: needs root to install / 需要 root 权限安装: ${missing[*]}" >&2
    exit 3
fi
echo "packages: installing / 正在安装: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then # installing a broker for the tests must not start one on this machine
    printf '#!/bin/sh\nexit 101\n' >$guard
    chmod 755 $guard
    trap 'rm -f $guard' EXIT
fi
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "packages: installing failed, see above / 安装失败，见上" >&2
    exit 3
fi
rm -f "$log"
