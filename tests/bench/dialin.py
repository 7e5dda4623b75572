#!/usr/bin/python3
"""Dial-in: 500 units, and 5,000 once, that dial in, name themselves and are asked once a minute.

Measures how long it takes until all are connected, ticks missed, polls without a value, processor
time, and memory a unit beyond what a collector with one unit needs. Each unit says its registration
again every 30 s, as a heartbeat. Aim: no tick missed, every poll with its value.

    tests/bench/dialin.py [--seconds 130] [--every 60] [--units 500] [--once 5000]
"""
import subprocess
import time

from support import (Collector, Settings, Town, Window, begin, figure, missed, options, program,
                     run_out)
from waiting import free_port, wait_for


def dialled_in(collector, units):
    links = collector.status().get("links", [])
    return sum(link["state"] == "up" for link in links) == units


def one_run(units, seconds, every):
    with Town() as town:
        port = free_port()
        settings = Settings(town.folder, points=1)
        for number in range(units):
            settings.add_link(f"l{number:05d}", f'kind = "dialin"; listen = "127.0.0.1:{port}"; '
                              f'id = "U{number:05d}"; timeout = "5s";')
            settings.add_device(f"l{number:05d}", 1, f"{every}s")
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        began = time.monotonic()
        dialers = subprocess.Popen([program("dialers"), "--port", str(port), "--units", str(units),
                                    "--heartbeat", "30000"], stdout=subprocess.PIPE, text=True)
        town.ended_by(dialers, lambda: (dialers.terminate(), dialers.wait(10)))
        wait_for(lambda: dialled_in(collector, units), 120, f"{units} units")
        connected = time.monotonic() - began
        run_out(2)
        window = Window(collector, seconds, 3)
        polls = window.polls()
        lost, due = missed(polls, every * 1000)
        empty = sum(not value for moments in polls.values() for _, value in moments)
        if len(polls) != units:
            print(f"  ! {len(polls)} of {units} units polled", flush=True)
        return {"connected": connected, "lost": lost / max(due, 1) * 100, "empty": empty,
                "polls": sum(len(moments) for moments in polls.values()), "cpu": window.cpu_share,
                "rss": window.rss_mib, "strangers": window.strangers}


def show(what, units, alone, run):
    figure(f"{what}: until all were connected", [run["connected"]], "s")
    figure(f"{what}: polls in the window", [run["polls"]], digits=0)
    figure(f"{what}: ticks missed", [run["lost"]], "%", "0", 3)
    figure(f"{what}: polls without a value", [run["empty"]], "", "0", 0)
    figure(f"{what}: processor time of lookback", [run["cpu"]], "% core", digits=3)
    figure(f"{what}: memory of lookback", [run["rss"]], "MiB", digits=1)
    figure(f"{what}: memory a unit beyond one", [(run["rss"] - alone) * 1024 / units], "KiB")
    figure(f"{what}: our processor taken by others", [run["strangers"]], "% core", digits=1)


def main():
    asked = options(__doc__, seconds=130, every=60, units=500, once=5000)
    begin(f"dial-in: {asked.units:,} units, each asked every {asked.every} s; {asked.once:,} once")
    alone = one_run(1, 3, 1)["rss"]
    figure("memory of lookback with one unit", [alone], "MiB", digits=1)
    for units in (asked.units, asked.once):
        if units > 0:
            show(f"{units:,} units", units, alone, one_run(units, asked.seconds, asked.every))


main()
