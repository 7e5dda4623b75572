"""`lookback work`: bundles that were ordered of a running collector, made beside it, on copies of one
sealed town (tests/support/tamper_town.py)."""
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
import zipfile

import pytest

import tamper_town
from lookback import BINARY
from tamper_town import rewrite
from waiting import free_port, wait_for


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
        self.ordered = tamper_town.day(self, since), tamper_town.day(self, until)  # midnight may come
        answer = self.act("evidence.order", task=task, **dict(zip(("from", "to"), self.ordered)), **more)
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


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Pen:
    """A drawing program that stops before the report, until it is let go."""

    def __init__(self, town):
        self.town = town
        self.fifo, self.drawing = (os.path.join(town.folder, name) for name in ("go", "drawing"))
        os.mkfifo(self.fifo)
        path = os.path.join(town.folder, "pen")
        with open(path, "w") as out:
            out.write(f"""#!/bin/sh
if [ "$1" = evidence ]; then
    echo $$ > {self.drawing}.part && mv {self.drawing}.part {self.drawing}
    read word < {self.fifo}
fi
exec {os.path.join(os.path.dirname(BINARY), "lookback-report")} "$@"
""")
        os.chmod(path, 0o755)
        town.environment["LOOKBACK_REPORT"] = path

    def wait(self):
        """Until it holds; the number of its process."""
        wait_for(lambda: os.path.exists(self.drawing), 40, "the drawing\n" + self.town.log("work"))
        with open(self.drawing) as file:
            return int(file.read())

    def end(self, pid):
        """It no longer listens: what is let go after this is another."""
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid), 20, f"the end of {pid}")

    def drop(self, pid):
        """What it held is gone."""
        self.end(pid)
        os.remove(self.drawing)

    def let_go(self):
        with open(self.fifo, "w") as out:
            out.write("go\n")


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


@pytest.fixture
def pen(gateway):
    return Pen(gateway)


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
    assert state["verdict"]["reasons"] and all(one["zh"] != one["en"] for one in state["verdict"]["reasons"])
    states = tamper_town.ours(data, gateway.key().fingerprint).states
    assert {states[name] for name in ("unchanged", "complete", "signed-by", "verdict-recomputed")} == {"proven"}
    issued = gateway.issued()
    assert [(one["manifest"], one["task"], one["by"]) for one in issued] == [(state["manifest"], "71", "li")]
    stop(work)
    stop(run)
    export = os.path.join(gateway.folder, "same.zip")
    since, until = gateway.ordered
    done = gateway.command("evidence", "export", "--task", "71", "--from", since, "--to", until, "--out", export,
                           "--json")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(export) as other:
        same = [name for name in one.namelist() if one.read(name) == other.read(name)]
        assert set(one.namelist()) == set(other.namelist())
    assert {"readings.csv", "verdict.json"} <= set(same)


def test_progress_is_seen_rising_and_the_next_one_waits_its_turn(gateway, pen):
    gateway.run()
    gateway.start("work")
    first, second = gateway.order(), gateway.order(public=True)
    pen.wait()
    state = gateway.state(first)
    assert state["state"] == "making" and state["share"] == 0.85 and state["text_en"] == "report.pdf"
    assert gateway.state(second) == {"state": "waiting"}
    pen.let_go()
    assert gateway.wait_over(first)["share"] == 1.0
    wait_for(lambda: gateway.state(second).get("share") == 0.85, 40)
    pen.let_go()
    state = gateway.wait_over(second)
    assert state["state"] == "done" and state["file"]["name"].endswith("-public.zip")
    assert manifest_of(gateway.path_of(second, "zip"))["form"] == "public"


def test_one_killed_in_the_midst_is_begun_again_and_after_three_times_is_given_up_saying_why(gateway, pen):
    gateway.run()
    order = gateway.order()
    for begun in (1, 2, 3):
        work = gateway.start("work")
        drawing = pen.wait()
        assert gateway.state(order)["begun"] == begun
        kill(work)
        pen.drop(drawing)
        assert gateway.state(order)["state"] == "making"
    work = gateway.start("work")
    state = gateway.wait_over(order)
    assert state["state"] == "failed" and "begun 3 times" in state["error"]["text"]
    assert gateway.issued() == []
    assert sorted(os.listdir(os.path.join(gateway.store, "bundles"))) == [f"{order}.json"]
    again = gateway.order()
    pen.wait()
    pen.let_go()
    assert gateway.wait_over(again)["state"] == "done"
    assert gateway.state(order)["state"] == "failed"
    stop(work)


