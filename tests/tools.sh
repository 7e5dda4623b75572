#!/usr/bin/env bash
# Tools of the tests that Debian does not have, each in a fixed version, below build/tools: the tester that
# holds the page to deploy/api.yaml, and what drives Debian's browser. Installs only what is missing.
#
#   tests/tools.sh api       schemathesis (PyPI)
#   tests/tools.sh browser   playwright-core and axe-core (npm), as tests/browser/package-lock.json says
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/build/tools

install_api() {
    local wanted=4.32.5
    [ "$("$tools/api/bin/schemathesis" --version 2>/dev/null)" = "schemathesis, version $wanted" ] && return
    echo "tools: installing schemathesis $wanted / 正在安装"
    rm -rf "$tools/api"
    /usr/bin/python3 -m venv "$tools/api"
    "$tools/api/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$wanted"
}

install_browser() {
    cmp -s tests/browser/package-lock.json "$tools/browser/package-lock.json" &&
        [ -d "$tools/browser/node_modules/playwright-core" ] && return
    echo "tools: installing playwright-core and axe-core / 正在安装"
    rm -rf "$tools/browser"
    mkdir -p "$tools/browser"
    cp tests/browser/package.json tests/browser/package-lock.json "$tools/browser"
    (cd "$tools/browser" && npm ci --silent --no-audit --no-fund)
}

case ${1:-} in
api) install_api ;;
browser) install_browser ;;
*)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
