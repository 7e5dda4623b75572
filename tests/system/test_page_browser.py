"""The page in a real browser: Debian's Chromium, driven by tests/browser/*.mjs (playwright-core, axe-core).

One world for all: three months of the sealed town (tests/support/tamper_town.py) with the whole sample
ledger, a collector that goes on with it, a device whose value the test sets, and `lookback work` beside.
LOOKBACK_BROWSER=0 leaves these tests out; LOOKBACK_PICTURES=FOLDER keeps a picture of every view.
"""
import json
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading

import pytest

import tamper_town
from devices import Honest
from lookback import BINARY, ROOT
from page import Page
from tamper_town import between, rewrite
from waiting import free_port, wait_for

pytestmark = [pytest.mark.xdist_group("browser"),
              pytest.mark.skipif(os.environ.get("LOOKBACK_BROWSER") == "0",
                                 reason="LOOKBACK_BROWSER=0: not tried in a browser")]
NODE_MODULES = os.path.join(ROOT, "build", "tools", "browser", "node_modules")
PICTURES = os.environ.get("LOOKBACK_PICTURES")

POINT = "chuanyang-03/nh3/ammonia_nitrogen"
GOOD, BAD = 0.8, 2.4  # mg/L; the section's limit is 1.5 (GB 3838, class IV)
PLANTED = "<img class=planted src=x onerror=window.planted=true>"
DEVICES = """
    { site = "chuanyang-03"; name = "nh3"; title = "氨氮探头%s"; model = "yosemitech_y560"; link = "gateway";
      unit = 2; every = "300ms"; simulated = true; channels = ["ammonia_nitrogen"]; },
    { site = "town-hall"; name = "pm"; title = "颗粒物仪"; model = "delta_ohm_pmsense"; link = "gateway";
      unit = 3; every = "1s"; simulated = true; channels = ["pm2_5", "pm10"]; },
    { site = "school-gate"; name = "meter"; title = "噪声计"; model = "sonbest_sm7901"; link = "bus"; unit = 5;
      every = "2s"; simulated = true; }""" % PLANTED
RULES = """
    { name = "nh3-iv"; title = "氨氮高于 IV 类%s"; points = ["chuanyang-03/*/ammonia_nitrogen"];
      limit = "GB 3838"; for = "1s"; recover_for = "1s"; },
    { name = "school-night"; points = ["school-gate/*/la"]; limit = "GB 3096"; on = "1h"; },
    { name = "town-air"; points = ["town-hall/*/*"]; limit = "GB 3095"; }""" % PLANTED


def words_of(value):
    """A float as the probe keeps it: DCBA."""
    return struct.unpack(">2H", struct.pack("<f", value))


def text_words(text, words):
    return struct.unpack(f">{words}H", text.encode().ljust(2 * words, b"\0"))


class World(tamper_town.Town):
    """A copy of the sealed town that lives on."""

    def __init__(self, made):
        super().__init__(made)
        self.processes = {}
        self.probe = Honest({2: {"holding": {**dict(enumerate(text_words("SIM-2", 7), 0x900)),
                                             **dict(enumerate(words_of(GOOD), 0x2800))}},
                             3: {"input": {3: 180, 4: 320, 5: 550}}})
        self.port = free_port()
        rewrite(self.folder, "config/collector.conf", lambda words: re.sub(
            r"page *= \{[^}]*\};", f'page = {{ listen = "127.0.0.1:{self.port}"; }};', words))
        rewrite(self.folder, "config/devices.conf", lambda words: re.sub(
            r"port = \d+", f"port = {self.probe.port}", between(words, "devices = (", DEVICES)))
        rewrite(self.folder, "config/rules.conf", lambda words: between(words, "rules = (", RULES))
        rewrite(self.folder, "config/sites.conf", lambda words: words.replace("川杨河三号断面", "川杨河三号断面" + PLANTED))
        self.start("run")
        self.asked = Page.__new__(Page)
        self.asked.town, self.asked.host, self.asked.port, self.asked.tls = self, "127.0.0.1", self.port, None
        self.wait(self.asked.answers, 20, "the page")
        self.import_ledger()
        self.start("work")
        self.token = self.asked.user("li", "office")
        self.wait(lambda: self.state() == "good", 20, "a first value")

    def import_ledger(self):
        """The 106 tasks of the sample; one of them with markup in its title."""
        with open(os.path.join(ROOT, "config", "tasks-sample.csv"), encoding="utf-8") as file:
            head, *rows = file.read().rstrip("\n").split("\n")
        rows = [row for row in rows if not row.startswith(("71,", "91,", "93,"))]
        rows = [re.sub(r"chuanyang-03/sonde/\w+|east-yard/station/\w+", "", row) for row in rows]
        rows[0] = rows[0].replace("河沿街面馆", "河沿街面馆" + PLANTED)
        path = os.path.join(self.folder, "tasks.csv")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join([head, *rows]) + "\n")
        done = self.command("tasks", "import", path)
        assert done.returncode == 0, done.stdout + done.stderr
        done = self.command("device", "maintenance", "chuanyang-03/nh3", "--from", "2099-01-01", "--to", "2099-01-02",
                            "--note", PLANTED)
        assert done.returncode == 0, done.stdout + done.stderr

    # Processes.

    def start(self, command):
        with open(os.path.join(self.folder, command + ".log"), "ab") as log:
            self.processes[command] = subprocess.Popen(
                [BINARY, command, "-c", self.dir], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "LOOKBACK_DATA": self.data})

    def kill(self, command):
        process = self.processes.pop(command)
        process.kill()
        process.wait()

    def end(self):
        for command in list(self.processes):
            self.kill(command)
        self.probe.stop()
        super().end()

    def log(self, command="run"):
        with open(os.path.join(self.folder, command + ".log"), errors="replace") as log:
            return log.read()

    def wait(self, predicate, seconds, what):
        try:
            return wait_for(predicate, seconds, what)
        except AssertionError:
            raise AssertionError(what + "\n" + self.log()) from None

    # What stands in it.

    def ask(self, path):
        answer = self.asked.get("/api/v1" + path, self.token)
        assert answer.status == 200, answer
        return answer.json()

    def put(self, value):
        self.probe.put(2, "holding", 0x2800, words_of(value))

    def site(self):
        return next(one for one in self.ask("/now")["sites"] if one["name"] == "chuanyang-03")

    def state(self):
        return self.site()["state"]

    def known(self):
        """What the views are opened with."""
        problem = next(one for one in self.ask("/problems")["problems"] if one["point"] == POINT)
        months = self.ask("/river/sections")["months"]
        return {"token": self.token, "point": POINT, "site": "chuanyang-03", "problem": problem["uid"],
                "task": "71", "month": months["last"]}


