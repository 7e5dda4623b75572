#!/usr/bin/python3
"""Page: what it costs a collector of 10,000 points and a history of 400 days to be looked at.

Three collectors one after the other: without a page, with one, with an encrypted one. What fifty open
pages ask (the first view, problems, a point's chart, the station, the watch list; each as often as it
does, over its own line that stays open, with gzip and If-None-Match) is asked for a while: how late
polls begin with and without them is what the collector itself counts, its memory is what it had
without a page and now. Then each question of the pages for itself, as often as is said, nothing
remembered by who asks; then /now once more by askers who remember. Aim: 16 MiB for the page.

    tests/bench/page.py [--seconds 10] [--devices 1000] [--rate 100] [--pages 20] [--demo DIR]

--demo: a folder of `lookback demo --history 400d --dir DIR`, which is copied; else one is made.
"""
import argparse
import json
import os
import random
import re
import ssl
import subprocess
import threading
import time

from page_support import (add_history, connect, free_port, late_percentile, lateness, listens, make_history,
                          stamp)
from support import (Collector, Fleet, Settings, Town, Window, begin, figure, percentile, run_out, wait_for)

POINTS = 10
DAY_S = 86400
OPEN = 50
WARM_S = 12


class Asker(threading.Thread):
    """One page: asks at its times, whether or not the answer before was quick."""

    def __init__(self, where, path, every, until, first, remembers):
        super().__init__(daemon=True)
        self.where, self.path, self.every, self.until = where, path, every, until
        self.first, self.remembers = first, remembers
        self.took, self.bytes, self.statuses = [], [], []

    def run(self):
        line = connect(*self.where)
        due, etag = self.first, None
        while due < self.until:
            time.sleep(max(0.0, due - time.monotonic()))
            headers = {"Accept-Encoding": "gzip"}
            if etag and self.remembers:
                headers["If-None-Match"] = etag
            began = time.monotonic()
            line.request("GET", self.path() if callable(self.path) else self.path, headers=headers)
            answer = line.getresponse()
            body = answer.read()
            self.took.append((time.monotonic() - began) * 1000)
            self.bytes.append(len(body))
            self.statuses.append(answer.status)
            etag = answer.headers["ETag"]
            due += self.every
        line.close()


class Asked:
    """What these askers were answered."""

    def __init__(self, askers):
        for asker in askers:
            asker.start()
        self.askers = askers

    def join(self):
        for asker in self.askers:
            asker.join()
        self.took = [one for asker in self.askers for one in asker.took]
        self.bytes = [one for asker in self.askers for one in asker.bytes]
        self.statuses = [one for asker in self.askers for one in asker.statuses]
        return self

    def tell(self, name):
        others = {status: self.statuses.count(status) for status in set(self.statuses) - {200, 304}}
        figure(f"{name}, p50", [percentile(self.took, 0.5)], "ms")
        figure(f"{name}, p99", [percentile(self.took, 0.99)], "ms")
        print(f"  {'':<58} {max(self.bytes):>10,} bytes at most, {self.statuses.count(304)} of"
              f" {len(self.statuses)} not sent again{f', refused {others}' if others else ''}", flush=True)


def ask(port, path, asked, remembers=False):
    now = time.monotonic()
    every = asked.pages / asked.rate
    return Asked([Asker((port,), path, every, now + asked.seconds, now + every * i / asked.pages, remembers)
                  for i in range(asked.pages)]).join()


def open_pages(where, points, seconds):
    """Fifty pages as they ask: the path and every how many seconds."""
    now = int(time.time())
    shown = f"from={stamp(now - DAY_S // 2)}&to={stamp(now + DAY_S)}&width=1600"
    kinds = [("/api/v1/now", 2)] * 4 + [("/api/v1/problems?nature=breach&state=open", 2)] * 2 + [
        (f"/api/v1/points/{points[0]}/series?{shown}", 54), (f"/api/v1/latest?site={points[0].split('/')[0]}", 2),
        ("/api/v1/status", 2), ("/api/v1/watch", 10)]
    begins = time.monotonic()
    askers = [Asker(where, path, every, begins + seconds, begins + every * i / OPEN, True)
              for i in range(OPEN) for path, every in [kinds[i % len(kinds)]]]
    return Asked(askers)


