"""Wrong settings, absent ports, foreign files: said plainly, with the right exit code, and never fatal
to what is in order."""
import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import termios

import pytest

from lookback import faults, simple_profile
from waiting import free_port, run_out


def counting(request):
    return [request.number & 0xFFFF] * request.count


def spoil(town, name, old, new):
    path = os.path.join(town.dir, name)
    with open(path) as file:
        words = file.read()
    assert old in words, words
    with open(path, "w") as file:
        file.write(words.replace(old, new, 1))


@pytest.fixture
def polled(town, peers):
    town.device(port=peers.scripted(counting).port, every="100ms")
    return town


WRONG = [
    ("collector.conf", 'name = "zj-01"', 'name = "Zhenjiang 01"', "name"),
    ("collector.conf", 'name = "zj-01"', 'nam = "zj-01"', "nam"),
    ("sites.conf", 'kind = "enterprise"', 'kind = "enterprize"', "kind"),
    ("devices.conf", 'every = "100ms"', 'every = "100"', "every"),
    ("devices.conf", 'every = "100ms"', 'every = 100', "every"),
    ("devices.conf", 'every = "100ms"', 'every = "10ms"', "every"),
    ("devices.conf", "unit = 1", "unit = 256", "unit"),
    ("devices.conf", "unit = 1", "unit = 4294967297", "unit"),
    ("devices.conf", 'site = "yard"', 'site = "nowhere"', "site"),
    ("devices.conf", 'link = "link-probe"', 'link = "nowhere"', "link"),
    ("devices.conf", 'model = "probe"', 'model = "no_such_model"', "model"),
    ("devices.conf", 'kind = "tcp"', 'kind = "tpc"', "kind"),
    ("devices.conf", "unit = 1;", "unit = 1}", None),
]


@pytest.mark.parametrize("name, old, new, key", WRONG)
def test_a_wrong_setting_is_named_with_file_and_line(polled, name, old, new, key):
    polled.write()
    spoil(polled, name, old, new)
    for command in ("check", "run"):
        answer = polled.command(command, seconds=20)
        assert answer.returncode == 2, (answer.stdout, answer.stderr)
        found = faults(answer.stderr) or faults(answer.stdout)
        assert any(file == name and line > 0 and (key is None or key in rest)
                   for file, line, rest in found), (answer.stdout, answer.stderr)
    assert not os.path.exists(os.path.join(polled.store, "lookback.db"))


def test_every_fault_is_said_in_one_run(polled):
    polled.write()
    spoil(polled, "sites.conf", 'kind = "enterprise"', 'kind = "enterprize"')
    spoil(polled, "devices.conf", "unit = 1", "unit = 999")
    spoil(polled, "devices.conf", 'every = "100ms"', 'every = "soon"')
    answer = polled.command("check")
    found = faults(answer.stderr + answer.stdout)
    assert answer.returncode == 2
    assert {file for file, _, _ in found} >= {"sites.conf", "devices.conf"}
    assert len(found) >= 3


def test_a_fault_with_json_is_one_object(polled):
    polled.write()
    spoil(polled, "devices.conf", "unit = 1", "unit = 999")
    answer = polled.command("check", "--json")
    assert answer.returncode == 2
    fault, = json.loads(answer.stdout)["faults"]  # `check` answers with a table: every fault
    assert fault["kind"] == "settings" and "devices.conf:" in fault["where"]
    answer = polled.command("problems", "--json")
    error = json.loads(answer.stderr)["error"]
    assert answer.returncode == 2 and error["kind"] == "settings"
    assert os.path.basename(error["where"].rsplit(":", 1)[0]) == "devices.conf"


def test_a_rule_for_a_point_nobody_has_is_a_fault(polled):
    polled.rules = [{"name": "r", "points": ["yard/probe/ph"], "above": 9.0}]
    answer = polled.write().command("check")
    assert answer.returncode == 2
    assert any(file == "rules.conf" for file, _, _ in faults(answer.stderr + answer.stdout))


def test_no_settings_at_all_is_wrong_use_and_not_a_crash(town):
    shutil.rmtree(town.dir)
    assert town.command("check").returncode == 2


@pytest.mark.parametrize("words", [["nonsense"], ["check", "--nonsense"], ["readings"],
                                   ["problem"], ["readings", "--point", "a/b/c", "--from", "x",
                                                 "--to", "y"]])
def test_wrong_use_is_2(polled, words):
    answer = polled.write().command(*words)
    assert answer.returncode == 2 and answer.stderr


