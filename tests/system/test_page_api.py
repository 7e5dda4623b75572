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


def test_without_a_token_every_address_but_two_is_closed(page):
    with open(FILE) as file:
        paths = yaml.safe_load(file)["paths"]
    closed = {path for path in paths if status(page[0] + re.sub(r"\{(\w+)\}", "1", path)) == 401}
    assert set(paths) - closed == {"/api/v1/health", "/api/v1/me", "/api/v1/acts"}  # acts: POST alone
    assert status(page[0] + "/api/v1/acts") == 405
