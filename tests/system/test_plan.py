"""Read plans that learn (issue 5, part 4): what a device teaches is kept over a restart, is an event
of the sequence, and is forgotten with the profile it was learned by. `lookback plan`."""
import json

import pytest

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
    town = Town(tmp_path).device(path=path, model=holey(), every="100ms", timeout="300ms").start()
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


def crowded(town, every, count=20, **link):
    """`count` units on one serial line, each read by one request of 8 registers."""
    eight = profile("eight", {f"cod.c{i}": ("holding", 100 + i, "uint16",
                                            {"manual": str(40101 + i)}) for i in range(8)})
    town.links.append({"name": "bus", "kind": "serial", "port": str(town.folder) + "/none", **link})
    for unit in range(1, count + 1):
        town.device(link="bus", unit=unit, name=f"u{unit}", model=eight, every=every)
    return town.write()


# 8 bytes out, 21 back, 3.5 characters of 11 bits before, 20 ms assumed between.
@pytest.mark.parametrize("framing, bits", [({}, 10), ({"parity": "even"}, 11),
                                           ({"stop_bits": 2}, 11),
                                           ({"parity": "odd", "stop_bits": 2}, 12)])
def test_a_request_takes_its_bytes_its_silence_and_its_turn(tmp_path, framing, bits):
    link, = crowded(Town(tmp_path), "10s", **framing).ask("plan")["links"]
    device = link["devices"][0]
    request, = device["requests"]
    wanted = 29 * bits / 9.6 + 3.5 * 11 / 9.6 + 20
    assert (link["name"], link["kind"], link["fits"]) == ("bus", "serial", True)
    assert (device["device"], device["unit"], device["every_ms"]) == ("yard/u1", 1, 10000)
    assert {key: request[key] for key in ("function", "area", "address", "count", "has_gap",
                                          "bytes", "manual")} == {
        "function": 3, "area": "holding", "address": 100, "count": 8, "has_gap": False,
        "bytes": 29, "manual": "40101–40108"}
    assert request["ms"] == pytest.approx(wanted, abs=0.01)
    assert link["cycle_ms"] == pytest.approx(20 * wanted, abs=0.1)
    assert link["load"] == pytest.approx(20 * wanted / 10000, rel=1e-4)
    assert device["lessons"] == [] and not device["measured"]


def test_a_bus_over_nine_tenths_answers_no_and_says_what_would_fit(tmp_path):
    cycle = 20 * (29 * 10 / 9.6 + 3.5 * 11 / 9.6 + 20)     # 1,084 ms
    town = crowded(Town(tmp_path), "1s")
    answer = town.command("plan", "--json")
    link, = json.loads(answer.stdout)["links"]
    assert answer.returncode == 1 and not link["fits"]
    assert link["load"] == pytest.approx(cycle / 1000, rel=1e-4)
    assert link["every_fits_ms"] == 2000     # 1,084 / 0.9 = 1,205, in whole seconds
    words = town.command("plan")
    assert words.returncode == 1
    assert 'every = "2s"' in words.stdout and "108 %" in words.stdout
    check = town.command("check")
    assert check.returncode == 0 and "link bus cannot keep up" in check.stdout

    for device in town.devices:
        device["every"] = "2s"
    town.write()
    fitting = town.command("plan")
    assert fitting.returncode == 0 and "cannot keep up" not in fitting.stdout
    assert "cannot keep up" not in town.command("check").stdout

    town.devices[0]["unit"] = 300
    town.write()
    assert town.command("plan").returncode == 2


def test_a_device_that_takes_too_many_requests_is_a_fault_before_it_runs(tmp_path):
    wide = profile("wide", {f"cod.c{i}": ("holding", 3 * i, "uint16", {}) for i in range(70)})
    town = Town(tmp_path).device(port=4001, model=wide, link=None).write()
    for word in ("plan", "check", "run"):
        done = town.command(word)
        assert done.returncode == 2 and "more than 64 requests" in done.stderr, (word, done)


def test_lines_behind_a_server_share_a_bus_whose_rate_nobody_knows(tmp_path):
    town = Town(tmp_path)
    town.links.append({"name": "roof", "kind": "rtu_tcp", "host": "127.0.0.1", "port": 4001})
    for unit in range(1, 31):
        town.device(link="roof", unit=unit, name=f"u{unit}", every="1s")
    town.write()
    words = town.command("plan")
    assert words.returncode == 1 and "9600 is assumed" in words.stdout


def test_a_running_collector_lends_its_answer_times_and_lessons(tmp_path):
    device = Scripted(own_addresses, silent_at(2), serial=str(tmp_path / "line"))
    town = Town(tmp_path).device(path=str(tmp_path / "line"), model=holey(), every="100ms",
                                 timeout="300ms").start()
    wait_for(lambda: lessons_of(town), 20, "a lesson")
    link, = town.ask("plan")["links"]
    town.stop()
    device.stop()
    asked = link["devices"][0]
    assert asked["measured"]
    assert [(r["address"], r["count"], r["has_gap"], r["gaps"]) for r in asked["requests"]] == [
        (0, 1, False, []), (4, 5, True, [{"address": 5, "count": 3}])]
    lesson, = asked["lessons"]
    assert lesson.pop("since").endswith("Z")
    assert lesson == {"area": "holding", "address": 1, "count": 3, "cause": "timeout"}
    link, = town.ask("plan")["links"]
    assert not link["devices"][0]["measured"] and len(link["devices"][0]["lessons"]) == 1
    words = town.command("plan").stdout
    assert "from 1, 3 of them, are left out" in words and "5–7" in words
