#!/usr/bin/python3
"""Page: what it costs to ask a collector of 10,000 points in 1,000 sites how things are.

Pages ask over connections that stay open, gzip taken, as often as is said, each kind of question for
itself; then what 304 costs who has it already. Aim: /now in 50 ms at p99 when it is made anew.

    tests/bench/page.py [--seconds 10] [--repeats 1] [--devices 1000] [--rate 100] [--pages 20]
"""
import http.client
import socket
import threading
import time

from support import (Collector, Fleet, Settings, Town, Window, begin, figure, gaps, options, percentile)

POINTS = 10
QUESTIONS = ("/api/v1/now", "/api/v1/status", "/api/v1/latest?limit=1000", "/api/v1/devices?limit=200",
             "/api/v1/health")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Asker(threading.Thread):
    """One page: asks at its times, whether or not the answer before was quick."""

    def __init__(self, port, path, every, until, first, remembers):
        super().__init__(daemon=True)
        self.port, self.path, self.every, self.until = port, path, every, until
        self.first, self.remembers = first, remembers
        self.took, self.bytes, self.statuses = [], [], []

    def run(self):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        due, etag = self.first, None
        while due < self.until:
            time.sleep(max(0.0, due - time.monotonic()))
            headers = {"Accept-Encoding": "gzip"}
            if etag and self.remembers:
                headers["If-None-Match"] = etag
            began = time.monotonic()
            line.request("GET", self.path, headers=headers)
            answer = line.getresponse()
            body = answer.read()
            self.took.append((time.monotonic() - began) * 1000)
            self.bytes.append(len(body))
            self.statuses.append(answer.status)
            etag = answer.headers["ETag"]
            due += self.every
        line.close()


def ask(port, path, asked, remembers=False):
    now = time.monotonic()
    every = asked.pages / asked.rate
    askers = [Asker(port, path, every, now + asked.seconds, now + every * i / asked.pages, remembers)
              for i in range(asked.pages)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    def all_of(name):
        return [one for asker in askers for one in getattr(asker, name)]

    return all_of("took"), all_of("bytes"), all_of("statuses")


def one_run(asked):
    found = {}
    with Town() as town:
        fleet = Fleet("--addresses", str(asked.devices))
        town.ended_by(fleet, fleet.stop)
        port = free_port()
        settings = Settings(town.folder, points=POINTS, devices_a_site=1,
                            page=f'listen = "127.0.0.1:{port}"; open = true;')
        settings.add_fleet(asked.devices, fleet.port, asked.devices, every="10s")
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        quiet = Window(collector, asked.seconds, 12)
        found["alone"] = percentile(gaps(quiet.polls()), 0.99), quiet.cpu_share, quiet.rss_mib
        for path in QUESTIONS:
            found[path] = ask(port, path, asked)
        found["304"] = ask(port, QUESTIONS[0], asked, remembers=True)
        found["rss"] = collector.used().rss_kib / 1024
    return found


def main():
    asked = options(__doc__, seconds=10, repeats=1, devices=1000, rate=100, pages=20)
    begin(f"page: {asked.devices * POINTS:,} points in {asked.devices:,} sites,"
          f" {asked.rate} questions/s from {asked.pages} pages")
    runs = [one_run(asked) for _ in range(asked.repeats)]
    for path in (*QUESTIONS, "304"):
        took = [percentile(run[path][0], 0.5) for run in runs]
        most = [percentile(run[path][0], 0.99) for run in runs]
        figure(f"{path}, p50", took, "ms")
        figure(f"{path}, p99", most, "ms", "<= 50" if path == QUESTIONS[0] else "")
        figure(f"{path}, bytes on the wire", [max(run[path][1]) for run in runs], "bytes", digits=0)
        figure(f"{path}, not sent again", [100 * run[path][2].count(304) / len(run[path][2])
                                           for run in runs], "%", digits=0)
    figure("gap between two polls without pages, p99", [run["alone"][0] for run in runs], "ms", digits=0)
    figure("processor time without pages", [run["alone"][1] for run in runs], "% core")
    figure("memory without pages", [run["alone"][2] for run in runs], "MiB", digits=1)
    figure("memory after the pages", [run["rss"] for run in runs], "MiB", digits=1)


main()
