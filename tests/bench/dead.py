#!/usr/bin/python3
"""Dead: what silent devices cost the living.

Three of 32 units dead behind one TCP gateway, and on one serial line (a pseudo terminal), both asked
as fast as the line goes: the line's time from each request to a dead unit to the next request, and the
good polls of the 29 living, with the dead among the settings and without, in turn. Aim: the living
lose at most 5 % of the line's time. And a town of 1,000 connections with 100 black holes: the p99 gap
of the living grows by less than 10 ms compared with none.

    tests/bench/dead.py [--seconds 60] [--repeats 3] [--warm 15] [--only gateway|line|town]
"""
import argparse
import os
import time

from support import (Collector, Fleet, Scripted, Settings, Town, Window, begin, figure, gaps,
                     missed, percentile, run_out)

UNITS, ANSWER_SECONDS = 32, 0.02
DEAD = (7, 16, 29)


class Heard:
    """What the far end of the line heard, and when."""

    def __init__(self):
        self.requests = []  # (moment, unit)

    def play(self, request, honest):
        """A line of 9600 Bd takes about so long for 10 registers; the dead never say a word."""
        self.requests.append((time.monotonic(), request.unit))
        return [] if request.unit in DEAD else [(ANSWER_SECONDS, honest)]

    def taken_by_dead(self, since):
        """How many requests went to the dead, and the share of the time until the next request."""
        heard = [(moment, unit) for moment, unit in list(self.requests) if moment >= since]
        taken = [after - moment for (moment, unit), (after, _) in zip(heard, heard[1:])
                 if unit in DEAD]
        return len(taken), sum(taken) / (heard[-1][0] - heard[0][0]) * 100


def words(request):
    return [request.address + n + 256 * request.unit & 0xFFFF for n in range(request.count)]


def shared(kind, with_dead, asked):
    """Good polls a second of the living, and what the dead were sent and took."""
    with Town() as town:
        serial = os.path.join(town.folder, "line") if kind == "line" else None
        heard = Heard()
        device = Scripted(words, heard.play, serial=serial)
        town.ended_by(device, device.stop)
        settings = Settings(town.folder)
        where = (f'kind = "serial"; port = "{serial}";' if serial else
                 f'kind = "tcp"; host = "127.0.0.1"; port = {device.port};')
        settings.add_link("shared", where + ' timeout = "300ms";')
        for unit in range(1, UNITS + 1):
            if with_dead or unit not in DEAD:
                settings.add_device("shared", unit, "100ms")
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        run_out(asked.warm)
        began = time.monotonic()
        window = Window(collector, asked.seconds, 0)
        asked_dead, taken = heard.taken_by_dead(began)
        good = {number: sum(value for _, value in moments)
                for number, moments in window.polls().items()}
        good = {number: count for number, count in good.items() if count}
        return {"rate": sum(good.values()) / window.seconds, "living": len(good),
                "least": min(good.values(), default=0) / window.seconds,
                "most": max(good.values(), default=0) / window.seconds,
                "asked_dead": asked_dead, "taken": taken}


def bench_shared(kind, name, asked):
    pairs = [(shared(kind, True, asked), shared(kind, False, asked))
             for _ in range(asked.repeats)]
    for dead, none in pairs:
        if dead["living"] != UNITS - len(DEAD) or none["living"] != UNITS - len(DEAD):
            print(f"  ! {name}: {dead['living']} and {none['living']} units answered", flush=True)
    figure(f"{name}: polls of the living, none dead", [n["rate"] for _, n in pairs], "polls/s", "", 1)
    figure(f"{name}: polls of the living, 3 of 32 dead", [d["rate"] for d, _ in pairs], "polls/s",
           "", 1)
    figure(f"{name}: the line's time the dead take", [d["taken"] for d, _ in pairs], "%", "<= 5", 1)
    figure(f"{name}: polls the living lose", [(1 - d["rate"] / n["rate"]) * 100 for d, n in pairs],
           "%", "", 1)
    figure(f"{name}: requests sent to the dead", [d["asked_dead"] for d, _ in pairs], digits=0)
    figure(f"{name}: most and least polled of the living", [d["most"] / d["least"] for d, _ in pairs
                                                            if d["least"]], "x")


def town_run(holes, asked, devices=1000):
    """Gap of the first 900 devices; the holes are the last ones."""
    with Town() as town:
        fleet = Fleet("--addresses", str(devices), "--blackhole", str(holes))
        town.ended_by(fleet, fleet.stop)
        settings = Settings(town.folder)
        settings.add_fleet(devices, fleet.port, devices)
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        window = Window(collector, asked.seconds, asked.warm)
        living = {number for number, name in collector.rows("SELECT id, name FROM device")
                  if int(name[1:]) < devices - devices // 10}
        polls = {number: moments for number, moments in window.polls().items() if number in living}
        between = gaps(polls)
        lost, due = missed(polls)
        return {"p99": percentile(between, 0.99), "max": max(between, default=None),
                "lost": lost / max(due, 1) * 100,
                "cpu": window.cpu_share, "strangers": window.strangers}


def bench_town(asked):
    pairs = [(town_run(100, asked), town_run(0, asked)) for _ in range(asked.repeats)]
    figure("town: p99 gap of 900 living, no hole", [n["p99"] for _, n in pairs], "ms", "", 0)
    figure("town: p99 gap of 900 living, 100 holes", [d["p99"] for d, _ in pairs], "ms", "", 0)
    figure("town: the gap grows by", [d["p99"] - n["p99"] for d, n in pairs if d["p99"] and n["p99"]], "ms", "< 10", 0)
    figure("town: longest gap of the living, no hole", [n["max"] for _, n in pairs], "ms", "", 0)
    figure("town: longest gap of the living, 100 holes", [d["max"] for d, _ in pairs], "ms", "", 0)
    figure("town: ticks of the living missed, 100 holes", [d["lost"] for d, _ in pairs], "%", "0", 3)
    figure("town: processor time, no hole", [n["cpu"] for _, n in pairs], "% core")
    figure("town: processor time, 100 holes", [d["cpu"] for d, _ in pairs], "% core")
    figure("town: taken of our processor by others meanwhile",
           [run["strangers"] for pair in pairs for run in pair], "% core", "", 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warm", type=int, default=15)
    parser.add_argument("--only", choices=("gateway", "line", "town"))
    asked = parser.parse_args()
    begin("dead: what silent devices cost the living")
    if asked.only in (None, "gateway"):
        bench_shared("gateway", "gateway", asked)
    if asked.only in (None, "line"):
        bench_shared("line", "serial line", asked)
    if asked.only in (None, "town"):
        bench_town(asked)


main()
