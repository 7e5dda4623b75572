"""Read plans that learn (issue 5, part 4): what a device teaches is kept over a restart, is an event
of the sequence, and is forgotten with the profile it was learned by. `lookback plan`."""
import json
import os

from devices import Scripted
from lookback import Town, profile
from waiting import wait_for


def holey(model="holey", extra=()):
    """Registers 0, 4 and 8, read through what lies between."""
    channels = {f"cod.c{i}": ("holding", 4 * i, "uint16", {}) for i in range(3)}
    channels.update(extra)
    return profile(model, channels, max_gap=10)


def silent_at(hole):
    """The script of a device that does not answer a read that touches the register."""
    def script(request, honest):
        touched = request.address <= hole < request.address + request.count
        return [] if touched else [(0, honest)]
    return script


def own_addresses(request):
    return [request.address + i for i in range(request.count)]


def lessons_of(town):
    return [json.loads(arguments) for arguments, in
            town.rows("SELECT arguments FROM event WHERE kind = 'device.lesson' ORDER BY seq")]


def touching(device, hole, since=0):
    return [r for r in device.requests[since:] if r.address <= hole < r.address + r.count]


def good_polls(town):
    """Polls with a reading, of which each must be good."""
    rows = town.rows("SELECT seq, min(quality), max(quality), count(*) FROM reading GROUP BY seq")
    assert all(row[1:] == (0, 0, 3) for row in rows), rows
    return len(rows)


def test_a_hole_is_found_once_and_for_all(tmp_path):
    path = str(tmp_path / "line")
    device = Scripted(own_addresses, silent_at(2), serial=path)
    town = Town(tmp_path).device(path=path, model=holey(), every="100ms", timeout="100ms").start()
    wait_for(lambda: lessons_of(town), 20, "a lesson")
    town.stop()
    assert good_polls(town) > 0
    assert lessons_of(town) == [{"device": "yard/probe", "area": "holding", "address": 1,
                                 "count": 3, "cause": "timeout"}]
    assert town.rows("SELECT area, address, count FROM lesson") == [(3, 1, 3)]

    asked = len(device.requests)
    polls = good_polls(town)
    town.start()
    wait_for(lambda: good_polls(town) > polls, 20, "polls after the restart")
    town.stop()
    assert not touching(device, 2, asked)
    assert touching(device, 6, asked), "the harmless gap stays merged"

    asked = len(device.requests)
    town.profiles[0]["title"] = "another version"
    town.start()
    wait_for(lambda: len(lessons_of(town)) > 1, 20, "the lesson to be learned again")
    good_polls(town)
    town.stop()
    assert touching(device, 2, asked)
    assert town.rows("SELECT count(*) FROM lesson") == [(2,)]
    assert town.command("seals", "verify").returncode == 0
    assert town.command("replay").returncode == 0
    device.stop()