def test_one_that_is_stopped_gives_up_what_it_makes_and_makes_it_next_time(gateway, pen):
    gateway.run()
    work = gateway.start("work")
    order = gateway.order()
    for _ in range(4):  # as often as it is stopped: that is no failure of the bundle
        drawing = pen.wait()
        stop(work)
        wait_for(lambda: not alive(drawing), 10, "the end of what drew")
        os.remove(pen.drawing)
        state = gateway.state(order)
        assert state["state"] == "waiting" and state["begun"] == 0
        work = gateway.start("work")
    pen.wait()
    pen.let_go()
    state = gateway.wait_over(order)
    assert state["state"] == "done" and state["begun"] == 1
    assert len(gateway.issued()) == 1
    stop(work)


def test_what_makes_a_bundle_may_die_and_the_bundle_is_made(gateway, pen):
    gateway.run()
    work = gateway.start("work")
    order = gateway.order()
    drawing = pen.wait()
    with open(f"/proc/{drawing}/stat") as file:
        maker = int(file.read().rsplit(")", 1)[1].split()[1])
    assert maker != work.pid
    os.remove(pen.drawing)
    os.kill(maker, signal.SIGKILL)
    pen.wait()
    pen.end(drawing)
    pen.let_go()
    state = gateway.wait_over(order)
    assert state["state"] == "done" and state["begun"] == 2


def test_a_collector_killed_in_the_midst_is_waited_for(gateway, pen):
    run = gateway.run()
    gateway.start("work")
    order = gateway.order()
    pen.wait()
    kill(run)
    pen.let_go()
    wait_for(lambda: "collector does not run" in gateway.state(order)["text_en"], 40)
    assert gateway.state(order)["state"] == "making" and gateway.issued() == []
    gateway.run()
    assert gateway.wait_over(order)["state"] == "done"
    assert len(gateway.issued()) == 1


def test_without_a_collector_it_waits_and_goes_on_when_one_comes(gateway):
    run = gateway.run()
    order = gateway.order(until=0)  # its newest rows have to be sealed before anything else
    assert gateway.act("task.note", id="71", note="seen")["done"]
    stop(run)
    work = gateway.start("work")
    wait_for(lambda: "collector does not run" in gateway.state(order).get("text_en", ""), 20)
    assert work.poll() is None
    gateway.run()
    assert gateway.wait_over(order)["state"] == "done"
    assert "did not" not in gateway.log("work")


def test_one_works_for_a_store(gateway):
    first = gateway.start("work")
    wait_for(lambda: "waits for orders" in gateway.log("work"), 10)
    second = gateway.command("work", seconds=20)
    assert second.returncode == 3 and "serves" in second.stderr
    kill(first)
    third = gateway.start("work")
    wait_for(lambda: gateway.log("work").count("waits for orders") == 2, 10, gateway.log("work"))
    stop(third)


def test_what_was_kept_long_enough_is_removed_and_says_so(gateway):
    gateway.run()
    work = gateway.start("work")
    old, new = gateway.order(), gateway.order(task="91")
    for order in (old, new):
        assert gateway.wait_over(order)["state"] == "done"
    stop(work)
    state = gateway.state(old)
    state["expires"] = "2026-01-01T00:00:00.000Z"
    with open(gateway.path_of(old, "json"), "w") as out:
        json.dump(state, out)
    work = gateway.start("work")
    wait_for(lambda: gateway.state(old)["state"] == "expired", 20)
    wait_for(lambda: not os.path.exists(gateway.path_of(old, "zip")), 10)
    assert gateway.state(old)["file"] is None and gateway.state(old)["manifest"] == state["manifest"]
    assert gateway.state(new)["state"] == "done" and os.path.exists(gateway.path_of(new, "zip"))
    stop(work)


def test_links_planted_among_the_bundles_are_not_followed(gateway):
    gateway.run()
    outside = os.path.join(gateway.folder, "outside")
    with open(outside, "w") as out:
        out.write('{"state": "done"}')
    order = gateway.order()
    os.symlink(outside, gateway.path_of(order, "json"))
    os.symlink(outside, gateway.path_of(order, "zip"))
    os.symlink(outside, gateway.path_of(order, "json.part"))
    gateway.start("work")
    wait_for(lambda: not os.path.islink(gateway.path_of(order, "json")), 20)
    assert gateway.wait_over(order)["state"] == "done"
    assert not os.path.islink(gateway.path_of(order, "zip"))
    with open(outside) as file:
        assert file.read() == '{"state": "done"}'