class Browser:
    def __init__(self, address, token):
        self.address = address
        self.process = subprocess.Popen(
            ["node", os.path.join(ROOT, "tests", "browser", "driver.mjs"), address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, name, **wishes):
        self.process.stdin.write(json.dumps({"do": name, **wishes}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the browser's driver ended"
        answer = json.loads(line)
        assert "failed" not in answer, answer["failed"]
        return answer["done"]

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    assert os.path.isdir(NODE_MODULES), "tests/tools.sh browser installs what these tests need"
    world = World(tamper_town.shared(tmp_path_factory))
    try:
        yield world
    finally:
        world.end()


@pytest.fixture(scope="module")
def browser(world):
    browser = Browser(f"http://127.0.0.1:{world.port}", world.token)
    try:
        yield browser
    finally:
        browser.end()


def pictures():
    if PICTURES:
        os.makedirs(PICTURES, exist_ok=True)
    return PICTURES


# Every view.

@pytest.mark.parametrize("size", ("phone", "desktop"))
@pytest.mark.parametrize("language", ("zh", "en"))
def test_every_view_is_whole_and_has_nothing_to_complain_of(world, browser, language, size):
    assert browser.do("look", world=world.known(), language=language, size=size, pictures=pictures(),
                      with_axe=(language, size) in (("zh", "phone"), ("en", "desktop"))) == []


def test_the_first_view_is_small_and_asks_for_nothing_twice(world, browser, tmp_path):
    seen = browser.do("first_view", token=world.token, folder=str(tmp_path / "chromium"))
    asked = [one["url"].split("/", 3)[3] for one in seen["questions"]]
    assert len(asked) == len(set(asked)), asked
    assert {"api/v1/now", "api/v1/town", "api/v1/me"} <= set(asked)
    assert not [one for one in asked if "dygraph" in one or "chart" in one], asked  # come with a chart
    assert 10_000 < sum(one["bytes"] for one in seen["questions"]) <= 150 * 1024, seen["questions"]
    assert seen["cards"] >= 3 and seen["values"] >= 3, seen


def test_two_views_in_the_dark(world, browser):
    assert browser.do("look", which=["now", "point"], world=world.known(), scheme="dark", size="phone", with_axe=True,
                      pictures=pictures()) == []


def test_no_view_is_wider_than_the_narrowest_telephone(world, browser):
    assert browser.do("look", which=["now", "problems", "problem", "task", "watch", "evidence"], world=world.known(),
                      size="narrow", pictures=pictures()) == []


@pytest.mark.parametrize("language,size", (("zh", "phone"), ("en", "desktop")))
def test_the_door_opens_to_the_right_token_by_keyboard(world, browser, language, size):
    assert browser.do("sign_in", world=world.known(), language=language, size=size, with_axe=True,
                      pictures=pictures()) == []


def test_names_with_markup_are_words_on_every_view(world, browser):
    seen = browser.do("markup", world=world.known(), mark="class=planted")
    assert seen["made"] == []
    assert {"now", "point", "problem", "tasks", "river", "station"} <= set(seen["shown"])


class BrokenLine:
    """Between a browser and the page: each second answer to `path` breaks off in its middle."""

    def __init__(self, port, path):
        self.port, self.path, self.asked = port, path.encode(), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.carry, args=(peer,), daemon=True).start()

    def carry(self, browser):
        with browser, socket.create_connection(("127.0.0.1", self.port)) as page:
            threading.Thread(target=self.carry_back, args=(page, browser), daemon=True).start()
            breaks = False
            while asked := browser.recv(65536):
                if asked.startswith(b"GET " + self.path + b" "):
                    self.asked += 1
                    breaks = self.asked % 2 == 0
                if not breaks:
                    page.sendall(asked)
                    continue
                browser.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                b"Content-Length: 5000\r\n\r\n{\"time\":")
                break
            page.shutdown(socket.SHUT_RDWR)

    def carry_back(self, page, browser):
        try:
            while answer := page.recv(65536):
                browser.sendall(answer)
        except OSError:
            pass

    def end(self):
        self.listener.close()


def test_an_answer_that_breaks_off_on_its_way_is_asked_for_again(world, browser):
    line = BrokenLine(world.port, "/api/v1/now")
    try:
        browser.do("outlive_a_broken_answer", world=world.known(), address=line.address)
    finally:
        line.end()


def test_ten_thousand_points_are_drawn_and_moved(world, browser, capsys):
    took = browser.do("ten_thousand_points", world=world.known())
    assert took["points"] == 10000
    assert took["lines"] > 500 and took["moved"] > 60 * 500, took  # drawn, and again at each step
    assert 0 < took["high"] < took["lines"] / 10, took  # the one peak among them stands out
    with capsys.disabled():
        print(f"\n10,000 points: drawn in {took['draw_ms']:.0f} ms; a step of a pan in {took['pan_ms']:.1f} ms"
              f" (the slowest {took['slowest_ms']:.1f} ms)")


# What the office does with a breach, in one window on a phone and in Chinese, in order.

def test_the_office_sees_a_breach_appear_and_hands_over_its_evidence(world, browser):
    before = browser.do("stand_on_now", world=world.known())
    assert "good" in before["state"].split(), before
    world.put(BAD)
    breach = browser.do("wait_state", states=["relapse", "breach"])
    assert breach["same"] and breach["headline"] != before["headline"], breach
    assert "回潮" in breach["headline"] and "2.40" in breach["card"], breach

    problem = browser.do("open_problem")
    uid = problem["href"].rsplit("/", 1)[1]
    told = world.ask(f"/problems/{uid}")["problem"]
    assert told["state"] == "open" and told["point"] == POINT and problem["outlined"]
    assert "还没有人确认" in problem["text"] and "任务 71" in problem["text"]

    curve = browser.do("see_curve")
    assert hours_between(curve["from"], told["first"]) == 1 and curve["drawn"] > 0

    told = browser.do("acknowledge")
    assert told["axe"] == []
    assert "li" in told["asked"] and "li" in told["facts"] and "还没有人确认" not in told["facts"]
    assert world.ask(f"/problems/{uid}")["problem"]["acknowledged"]["by"].endswith("li")

    with tempfile.TemporaryDirectory(prefix="lookback-bundle-") as folder:
        bundle = browser.do("hand_over", folder=folder)
        assert bundle["task"] == "71" and bundle["shown"] == bundle["sha256"]
        assert bundle["sha256"] == world.ask("/bundles")["bundles"][0]["file"]["sha256"]
        with open(bundle["path"], "rb") as file:
            answer = tamper_town.ours(file.read(), world.key().fingerprint)
        assert answer.code == 0 and not answer.refuted() and answer.states["unchanged"] == "proven", answer

    browser.do("wait_lost")
    world.kill("run")
    lost = browser.do("see_lost")
    assert "联系不上采集器" in lost["banner"] and lost["lost"]
    assert lost["opacity"] < 1 or lost["filter"] != "none", lost
    world.put(GOOD)
    world.start("run")
    assert browser.do("see_back")["same"]
    after = browser.do("wait_state", states=["recovered"])
    assert after["same"] and after["headline"] != breach["headline"]
    assert browser.do("leave") == []


@pytest.fixture
def breach(world):
    """What the views are opened with while a problem stands open, and a task is still to be struck off."""
    world.put(BAD)
    world.wait(lambda: world.state() in ("relapse", "breach"), 20, "a breach")
    problem = next(one for one in world.site()["problems"] if one["state"] == "open")
    task = next(one for one in world.ask("/tasks?limit=1000")["tasks"] if one["struck_off"] is None)
    yield {**world.known(), "problem": problem["uid"], "task": task["id"]}
    world.put(GOOD)


@pytest.mark.parametrize("language,size", (("zh", "phone"), ("en", "desktop")))
def test_every_dialog_of_an_act_is_whole_too(browser, breach, language, size):
    seen = browser.do("dialogs", world=breach, language=language, size=size, with_axe=True, pictures=pictures())
    assert seen["found"] == []
    wanted = {"zh": ("关闭", "备注", "维护窗口", "销号"), "en": ("Close", "note", "maintenance", "Strike off")}[language]
    assert all(any(word in title for title in seen["titles"]) for word in wanted), seen["titles"]


def hours_between(early, late):
    from datetime import datetime
    return (datetime.fromisoformat(late.replace("Z", "+00:00"))
            - datetime.fromisoformat(early.replace("Z", "+00:00"))).total_seconds() / 3600
