#!/usr/bin/python3
"""The poll engine against a bare epoll loop that sends and receives the same frames.

Measures requests a second and processor time a request over 1, 100 and 1,000 TCP connections (as fast
as it goes), and the processor time of asking 1,000 devices once a second, as ratios engine / bare of
runs in turn. Aims: rate >= 0.70, processor time <= 1.6 x, paced <= 2 x.

    tests/bench/poll.py [--seconds 4] [--repeats 3]
"""
import json
import subprocess

from support import Fleet, Town, begin, figure, options, pinned, program


def run(name, port, connections, every, seconds):
    process = pinned([program(name), "--port", str(port), "--connections", str(connections),
                      "--every", str(every), "--seconds", str(seconds)], stdout=subprocess.PIPE)
    answer = process.communicate(timeout=seconds + 60)[0]
    if process.returncode != 0:
        raise RuntimeError(f"{name} ended with {process.returncode}")
    figures = json.loads(answer)
    figures["rate"] = figures["requests"] / figures["seconds"]
    figures["us"] = figures["cpu"] / max(figures["requests"], 1) * 1e6
    figures["share"] = figures["cpu"] / figures["seconds"] * 100
    return figures


def in_turn(port, connections, every, seconds, repeats):
    pairs = []
    for _ in range(repeats):
        pairs.append((run("bench_poll", port, connections, every, seconds),
                      run("bench_bare", port, connections, every, seconds)))
    for engine, _ in pairs:
        for what in ("failed", "skipped", "absent"):
            if engine[what]:
                print(f"  ! engine, {connections} connections: {engine[what]} {what}", flush=True)
        if engine["requests"] and abs(engine["polls"] / engine["requests"] - 1) > 0.01:
            print(f"  ! engine: {engine['polls']} polls of {engine['requests']} requests", flush=True)
    return pairs


def main():
    asked = options(__doc__, seconds=4, repeats=3)
    begin("poll: the engine against a bare epoll loop")
    with Town() as town:
        fleet = Fleet()
        town.ended_by(fleet, fleet.stop)
        for connections in (1, 100, 1000):
            pairs = in_turn(fleet.port, connections, 0, asked.seconds, asked.repeats)
            where = f"{connections:,} connections"
            figure(f"{where}: bare", [b["rate"] for _, b in pairs], "req/s", digits=0)
            figure(f"{where}: engine", [e["rate"] for e, _ in pairs], "req/s", digits=0)
            figure(f"{where}: rate, engine / bare", [e["rate"] / b["rate"] for e, b in pairs],
                   "x", ">= 0.70")
            figure(f"{where}: bare, CPU a request", [b["us"] for _, b in pairs], "us")
            figure(f"{where}: CPU a request, engine / bare", [e["us"] / b["us"] for e, b in pairs],
                   "x", "<= 1.60")
        pairs = in_turn(fleet.port, 1000, 1000, max(2 * asked.seconds, 8), asked.repeats)
        figure("1,000 devices once a second: bare", [b["share"] for _, b in pairs], "% core")
        figure("1,000 devices once a second: engine", [e["share"] for e, _ in pairs], "% core")
        figure("1,000 devices once a second: CPU, engine / bare",
               [e["us"] / b["us"] for e, b in pairs], "x", "<= 2.00")


main()