def test_an_absent_serial_port_does_not_hold_up_the_others(polled):
    polled.device(path=polled.folder + "/no-such-tty", name="absent", every="200ms")
    polled.start()
    polled.wait_polls(20)
    absent = polled.wait(lambda: polled.readings("yard/absent/cod.c0"), 20, "a reading of it")
    assert {row[4] for row in absent} == {"B"} and absent[0][5] == "refused"
    links = {one["name"]: one for one in polled.ask("status")["links"]}
    assert links["link-absent"]["state"] == "down" and links["link-probe"]["state"] == "up"
    assert links["link-absent"]["next_attempt"]


def test_a_serial_port_that_comes_back_is_used_again(town, peers):
    path = town.folder + "/ttyA"
    town.device(path=path, every="100ms", timeout="300ms")
    town.start()
    town.wait(lambda: town.readings(), 20, "a reading without a port")
    for _ in range(2):  # unplugged and back under the same path, on another pseudo terminal
        device = peers.scripted(counting, serial=path)
        seen = town.last_poll()
        town.wait(lambda: [row for row in town.readings() if row[0] > seen and row[4] == "N"], 40,
                  "a good reading")
        peers.made.remove(device)
        device.stop()
        seen = town.last_poll()
        town.wait(lambda: [row for row in town.readings() if row[0] > seen and row[4] == "B"], 20,
                  "a reading without an answer")


def test_a_port_another_process_holds_is_left_to_it(polled, peers):
    path = polled.folder + "/ttyA"
    device = peers.scripted(counting, serial=path)
    other = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.ioctl(other, termios.TIOCEXCL)
    polled.device(path=path, name="bus", every="100ms", timeout="300ms")
    polled.start()
    polled.wait_polls(20)
    rows = polled.wait(lambda: polled.readings("yard/bus/cod.c0"), 20, "a reading of the bus")
    assert {row[4] for row in rows} == {"B"}
    assert device.requests == [], "we spoke on a line that belongs to another"
    fcntl.ioctl(other, termios.TIOCNXCL)
    os.close(other)
    polled.wait(lambda: polled.readings("yard/bus/cod.c0")[-1][4] == "N", 40, "the line to be ours")


def test_an_unreachable_host_does_not_hold_up_the_others(polled, peers):
    listener = socket.socket()  # a host that takes no more connections: its queue is full
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    full = [socket.socket() for _ in range(4)]
    for one in full:
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
    polled.device(port=listener.getsockname()[1], name="full", every="200ms", timeout="300ms")
    polled.device(port=free_port(), name="closed", every="200ms", timeout="300ms")
    polled.links.append({"name": "link-named", "kind": "tcp", "host": "no-such-host.invalid",
                         "port": 502, "timeout": "300ms"})
    polled.device(link="link-named", name="named", every="200ms")
    polled.start()
    polled.wait_polls(60, 40)
    for name, causes in (("full", {"timeout", "refused"}), ("closed", {"refused"}),
                         ("named", {"unresolved", "timeout"})):
        rows = polled.wait(lambda: polled.readings(f"yard/{name}/cod.c0"), 20, name)
        assert {row[4] for row in rows} == {"B"} and {row[5] for row in rows} <= causes, rows
    times = [row[2] for row in polled.readings("yard/probe/cod.c0")]
    gaps = [later - sooner for sooner, later in zip(times[3:], times[4:])]
    assert max(gaps) < 350, gaps
    for one in full + [listener]:
        one.close()


# The store.

def test_the_database_of_another_program_is_left_alone(polled):
    os.makedirs(polled.store)
    path = os.path.join(polled.store, "lookback.db")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE recipe(name TEXT)")
    db.commit()
    db.close()
    with open(path, "rb") as file:
        before = file.read()
    answer = polled.write().command("run", seconds=20)
    assert answer.returncode == 3 and "lookback.db" in answer.stderr, answer.stderr
    with open(path, "rb") as file:
        assert file.read() == before


def test_a_file_that_is_no_database_is_left_alone(polled):
    os.makedirs(polled.store)
    path = os.path.join(polled.store, "lookback.db")
    with open(path, "wb") as file:
        file.write(b"minutes of the meeting\n" * 500)
    answer = polled.write().command("run", seconds=20)
    assert answer.returncode == 3 and answer.stderr
    with open(path, "rb") as file:
        assert file.read() == b"minutes of the meeting\n" * 500


