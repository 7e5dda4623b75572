"""The long run's harness on one fault at a time: what plain libmodbus gets wrong, ours gets right.

Both stand before the same liar (tests/support/liar.c) and are judged by the same oracle: each block
says which unit, address and request it belongs to, and when that was heard.
"""
import json
import subprocess
import time

import pytest

from devices import program
from liar import Liar
from lookback import profile

T = ("--timeout", 60, "--guard", 60)

# What libmodbus's own reads make of one bad answer in ten. false: words of another unit or block, or
# too old; lost: errors beyond the bad answers themselves; overdue: reads beyond their timeout.
PLAIN = [
    ("tcp", "late", "lost", "T8"),
    ("tcp", "swap", "false", "T12"),
    ("tcp", "protocol", "false", "T13"),
    ("tcp", "length=250", "false", "T14"),
    ("tcp", "after=4", "lost", "T17"),
    ("tcp", "dribble=200", "overdue", "T7"),
    ("rtu", "late", "false", "R1"),
    ("rtu flush", "late=70", "false", "R2"),
    ("rtu", "before=1", "lost", "R3"),
    ("rtu", "after=4", "lost", "R4"),
    ("rtu", "dribble=200", "overdue", "T7"),
]


def plain(folder, kind, fault):
    """libmodbus before the liar: its counts, and how many of its answers were bad."""
    wire, _, flush = kind.partition(" ")
    where = ["--tcp", 0] if wire == "tcp" else ["--pty", folder / "tty"]
    # a late answer comes between others, and before that of the request behind it
    slow = ["--turnaround", 20] if fault.startswith("late") else []
    liar = Liar(*where, *T, *slow, "--units", "1", "--fault", fault + "@every 10")
    try:
        out = subprocess.run([program("plain_judged"), wire, str(liar.port), "1", "30", "60", "60",
                              *flush.split()], capture_output=True, text=True, timeout=60, check=True)
        return json.loads(out.stdout), liar.counts()[fault.partition("=")[0]]
    finally:
        liar.stop()


def ours(folder, wire, fault):
    """The collector's poller before the same: the report of the long run, which fails by itself when
    anything was false, late or did not heal."""
    links = ["--tcp", "2", "--pty", "0"] if wire == "tcp" else ["--tcp", "0", "--pty", "2"]
    return subprocess.run(
        [program("long_run"), *links, "--rtu-tcp", "0", "--units", "2", "--timeout", "60", "--guard",
         "60", "--every", "200", "--calm", "20", "--rate", "0.1", "--exchanges", "300", "--seed", "5",
         "--faults", fault.partition("=")[0]], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("kind, fault, failure, row", PLAIN)
def test_plain_libmodbus_is_misled_where_the_collector_is_not(folder, kind, fault, failure, row):
    counts, bad = plain(folder, kind, fault)
    false = sum(counts[how] for how in ("mixed", "other unit", "other block", "too old"))
    found = {"false": false, "lost": counts["errors"] - bad, "overdue": counts["overdue"]}
    assert bad >= 3 and counts["reads"] == 60
    assert found[failure] > 0, (row, counts, bad)
    run = ours(folder, kind.split()[0], fault)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "false values called good: 0, and 0" in run.stdout


# What a cable is, and what it is to be out.
CABLES = {
    "port": (["--pty", "{folder}/port"], "cut", "mend"),  # unplugged; back as another terminal
    "bus": (["--pty", "{folder}/bus"], "dead 1", "dead"),  # the port stays, nobody answers
    "host": (["--tcp", "0"], "cut", "mend"),               # refused, and listening again
    "gateway": (["--tcp", "0"], "dead 1", "dead"),
}
PERIOD = 0.5


def test_a_cable_put_back_is_noticed_within_a_period_and_two_seconds(town, peers):
    """After four attempts in vain: without a bound the next would come 8 s later, and later still."""
    model = profile("cells", {"cod.w1": ("holding", 1, "uint16", {})})
    liars = {}
    for name, (options, _, _) in CABLES.items():
        liars[name] = peers.liar(*(one.format(folder=town.folder) for one in options), "--units", "1")
        where = "path" if options[0] == "--pty" else "port"
        town.device(**{where: liars[name].port}, name=name, model=model, every=f"{PERIOD * 1000:.0f}ms",
                    timeout="200ms")

    def letters(name):
        return "".join(row[4] for row in town.readings(f"yard/{name}/cod.w1"))

    town.start()
    town.wait(lambda: all("N" in letters(name) for name in CABLES), 20, "a good reading of each")
    for name, (_, out, _) in CABLES.items():
        liars[name].say(out)
    town.wait(lambda: all(letters(name).endswith("BBBB") for name in CABLES), 30, "four attempts")
    before, mended = {name: len(letters(name)) for name in CABLES}, {}
    for name, (_, _, back) in CABLES.items():
        mended[name] = time.time()
        liars[name].say(back)
    town.wait(lambda: all("N" in letters(name)[before[name]:] for name in CABLES), 30, "good again")
    for name in CABLES:
        rows = town.readings(f"yard/{name}/cod.w1")[before[name]:]
        took = next(row[2] for row in rows if row[4] == "N") / 1000 - mended[name]
        print(f"{name}: first good reading {took:.2f} s after it was put back")
        assert took <= PERIOD + 2, (name, took)