def questions(points):
    """What pages ask, each in the form that is dearest."""
    chance = random.Random(1)
    now = int(time.time())
    year = f"from={stamp(now - 365 * DAY_S)}&to={stamp(now)}"

    def another_year():
        end = now - chance.randrange(20 * DAY_S)
        return (f"/api/v1/points/{chance.choice(points)}/series?from={stamp(end - 365 * DAY_S)}&to={stamp(end)}"
                "&width=1600")

    return [("/now", "/api/v1/now"), ("/status", "/api/v1/status"), ("/health", "/api/v1/health"),
            ("/latest, 1,000 points", "/api/v1/latest?limit=1000"), ("/devices", "/api/v1/devices?limit=200"),
            ("/points, 1,000 of them", "/api/v1/points?limit=1000"),
            ("a year's series, all the same", f"/api/v1/points/{points[0]}/series?{year}&width=1600"),
            ("a year's series, each another", another_year),
            ("a year of hours", f"/api/v1/points/{points[0]}/aggregates?{year}&period=1h&limit=1000"),
            ("readings", f"/api/v1/points/{points[0]}/readings?{year}&limit=1000"),
            ("/problems", "/api/v1/problems?limit=100"), ("/tasks", "/api/v1/tasks?limit=1000"),
            ("/watch", "/api/v1/watch"), ("/seals", "/api/v1/seals"), ("/metrics", "/metrics")]


def certificate(folder):
    paths = os.path.join(folder, "page.pem"), os.path.join(folder, "page.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", paths[1], "-out", paths[0], "-days", "90", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    os.chmod(paths[1], 0o600)
    return f'certificate = "{paths[0]}"; key_file = "{paths[1]}";'


def believing():
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def start(town, asked, page):
    fleet = Fleet("--addresses", str(asked.devices))
    town.ended_by(fleet, fleet.stop)
    settings = Settings(town.folder, points=POINTS, devices_a_site=1, page=page)
    settings.add_fleet(asked.devices, fleet.port, asked.devices, every="10s")
    settings.finish()
    add_history(settings, asked.demo)
    collector = Collector(settings)
    town.ended_by(collector, collector.stop)
    return collector


def watched_window(collector, where, seconds):
    before = lateness(*where[:1], tls=where[1])
    window = Window(collector, seconds, 0)
    after = lateness(*where[:1], tls=where[1])
    polls = max(1, max(after[0].values()) - max(before[0].values()))
    return window, ((after[1] - before[1]) * 1000 / polls, late_percentile(before, after, 0.5),
                    late_percentile(before, after, 0.99))


def points_of(where, asked):
    """Those that have a history."""
    with open(os.path.join(asked.demo, "config", "sites.conf"), encoding="utf-8") as sites:
        names = re.findall(r'^    \{ name = "([^"]+)"', sites.read(), re.M)
    points = []
    line = connect(*where)
    for site in names:
        line.request("GET", f"/api/v1/points?site={site}")
        points += [row["point"] for row in json.load(line.getresponse())["points"]]
    line.close()
    return points


def without_page(asked):
    with Town() as town:
        collector = start(town, asked, 'listen = "";')
        window = Window(collector, 2 * asked.seconds, WARM_S)
        figure("memory without a page", [window.rss_mib], "MiB", digits=1)
        figure("processor time without a page", [window.cpu_share], "% core")
        return window.rss_mib


def with_page(asked, encrypted, alone_mib):
    name = "encrypted page" if encrypted else "page"
    with Town() as town:
        port = free_port()
        where = port, believing() if encrypted else None
        collector = start(town, asked, f'listen = "127.0.0.1:{port}"; open = true;'
                          + (certificate(town.folder) if encrypted else ""))
        wait_for(lambda: listens(port), 60, "the page")
        run_out(WARM_S)
        _, quiet = watched_window(collector, where, asked.seconds)
        pages = open_pages(where, points_of(where, asked), asked.seconds + 3)
        run_out(2)
        window, busy = watched_window(collector, where, asked.seconds)
        pages.join().tell(f"{OPEN} open pages, {name}")
        for what, one, other in zip(("mean", "p50", "p99"), quiet, busy):
            figure(f"polls began late, {what}, without pages", [one], "ms")
            figure(f"polls began late, {what}, with {OPEN} open", [other], f"ms ×{other / one:.2f}", "×1")
        figure(f"processor time with {OPEN} open pages", [window.cpu_share], "% core")
        figure(f"memory with {OPEN} open pages, {name}", [window.rss_mib], "MiB", digits=1)
        figure(f"of which the {name} takes", [window.rss_mib - alone_mib], "MiB", "<= 16", digits=1)
        if encrypted:
            return
        for what, path in questions(points_of(where, asked)):
            ask(port, path, asked).tell(what)
        ask(port, "/api/v1/now", asked, remembers=True).tell("/now, by who remembers")
        figure("memory after all that", [collector.used().rss_kib / 1024], "MiB", digits=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("seconds", 10), ("devices", 1000), ("rate", 100), ("pages", 20)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--demo")
    asked = parser.parse_args()
    begin(f"page: {asked.devices * POINTS:,} points in {asked.devices:,} sites and 400 days of others;"
          f" {asked.rate} questions/s from {asked.pages} lines")
    with Town() as town:
        asked.demo = asked.demo or make_history(town.folder)
        alone_mib = without_page(asked)
        with_page(asked, False, alone_mib)
        with_page(asked, True, alone_mib)


main()
