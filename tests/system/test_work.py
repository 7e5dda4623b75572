"""`lookback work`: bundles that were ordered of a running collector, made beside it, on copies of one
sealed town (tests/support/tamper_town.py)."""
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import zipfile

import pytest

import tamper_town
from lookback import BINARY
from tamper_town import rewrite
from waiting import wait_for


class Town(tamper_town.Town):
    """A copy with a collector and a `work` of its own, and no devices that would be asked."""

    def __init__(self, made):
        super().__init__(made)
        self.processes = []
        self.environment = {}
        rewrite(self.folder, "config/collector.conf",
                lambda words: re.sub(r"page *= \{[^}]*\};", 'page = { listen = ""; };', words))

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        super().end()

    def start(self, command):
        with open(os.path.join(self.folder, command + ".log"), "ab") as log:
            process = subprocess.Popen(
                [BINARY, command, "-c", self.dir, "--lang", "en"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, "LOOKBACK_DATA": self.data, **self.environment})
        self.processes.append(process)
        return process

    def run(self):
        path = os.path.join(self.store, "lookback.sock")
        process = self.start("run")
        wait_for(lambda: process.poll() is not None or answers(path), 20, "the collector")
        assert process.poll() is None, self.log("run")
        return process

    def log(self, command):
        with open(os.path.join(self.folder, command + ".log"), errors="replace") as log:
            return log.read()

    def act(self, name, **args):
        """The last line the collector answers."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(20)
            peer.connect(os.path.join(self.store, "lookback.sock"))
            peer.sendall(json.dumps({"act": name, "args": args, "by": "li"}).encode() + b"\n")
            with peer.makefile() as lines:
                for line in lines:
                    answer = json.loads(line)
                    if "progress" not in answer:
                        return answer
        raise AssertionError("no answer")

    def order(self, task="71", since=30, until=10, **more):
        answer = self.act("evidence.order", task=task, **{"from": tamper_town.day(self, since),
                                                          "to": tamper_town.day(self, until)}, **more)
        assert "done" in answer, answer
        return answer["done"]["seq"]

    def path_of(self, order, ending):
        return os.path.join(self.store, "bundles", f"{order}.{ending}")

    def state(self, order):
        try:
            with open(self.path_of(order, "json")) as file:
                return json.load(file)
        except FileNotFoundError:
            return {"state": "waiting"}

    def is_over(self, order):
        return self.state(order)["state"] in ("done", "failed")

    def wait_over(self, order, seconds=40):
        try:
            wait_for(lambda: self.is_over(order), seconds, f"order {order}")
        except AssertionError:
            raise AssertionError(str(self.state(order)) + self.log("work") + self.log("run")) from None
        return self.state(order)

    def issued(self):
        return [json.loads(row[0]) for row in self.rows(
            "SELECT arguments FROM event WHERE kind = 'evidence.issue' ORDER BY seq")]


def answers(path):
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(path)
        return True
    except OSError:
        return False


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def kill(process):
    process.kill()
    process.wait()


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture
def gateway(made):
    with Town(made) as gateway:
        yield gateway


def test_what_was_ordered_is_made_beside_the_collector_and_is_what_the_command_makes(gateway):
    run, work = gateway.run(), gateway.start("work")
    order = gateway.order()
    state = gateway.wait_over(order)
    assert state["state"] == "done", state
    path = gateway.path_of(order, "zip")
    data = bytes_of(path)
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert state["file"] == {"name": state["file"]["name"], "size": len(data),
                             "sha256": hashlib.sha256(data).hexdigest()}
    assert re.fullmatch(r"lookback-71-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.zip", state["file"]["name"])
    assert state["share"] == 1.0 and state["simulated"] is True and state["begun"] == 1
    assert state["verdict"]["answer"] == "not_proven"
    states = tamper_town.ours(data, gateway.key().fingerprint).states
    assert {states[name] for name in ("unchanged", "complete", "signed-by", "verdict-recomputed")} == {"proven"}
    issued = gateway.issued()
    assert [(one["manifest"], one["task"], one["by"]) for one in issued] == [(state["manifest"], "71", "li")]
    stop(work)
    stop(run)
    export = os.path.join(gateway.folder, "same.zip")
    done = gateway.command("evidence", "export", "--task", "71", "--from", tamper_town.day(gateway, 30), "--to",
                        tamper_town.day(gateway, 10), "--out", export, "--json")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(export) as other:
        same = [name for name in one.namelist() if one.read(name) == other.read(name)]
        assert set(one.namelist()) == set(other.namelist())
    assert {"readings.csv", "verdict.json"} <= set(same)
