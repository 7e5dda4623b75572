#!/usr/bin/python3
"""Page under attack: what slow lines and floods cost polling, and who asks honestly.

The same collector, alone and under each attack in turn: 100 devices are polled each second, somebody
at 127.0.0.1 asks /api/v1/status twenty times a second over a new line each, and 127.0.0.2 to .9 do:
  slow      500 lines that send heads and bodies, and read answers, a byte a second
  flood     1,000 questions/s for /api/v1/status, all answered
  both      the two together
  strangers (of a page that is not open) 1,000 questions/s without a token, then with wrong ones
  dear      as many as are answered of the dearest questions found, each with a span of its own
Aims (issue 6): the honest status in 500 ms at p99, polls as late as without an attack: how late they
began is what the collector itself counts (/metrics), how they reach the devices is the gap between
two of one device. Ratios are of this run's window without an attack.

    tests/bench/page_load.py [--seconds 20] [--devices 100] [--attack all|NAME] [--demo DIR]

--demo: a folder of `lookback demo --history 400d --dir DIR`, which is copied: its history makes
questions dear. Without it they are about what the fleet gave meanwhile.
"""
import argparse
import base64
import http.client
import json
import multiprocessing
import os
import random
import re
import selectors
import socket
import subprocess
import threading
import time

from page_support import add_history, free_port, lateness, late_percentile, listens, stamp
from support import (THEIRS, Collector, Fleet, Settings, Town, Window, begin, figure, gaps, missed,
                     percentile, run_out, wait_for)

ADDRESSES = [f"127.0.0.{last}" for last in range(2, 10)]
LINES_EACH = 62
DEAR_LINES = 60
DAY_S = 86400


def get(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


class Line:
    """A connection of a flood: asks, takes the whole answer, asks again."""

    def __init__(self, port, source, poller):
        self.where, self.source, self.poller = port, source, poller
        self.socket = None
        self.got = b""
        self.waits = False

    def open(self):
        self.close()
        self.socket = socket.socket()
        self.socket.bind((self.source, 0))
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", self.where))
        self.socket.setblocking(False)
        self.poller.register(self.socket, selectors.EVENT_READ, self)

    def close(self):
        if self.socket is not None:
            self.poller.unregister(self.socket)
            self.socket.close()
        self.socket, self.got, self.waits = None, b"", False

    def ask(self, words):
        try:
            if self.socket is None:
                self.open()
            self.socket.send(words)
            self.waits = True
        except OSError:
            self.close()

    def take(self):
        """The status of an answer that is complete; None: not yet; 0: the line was closed."""
        try:
            part = self.socket.recv(1 << 20)
        except BlockingIOError:
            return None
        except OSError:
            part = b""
        if not part:
            self.close()
            return 0
        self.got += part
        head, end, body = self.got.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)content-length: (\d+)", head) if end else None
        if size is None or len(body) < int(size[1]):
            return None
        status = int(head.split()[1])
        self.got, self.waits = b"", False
        if re.search(rb"(?i)connection: close", head):
            self.close()
        return status


def flood(port, source, lines, rate, words, until, told):
    """`rate` questions a second (0: as many as are answered) of what `words(random)` gives."""
    os.sched_setaffinity(0, THEIRS)
    chance = random.Random(source)
    poller = selectors.DefaultSelector()
    all_lines = [Line(port, source, poller) for _ in range(lines)]
    statuses, due = {}, time.monotonic()
    while time.monotonic() < until:
        for line in all_lines:
            if not line.waits and (not rate or due <= time.monotonic()) and time.monotonic() < until:
                line.ask(words(chance))
                due += 1 / rate if rate else 0
        for key, _ in poller.select(0.005) if poller.get_map() else []:
            status = key.data.take()
            if status is not None:
                statuses[status] = statuses.get(status, 0) + 1
    told.put(statuses)