def test_a_disk_that_is_nearly_full_makes_no_bundle_and_says_so(gateway):
    rewrite(gateway.folder, "config/collector.conf",
            lambda words: words.replace('reserve = "16MiB"', 'reserve = "100000GiB"'))
    gateway.run()
    gateway.start("work")
    order = gateway.order()
    state = gateway.wait_over(order)
    assert state["state"] == "failed" and "store.reserve" in state["error"]["text"]
    assert not os.path.exists(gateway.path_of(order, "zip")) and gateway.issued() == []


def test_what_cannot_be_drawn_fails_with_the_sentence_and_the_next_is_tried(gateway):
    gateway.environment["LOOKBACK_REPORT"] = "/nowhere"
    gateway.run()
    gateway.start("work")
    for order in (gateway.order(), gateway.order()):
        state = gateway.wait_over(order)
        assert state["state"] == "failed" and "/nowhere" in state["error"]["text"]
        assert state["error"]["kind"] == "not_found"


# On the page -----------------------------------------------------------------------------------------


class Page:
    def __init__(self, port, token):
        self.address, self.token = f"http://127.0.0.1:{port}", token

    def ask(self, path, body=None, token=True, **headers):
        """(status, headers, bytes)"""
        request = urllib.request.Request(self.address + path, headers={"Accept-Language": "en", **headers})
        if token:
            request.add_header("Authorization", "Bearer " + self.token)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def get(self, path):
        status, _, data = self.ask(path)
        assert status == 200, data
        return json.loads(data)


@pytest.fixture
def page(gateway):
    port = free_port()
    rewrite(gateway.folder, "config/collector.conf", lambda words: words.replace(
        'page = { listen = ""; };', f'page = {{ listen = "127.0.0.1:{port}"; open = true; }};'))
    gateway.run()
    token = json.loads(gateway.command("user", "add", "li", "--role", "steward", "--json").stdout)["user"]["token"]
    return Page(port, token)


def test_a_bundle_ordered_on_the_page_is_seen_coming_and_downloaded_whole(gateway, page, pen):
    ordered = {"task": "71", "from": tamper_town.day(gateway, 30), "to": tamper_town.day(gateway, 10),
               "public": False}
    assert page.ask("/api/v1/bundles", ordered, token=False)[0] in (401, 403)
    assert page.get("/api/v1/bundles") == {"working": False, "bundles": [], "next": None}
    status, headers, data = page.ask("/api/v1/bundles", ordered)
    assert status == 202, data
    wait_for(lambda: page.get(headers["Location"])["act"]["state"] == "done", 10)
    order = page.get(headers["Location"])["act"]["seq"]
    (bundle,) = page.get("/api/v1/bundles")["bundles"]
    assert (bundle["id"], bundle["state"], bundle["by"]) == (str(order), "waiting", "page:li")
    assert "does not run" in bundle["text"]

    gateway.start("work")
    where = f"/api/v1/bundles/{order}"
    pen.wait()
    wait_for(lambda: page.get("/api/v1/bundles")["working"], 10)
    bundle = page.get(where)["bundle"]
    assert bundle["state"] == "making" and bundle["share"] == 0.85
    assert page.ask(where + "/file")[0] == 404
    wait_for(lambda: page.ask(where, **{"If-None-Match": page.ask(where)[1]["ETag"]})[0] == 304, 10)
    pen.let_go()
    wait_for(lambda: page.get(where)["bundle"]["state"] == "done", 40)
    bundle = page.get(where)["bundle"]
    status, headers, data = page.ask(where + "/file")
    assert status == 200 and headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == f'attachment; filename="{bundle["file"]["name"]}"'
    assert hashlib.sha256(data).hexdigest() == bundle["file"]["sha256"]
    states = tamper_town.ours(data, bundle["key"]).states
    assert states["unchanged"] == states["signed-by"] == "proven"


def test_what_the_act_refuses_the_page_says(gateway, page):
    status, headers, _ = page.ask("/api/v1/bundles", {"task": "no", "from": "2026-01-01", "to": "2026-02-01"})
    assert status == 202
    wait_for(lambda: page.get(headers["Location"])["act"]["state"] == "refused", 10)
    assert "no task no" in page.get(headers["Location"])["act"]["error"]["detail"]
    assert page.ask("/api/v1/bundles", {"task": "71", "bundles": "../x"})[0] == 400
    assert page.get("/api/v1/bundles")["bundles"] == []