def test_a_store_newer_than_the_program_is_left_alone(polled):
    polled.start()
    polled.wait_polls(1)
    polled.stop()
    db = sqlite3.connect(os.path.join(polled.store, "lookback.db"))
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.execute(f"PRAGMA user_version = {version + 1}")
    db.commit()
    db.close()
    answer = polled.command("run", seconds=20)
    assert answer.returncode == 3 and str(version + 1) in answer.stderr, answer.stderr


def test_a_second_collector_is_refused_and_disturbs_nothing(polled):
    polled.start()
    polled.wait_polls(1)
    answer = polled.command("run", seconds=20)
    assert answer.returncode == 3
    assert str(polled.running.pid) in answer.stderr, answer.stderr
    polled.wait_polls(5)


def test_a_store_that_cannot_be_made_is_said(polled):
    with open(polled.store, "w") as file:
        file.write("in the way")
    answer = polled.write().command("run", seconds=20)
    assert answer.returncode == 3 and polled.store in answer.stderr


def test_a_command_without_a_store_says_so(polled):
    answer = polled.write().command("problems")
    assert answer.returncode == 3 and answer.stderr


# The clock.

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def test_a_clock_at_1970_is_not_put_on_readings_until_it_is_right(polled, peers):
    """Polls go on without a time, nothing is sent, and the first trusted moment fills them in."""
    hands = os.path.join(polled.folder, "hands")
    with open(hands, "w") as file:
        file.write("@1970-01-01 00:00:30\n")
    assert os.path.exists(FAKETIME), "the package faketime is needed"
    polled.environment = {
        "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": hands, "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # its "fix" makes waits on a condition endless
        "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/+/reading/#")
    polled.output("mqtt", broker.url())
    polled.start()
    polled.wait_polls(20)
    assert polled.rows("SELECT count(*) FROM poll WHERE time IS NOT NULL") == [(0,)]
    assert heard.messages == []
    with open(hands, "w") as file:
        file.write("+0\n")
    polled.wait(lambda: polled.rows("SELECT count(*) FROM poll WHERE time IS NULL") == [(0,)], 30,
                "the times to be filled in")
    polled.wait_sent("town-mqtt")
    times = [row[0] for row in polled.rows("SELECT time FROM poll ORDER BY seq")]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert min(gaps) > 0 and sorted(gaps)[len(gaps) // 2] < 150
    assert "clock.filled" in {kind for kind, in polled.rows("SELECT kind FROM event")}
    assert len({message["seq"] for _, message in heard.readings()}) >= 20


# The disk.

@pytest.fixture
def small_disk(town):
    os.makedirs(town.store)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", town.store], check=True)
    yield os.path.join(town.store, "ballast")
    town.stop()
    subprocess.run(["umount", town.store], check=True)


def fill(ballast):
    with open(ballast, "wb", buffering=0) as file:
        size = 65536
        while size >= 1:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


def test_a_full_disk_ends_nothing_and_the_hole_is_written_down(town, small_disk, peers):
    """A device of many channels fills the smallest mailbox with some forty polls."""
    device = peers.scripted(counting)
    polled = town.device(port=device.port, every="100ms", model=simple_profile(count=40))
    polled.settings["store"].update({"mailbox": "64KiB", "reserve": "0B"})
    polled.start()
    polled.wait_polls(20)
    fill(small_disk)
    stuck = polled.wait(lambda: polled.last_poll(), 5)
    asked = len(device.requests)
    # Polls go on into the mailbox; the disk takes none of them.
    polled.wait(lambda: len(device.requests) > asked + 20, 20, "polling to go on")
    polled.wait(lambda: polled.command("status").returncode == 1, 20, "a notice about the disk")
    asked = [len(device.requests)]

    def mailbox_is_full():
        asked.append(len(device.requests))
        run_out(0.5)
        return len(device.requests) == asked[-1]
    polled.wait(mailbox_is_full, 60, "the mailbox to be full")
    os.unlink(small_disk)
    polled.wait(lambda: polled.last_poll() > stuck + 20, 30, "rows again")
    gaps = polled.wait(lambda: polled.rows("SELECT arguments FROM event WHERE kind = 'gap'"), 20,
                       "the gap to be written down")
    assert json.loads(gaps[0][0])["skipped"] > 0
    polled.stop()
    log = polled.log()  # what is so for a while is said once
    assert log.count("cannot write") == 1 and log.count("lookback.db") == 1, log
    sequence = polled.sequence()
    assert sequence == list(range(1, len(sequence) + 1))
    assert polled.rows("PRAGMA integrity_check") == [("ok",)]
    values = [row[3] for row in polled.readings("yard/probe/cod.c0") if row[4] == "N"]
    assert values == sorted(values) and len(values) == len(set(values))