def trickle(port, source, until, told):
    """Lines that send a byte a second of a head or a body, or read a byte a second of an answer."""
    os.sched_setaffinity(0, THEIRS)
    head = get("/api/v1/status", "X-Long: " + "a" * 4000)
    body = (b"POST /api/v1/acts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 4000\r\n\r\n")
    lines, closed = {}, 0
    while time.monotonic() < until:
        for number in range(LINES_EACH):
            line, at = lines.get(number, (None, 0))
            kind = number % 3
            try:
                if line is None:
                    line = socket.socket()
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                    line.bind((source, 0))
                    line.settimeout(2)
                    line.connect(("127.0.0.1", port))
                    line.send([b"", body, get("/api/v1/town") * 50][kind])
                    line.setblocking(False)
                elif kind == 0:
                    line.send(head[at:at + 1])
                elif kind == 1:
                    line.send(b" ")
                elif line.recv(1) == b"":
                    raise ConnectionError
                lines[number] = line, at + 1
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
                line.close()
                lines.pop(number, None)
        time.sleep(1)
    told.put({"closed": closed})


class Honest(threading.Thread):
    def __init__(self, port, token, until):
        super().__init__(daemon=True)
        self.port, self.token, self.until = port, token, until
        self.took, self.failed = [], {}

    def run(self):
        due = time.monotonic()
        while due < self.until:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due + 0.05, time.monotonic())
            began = time.monotonic()
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30,
                                              source_address=("127.0.0.1", 0))
            try:
                line.request("GET", "/api/v1/status",
                             headers={"Authorization": "Bearer " + self.token} if self.token else {})
                answer = line.getresponse()
                answer.read()
                result = answer.status
            except OSError as why:
                result = type(why).__name__
            line.close()
            self.took.append((time.monotonic() - began) * 1000)
            if result != 200:
                self.failed[result] = self.failed.get(result, 0) + 1


def status_asked(_chance):
    return get("/api/v1/status")


def no_token(_chance):
    return get("/api/v1/now")


def wrong_token(chance):
    return get("/api/v1/now", "Authorization: Bearer lb_" + base64.urlsafe_b64encode(
        chance.randbytes(32)).decode().rstrip("="))


class Dear:
    """Questions of which no two are alike, so that no answer can be given twice."""

    def __init__(self, points):
        self.points = points

    def __call__(self, chance):
        now = int(time.time())
        point = chance.choice(self.points)
        start = now - chance.randrange(300, 400) * DAY_S - chance.randrange(DAY_S)
        spread = (f"from={stamp(start)}&to={stamp(now - chance.randrange(DAY_S))}")
        return get(chance.choice((
            f"/api/v1/points/{point}/series?{spread}&width=4000",
            f"/api/v1/points/{point}/series?{spread}&width=4000&format=csv",
            f"/api/v1/points/{point}/series?{spread}&width=16",
            f"/api/v1/points/{point}/series?from={stamp(start - 46 * 365 * DAY_S)}&width=4000",
            f"/api/v1/points/{point}/readings?{spread}&limit=20000&format=csv",
            f"/api/v1/points/{point}/aggregates?{spread}&period=1h&limit=20000&format=csv",
            f"/api/v1/tasks?limit=1000&q={chance.randrange(10 ** 6)}",
            f"/api/v1/latest?limit={chance.randrange(500, 1000)}",
            f"/api/v1/seals?limit={chance.randrange(500, 1000)}",
            "/metrics")), *(["Accept-Encoding: gzip"] if chance.random() < 0.5 else []))


def attackers(name, port, points, until, told):
    def process(*how):
        return multiprocessing.Process(target=how[0], args=how[1:], daemon=True)

    each = 1000 / len(ADDRESSES)
    words = {"flood": status_asked, "both": status_asked, "strangers": no_token,
             "wrong tokens": wrong_token}.get(name)
    found = [process(flood, port, source, 2, each, words, until, told) for source in ADDRESSES if words]
    if name in ("slow", "both"):
        found += [process(trickle, port, source, until, told) for source in ADDRESSES]
    if name == "dear":
        found += [process(flood, port, source, DEAR_LINES, 0, Dear(points), until, told)
                  for source in ADDRESSES]
    return found


