#!/usr/bin/python3
"""Serial: how much of what physics allows is used of a serial line.

20 units of 8 registers on one pseudo terminal whose far end (tests/support/liar.c) takes as long as a
line of 9,600 and of 115,200 Bd would, asked without a pause. Share: bytes of request and answer at the
rate, 3.5 characters of silence (1.75 ms above 19,200 Bd) and the unit's turn-around, over the time from
one request to the next. The far end's own share is measured with a bare loop of C in the same run.

    tests/bench/serial.py [--seconds 20] [--repeats 3] [--warm 3]
"""
import argparse
import json
import os
import subprocess

from support import OURS, Collector, Settings, Town, begin, figure, pinned, program, run_out
from liar import Liar

UNITS, REGISTERS, BITS, TURN_MS = 20, 8, 10, 5
BYTES = 8 + 5 + 2 * REGISTERS


def gap_us(baud):
    return 1750 if baud > 19200 else 3.5 * BITS * 1e6 / baud


def physics_us(baud):
    return BYTES * BITS * 1e6 / baud + gap_us(baud) + TURN_MS * 1000


def far_end(town, baud):
    path = os.path.join(town.folder, "line")
    log = os.path.join(town.folder, "log")
    liar = Liar("--pty", path, "--units", f"1-{UNITS}", "--baud", baud, "--bits", BITS,
                "--turnaround", TURN_MS, log=log)
    town.ended_by(liar, liar.stop)
    return liar, path


def bare(baud, asked):
    """The share a bare loop reaches."""
    with Town() as town:
        _, path = far_end(town, baud)
        done = pinned([program("bench_serial"), path, str(int(gap_us(baud))), str(UNITS),
                       str(asked.seconds)], stdout=subprocess.PIPE, text=True)
        found = json.loads(done.communicate()[0])
        if found["failed"]:
            print(f"  ! bare loop: {found['failed']} of {found['exchanges']} failed", flush=True)
        return physics_us(baud) * found["exchanges"] / found["seconds"] / 1e6


def collector(baud, asked):
    """The share the collector reaches, and what it used of its processor."""
    with Town() as town:
        liar, path = far_end(town, baud)
        settings = Settings(town.folder, points=REGISTERS)
        settings.add_link("bus", f'kind = "serial"; port = "{path}"; baud = {baud};')
        for unit in range(1, UNITS + 1):
            settings.add_device("bus", unit, "100ms")
        settings.finish()
        running = Collector(settings)
        town.ended_by(running, running.stop)
        run_out(asked.warm)
        before, used = len(liar.exchanges()), running.used()
        run_out(asked.seconds)
        heard = [row["heard_us"] for row in liar.exchanges()[before:]]
        cpu = (running.used().cpu - used.cpu) / asked.seconds * 100
        bad, = running.rows("SELECT count(*) FROM reading WHERE quality <> 0")[0]
        if bad:
            print(f"  ! collector: {bad} readings are not good", flush=True)
        return physics_us(baud) * (len(heard) - 1) / (heard[-1] - heard[0]), cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warm", type=int, default=3)
    asked = parser.parse_args()
    begin("serial: how much of a line's time is used")
    for baud in (9600, 115200):
        name = f"{baud:,} Bd, {UNITS} units x {REGISTERS} registers"
        loops = [bare(baud, asked) for _ in range(asked.repeats)]
        runs = [collector(baud, asked) for _ in range(asked.repeats)]
        print(f"  {name}: physics allows {physics_us(baud) / 1000:.2f} ms an exchange, of which "
              f"{TURN_MS} are the unit's; on processor {OURS}", flush=True)
        figure(f"{name}: a bare loop's share", loops, digits=3)
        figure(f"{name}: our share", [share for share, _ in runs], "", ">= 0.9", 3)
        figure(f"{name}: our processor time", [cpu for _, cpu in runs], "% core")


main()
