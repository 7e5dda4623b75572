"""The page is held to its own description, deploy/api.yaml, by a tester driven by that file: every answer
is one the file names, in the form it names, and nothing hostile is an error of the server's."""
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest
import tamper_town
import yaml
from lookback import BINARY, ROOT
from tamper_town import rewrite
from waiting import free_port, wait_for, wait_for_port

TESTER = os.path.join(ROOT, "build", "tools", "api", "bin", "schemathesis")
FILE = os.path.join(ROOT, "deploy", "api.yaml")
PAGE = os.path.join(ROOT, "collector", "page")
# What is well-formed may still be refused for what it names (no such task, no such page of a list);
# one who tries many wrong tokens hears 429, not 401, so the last test asks for 401 itself; and a GET with a
# body is 400 before anybody looks whether its address knows GET.
LEFT_OUT = "positive_data_acceptance,ignored_auth,unsupported_method"


@pytest.fixture(scope="module")
def tools():
    done = subprocess.run([os.path.join(ROOT, "tests", "tools.sh"), "api"], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A sealed town with tasks, problems and seals, and a collector that serves it: (address, token)."""
    port = free_port()
    with tamper_town.Town(tamper_town.shared(tmp_path_factory)) as town:
        rewrite(town.folder, "config/collector.conf", lambda words: re.sub(
            r"page *= \{[^}]*\};", f'page = {{ listen = "127.0.0.1:{port}"; }};', words))
        process = subprocess.Popen([BINARY, "run", "-c", town.dir], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "LOOKBACK_DATA": town.data})
        try:
            wait_for_port(port, 30)
            made = town.command("user", "add", "tester", "--role", "office", "--json")
            assert made.returncode == 0, made.stderr
            address, token = f"http://127.0.0.1:{port}", json.loads(made.stdout)["user"]["token"]
            for slow in ("watch", "river?month=2026-10&section=chuanyang-03"):  # 202 until it is made
                wait_for(lambda: status(f"{address}/api/v1/{slow}", token) == 200, 30, slow)
            yield address, token
        finally:
            process.kill()
            process.wait()


def status(url, token=None):
    headers = {"Authorization": "Bearer " + token} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_every_answer_is_one_that_the_description_names(page, tools, tmp_path):
    address, token = page
    examples = "200" if os.environ.get("LOOKBACK_LONG") == "1" else "15"
    told = subprocess.run(
        [TESTER, "run", FILE, "--url", address, "-H", "Authorization: Bearer " + token, "--phases",
         "examples,coverage,fuzzing", "--max-examples", examples, "--generation-deterministic",
         "--exclude-checks", LEFT_OUT, "--suppress-health-check", "all", "--no-color"],
        capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]
    assert int(re.search(r"Tested: (\d+)", told.stdout)[1]) >= 29


def described():
    with open(FILE) as file:
        return yaml.safe_load(file)["paths"]


def served():
    """(method, path) of every route in the source, whatever its variables are called."""
    found = set()
    for name in sorted(os.listdir(PAGE)):
        if name.endswith(".c"):
            with open(os.path.join(PAGE, name)) as file:
                found.update(re.findall(r'\{\s*METHOD_(\w+),\s*ROLE_\w+,\s*"([^"]+)"', file.read()))
    return {(method, unnamed(path)) for method, path in found}


def unnamed(path):
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_route_is_described_and_every_description_served():
    told = {(method.upper(), unnamed(path)) for path, methods in described().items() for method in methods}
    assert len(told) >= 29
    assert told == served()


def addresses(page):
    """Of everything that is described and there: {path: address}."""
    def first(what):
        return json.load(asked(page, "GET", "/api/v1/" + what + "?limit=1"))[what][0]

    there = {"/api/v1/river": "?month=2026-10&section=chuanyang-03"}
    names = {**first("points"), "id": first("tasks")["id"], "uid": first("problems")["uid"]}
    paths = [path for path, methods in described().items() if "get" in methods]
    return {path: re.sub(r"\{(\w+)\}", lambda name: names[name[1]], path) + there.get(path, "")
            for path in paths if not re.match(r"/api/v1/(bundles|acts)/", path)}


def test_every_get_has_an_etag_and_is_a_head_too(page):
    found = addresses(page)
    assert len(found) >= 24
    for path, address in found.items():
        first, head = (asked(page, method, address) for method in ("GET", "HEAD"))
        assert (first.status, head.status, head.read()) == (200, 200, b""), path
        assert first.headers["Content-Type"] == head.headers["Content-Type"], path
        etag = first.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-f]+"', etag or ""), (path, etag)
        again = asked(page, "GET", address, etag)
        assert again.status == 304 or again.headers["ETag"] != etag, path


def asked(page, method, path, etag=None):
    headers = {"Authorization": "Bearer " + page[1], **({"If-None-Match": etag} if etag else {})}
    try:
        return urllib.request.urlopen(urllib.request.Request(page[0] + path, None, headers, method=method),
                                      timeout=20)
    except urllib.error.HTTPError as other:  # 304 is one to urllib
        return other


def test_without_a_token_every_address_but_two_is_closed(page):
    paths = described()
    closed = {path for path in paths if status(page[0] + re.sub(r"\{(\w+)\}", "1", path)) == 401}
    assert set(paths) - closed == {"/api/v1/health", "/api/v1/me", "/api/v1/acts"}  # acts: POST alone
    assert status(page[0] + "/api/v1/acts") == 405