def one_window(name, collector, port, points, token, seconds, quiet):
    told = multiprocessing.Queue()
    until = time.monotonic() + seconds + 3
    many = attackers(name, port, points, until, told)
    for one in many:
        one.start()
    honest = Honest(port, token, until)
    honest.start()
    run_out(2)
    before = lateness(port, token)
    window = Window(collector, seconds, 0)
    after = lateness(port, token)
    honest.join()
    statuses = {}
    for _ in many:
        for status, count in told.get(timeout=60).items():
            statuses[status] = statuses.get(status, 0) + count
    for one in many:
        one.join()
    between = gaps(window.polls())
    print(f"-- {name}: answers {dict(sorted(statuses.items(), key=str))}; honest refused {honest.failed}")
    figure("honest /status, p50", [percentile(honest.took, 0.5)], "ms")
    figure("honest /status, p99", [percentile(honest.took, 0.99)], "ms", "<= 500")
    figure("honest /status, longest", [max(honest.took)], "ms")
    polls = max(after[0].values()) - max(before[0].values())
    found = {"polls began late, mean": (after[1] - before[1]) * 1000 / max(1, polls),
             "polls began late, p50": late_percentile(before, after, 0.5),
             "polls began late, p99": late_percentile(before, after, 0.99),
             "gap between two polls, p99": percentile(between, 0.99),
             "gap between two polls, longest": max(between, default=None),
             "ticks that brought no poll": float(missed(window.polls())[0])}
    for what, value in found.items():
        alone = quiet.setdefault(what, value)
        ratio = f" ×{value / alone:.2f}" if alone and value is not None else ""
        figure(what, [value], "" if what.startswith("ticks") else "ms" + ratio, "×1" if ratio else "")
    figure("processor time of lookback", [window.cpu_share], "% core")
    figure("memory", [window.rss_mib], "MiB", digits=1)


def one_run(asked, is_open, attacks):
    with Town() as town:
        fleet = Fleet("--addresses", str(asked.devices))
        town.ended_by(fleet, fleet.stop)
        port = free_port()
        settings = Settings(town.folder, page=f'listen = "127.0.0.1:{port}"; open = {is_open};')
        settings.add_fleet(asked.devices, fleet.port, asked.devices)
        settings.finish()
        if asked.demo:
            add_history(settings, asked.demo)
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        wait_for(lambda: listens(port), 60, "the page")
        token, points = "", []
        if is_open == "false":
            token = json.loads(subprocess.run(
                [os.environ["LOOKBACK_BIN"], "user", "add", "honest", "--role", "reader", "--json",
                 "-c", settings.folder], capture_output=True, check=True).stdout)["user"]["token"]
        else:
            line = http.client.HTTPConnection("127.0.0.1", port)
            line.request("GET", "/api/v1/points?limit=1000")
            points = [row["point"] for row in json.load(line.getresponse())["points"]]
            points = [point for point in points if not re.match(r"s\d+/", point)] or points
            line.close()
        quiet = {}
        for name in ("nobody", *attacks):
            one_window(name, collector, port, points, token, asked.seconds, quiet)
        print(f"   stopped in {collector.stop():.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--attack", default="all")
    parser.add_argument("--demo")
    asked = parser.parse_args()

    def wanted(*names):
        return [name for name in names if asked.attack in ("all", name)]

    begin(f"page under attack: {asked.devices:,} devices x 10 points/s")
    for is_open, names in (("true", ("slow", "flood", "both", "dear")),
                           ("false", ("strangers", "wrong tokens"))):
        if wanted(*names):
            one_run(asked, is_open, wanted(*names))


main()
