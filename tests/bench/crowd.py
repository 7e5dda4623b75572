#!/usr/bin/python3
"""Crowd: 10,000 TCP devices x 1 point each second, stored.

Measures the gap between two polls of a device (from the store's poll times), ticks missed, processor
time, and memory a device beyond what a collector with one device needs. Aim: gap p99 <= 1,020 ms.

    tests/bench/crowd.py [--seconds 30] [--repeats 3] [--devices 10000]
"""
from support import (Collector, Fleet, Settings, Town, Window, begin, figure, gaps, missed, options,
                     percentile)


def one_run(devices, seconds, warm):
    with Town() as town:
        fleet = Fleet("--addresses", str(devices))
        town.ended_by(fleet, fleet.stop)
        settings = Settings(town.folder, points=1)
        settings.add_fleet(devices, fleet.port, devices)
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        window = Window(collector, seconds, warm)
        polls = window.polls()
        between = gaps(polls)
        lost, due = missed(polls)
        silent = sum(not value for moments in polls.values() for _, value in moments)
        if len(polls) != devices or silent:
            print(f"  ! {len(polls)} of {devices} devices polled, {silent} polls without a value",
                  flush=True)
        return {"lost": lost / max(due, 1) * 100, "p50": percentile(between, 0.5),
                "p99": percentile(between, 0.99), "max": max(between, default=None),
                "cpu": window.cpu_share, "rss": window.rss_mib, "start": collector.start_seconds,
                "bytes": window.written / max(due - lost, 1), "strangers": window.strangers}


def main():
    asked = options(__doc__, seconds=30, repeats=3, devices=10000)
    begin(f"crowd: {asked.devices:,} devices x 1 point/s, stored")
    alone = one_run(1, 3, 2)["rss"]
    runs = [one_run(asked.devices, asked.seconds, 10) for _ in range(asked.repeats)]

    def of(name):
        return [run[name] for run in runs]

    figure("ticks missed", of("lost"), "%", "0", 3)
    figure("gap between two polls of a device, p50", of("p50"), "ms", digits=0)
    figure("gap between two polls of a device, p99", of("p99"), "ms", "<= 1,020", 0)
    figure("gap between two polls of a device, longest", of("max"), "ms", digits=0)
    figure("processor time of lookback", of("cpu"), "% core")
    figure("memory of lookback with one device", [alone], "MiB", digits=1)
    figure("memory a device beyond that", [(rss - alone) * 1024 / asked.devices
                                           for rss in of("rss")], "KiB")
    figure("written to disk a poll of one reading", of("bytes"), "bytes", digits=0)
    figure("from start to the first stored poll", of("start"), "s")
    figure("taken of our processor by others meanwhile", of("strangers"), "% core", digits=1)


main()
