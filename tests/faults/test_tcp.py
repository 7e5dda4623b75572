"""The faults of Modbus TCP, T1 to T30: each is told to the real program, or held still in a unit test.

HOME says where each is proven; what only a held clock or a held wire can show stands in
tests/unit. Here a device, a gateway or the network itself goes wrong, and the store is the judge.
"""
import contextlib
import ctypes
import os
import resource
import shutil
import socket
import subprocess
import uuid

import pytest

from lookback import ROOT, profile, simple_profile
from waiting import free_port

EXCHANGE, POLLER = "tests/unit/drivers/test_exchange.c", "tests/unit/flow/test_poller.c"
LYING, HERE = "tests/faults/test_lying_device.py", "tests/faults/test_tcp.py"

HOME = {
    "T1": [(HERE, "test_t1_a_refused_connection"), (POLLER, "a_link_that_comes_back_is_found_by_itself")],
    "T2": [(HERE, "test_t2_a_call_that_is_swallowed"),
           (POLLER, "a_black_hole_costs_its_timeout_and_nobody_else_anything")],
    "T3": [(HERE, "test_t3_t4_a_cable_that_is_pulled"),
           (POLLER, "a_peer_without_power_is_found_out_by_the_kernel_too"),
           (POLLER, "a_silent_peer_is_left_by_reset_after_two_requests"),
           (POLLER, "asking_again_over_a_new_connection_has_no_more_time")],
    "T4": [(HERE, "test_t3_t4_a_cable_that_is_pulled")],
    "T5": [(HERE, "test_t5_t6_an_answer_cut_at_every_byte"), (POLLER, "one_lost_answer_costs_one_reading")],
    "T6": [(HERE, "test_t5_t6_an_answer_cut_at_every_byte")],
    "T7": [(HERE, "test_t7_dribbled_bytes"), (EXCHANGE, "dribbled_bytes_do_not_stretch_the_deadline")],
    "T8": [(EXCHANGE, "a_late_tcp_answer_is_dropped_by_its_transaction"), (LYING, '"late": late')],
    "T9": [(HERE, "test_t9_a_device_that_always_answers_transaction_0"),
           (EXCHANGE, "transaction_0_is_never_asked_with")],
    "T10": [(EXCHANGE, "copies_of_an_answer_are_dropped_while_nothing_is_asked"), (LYING, '"twice": twice')],
    "T11": [(HERE, "test_t11_answers_out_of_order")],
    "T12": [(HERE, "test_t12_another_units_answer"), (POLLER, "another_units_answer_is_never_ours"),
            (EXCHANGE, "only_one_value_of_each_field_is_an_answer")],
    "T13": [(EXCHANGE, "only_one_value_of_each_field_is_an_answer"), (LYING, '"wrong_protocol"')],
    "T14": [(EXCHANGE, "only_one_value_of_each_field_is_an_answer"), (LYING, '"wrong_length"')],
    "T15": [(EXCHANGE, "only_one_value_of_each_field_is_an_answer"), (LYING, '"odd_byte_count"')],
    "T16": [(EXCHANGE, "only_one_value_of_each_field_is_an_answer"), (LYING, '"wrong_function"')],
    "T17": [(EXCHANGE, "an_answer_is_not_overwritten_by_what_follows_it"),
            (EXCHANGE, "what_does_not_fit_is_a_new_connection_before_the_next_request"),
            (HERE, "test_t17_bytes_behind_an_answer"), (LYING, '"garbage_after"')],
    "T18": [(HERE, "test_t18_a_register_that_is_not_there"),
            (POLLER, "what_a_device_refuses_for_good_is_asked_seldom_and_the_rest_at_its_period"),
            (POLLER, "a_device_that_refuses_everything_is_asked_every_five_minutes")],
    "T19": [(POLLER, "a_failure_of_the_device_itself_is_asked_again_at_its_period")],
    "T20": [(POLLER, "a_busy_device_is_asked_again_within_the_poll"),
            (POLLER, "a_device_that_stays_busy_is_busy")],
    "T21": [("tests/unit/model/test_quality.c", "every_exception_code_has_a_sentence_in_both_languages"),
            (EXCHANGE, "every_exception_code_is_an_answer_without_a_value")],
    "T22": [(POLLER, "a_unit_missing_behind_a_gateway_costs_neither_the_connection_nor_the_others")],
    "T23": [("tests/faults/test_identity.py", "test_a_changed_instrument_gives_no_value_until_a_person_accepts_it"),
            ("tests/faults/test_identity.py", "test_changed_firmware_is_accepted_by_the_whole_identity")],
    "T24": [(POLLER, "answers_of_two_units_swapped_by_a_gateway_are_neithers")],
    "T25": [(HERE, "test_t25_a_gateway_has_one_connection")],
    "T26": [(HERE, "test_t26_a_gateway_that_closes_idle_connections"),
            (POLLER, "a_peer_that_closes_idle_connections_costs_no_reading")],
    "T27": [(HERE, "test_t27_a_name_nobody_knows"), (POLLER, "a_host_that_moved_is_found_at_its_new_address"),
            (POLLER, "a_connection_given_up_asks_for_the_name_again"),
            (POLLER, "a_name_server_that_is_slow_holds_up_its_own_link_only")],
    "T28": [(HERE, "test_t28_descriptors_beyond_1024"), (POLLER, "descriptors_beyond_a_thousand_are_ordinary")],
    "T29": [(HERE, "test_t29_dead_devices_cost_the_living_no_tick")],
    "T30": [(HERE, "test_t30_a_device_that_floods"), (EXCHANGE, "a_flood_while_nothing_is_asked_is_cut_off"),
            (EXCHANGE, "a_flood_is_cut_off"), (POLLER, "a_peer_that_floods_unasked_is_hung_up_at_once")],
}


def test_every_fault_of_the_catalogue_has_its_test():
    assert sorted(HOME) == sorted(f"T{number}" for number in range(1, 31))
    for fault, places in HOME.items():
        assert places, fault
        for file, name in places:
            with open(os.path.join(ROOT, file)) as source:
                text = "".join(source.read().split())
            entry = {"py": f"def{name}(", "c": f"test({name}"}[file.rsplit(".")[-1]]
            assert (name.replace(" ", "") if name.startswith('"') else entry) in text, (fault, name)


# Words of the device are 100, 101, … by address, so a value that is another register's shows.

def words(request):
    return [100 + request.address + i for i in range(request.count)]


def good(town, point="yard/probe/cod.c0"):
    return [row for row in town.readings(point) if row[4] == "N"]


def bad(town, point="yard/probe/cod.c0"):
    return [row for row in town.readings(point) if row[4] == "B"]


def none_is_false(town):
    for row in town.readings():
        assert (row[4] == "N" and row[3] == 100 + int(row[1][-1])) or (
            row[4] == "B" and row[3] is None and row[5]), row


def device_of(town, name="probe"):
    return next(one for one in town.ask("status")["devices"] if one["name"] == name)


class Network:
    """A network of its own, in which packets to a port can be swallowed. Without the rights for it
    `usable` is false and the tests say what they use in its place."""

    def __init__(self):
        self.name = "lb-" + uuid.uuid4().hex[:8]
        self.usable = (os.geteuid() == 0 and bool(shutil.which("nft")) and
                       subprocess.run(["ip", "netns", "add", self.name], capture_output=True).returncode == 0)
        if self.usable:
            self.run("ip", "link", "set", "lo", "up")
            self.run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; }")

    def run(self, *words):
        subprocess.run(["ip", "netns", "exec", self.name, *words], check=True, capture_output=True)

    @contextlib.contextmanager
    def inside(self):
        """Sockets and programs made in here belong to this network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.name}") as there:
            assert libc.setns(there.fileno(), 0) == 0
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), 0) == 0

    def swallow(self, port):
        self.run("nft", f"add rule inet t c tcp dport {port} drop; add rule inet t c tcp sport {port} drop")

    def mend(self):
        self.run("nft", "flush chain inet t c")

    def end(self):
        if self.usable:
            subprocess.run(["ip", "netns", "del", self.name], check=False)


@pytest.fixture
def network():
    made = Network()
    yield made
    made.end()


def test_t1_a_refused_connection(town, peers):
    """T1: one attempt, a reading without a value, and later attempts further and further apart."""
    port = free_port()
    town.device(port=port, name="dead", every="100ms")
    town.device(port=peers.scripted(words).port, every="100ms")
    town.start()
    town.wait(lambda: len(bad(town, "yard/dead/cod.c0")) >= 2, 20, "two attempts")
    attempts = bad(town, "yard/dead/cod.c0")
    assert {row[5] for row in attempts} == {"refused"}
    assert attempts[1][2] - attempts[0][2] >= 750  # longer and longer: tests/unit/flow/test_health.c
    link = next(one for one in town.ask("status")["links"] if one["name"] == "link-dead")
    assert link["state"] == "down" and link["cause"] == "refused" and link["next_attempt"]
    assert f"127.0.0.1:{port}" in town.log() and "nothing listens on this port" in town.log()
    assert len(good(town)) >= 5 and not bad(town)


def test_t2_a_call_that_is_swallowed(town, peers, network):
    """T2: each SYN is dropped; the attempt ends at the link's own deadline."""
    hole = socket.socket()
    if network.usable:
        print("used: a network namespace and nft")
        where = network.inside
        with where():
            device, other = peers.scripted(words), peers.scripted(words)
        network.swallow(device.port)
        port = device.port
    else:
        print("used, for want of rights or nft: a port whose queue of connections is full")
        where = contextlib.nullcontext
        other = peers.scripted(words)
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        port = hole.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
    town.device(port=port, name="swallowed", timeout="400ms", every="100ms")
    town.device(port=other.port, every="100ms")
    with where():
        town.start()
    town.wait(lambda: len(bad(town, "yard/swallowed/cod.c0")) >= 2, 20, "two attempts")
    first, second = bad(town, "yard/swallowed/cod.c0")[:2]
    assert first[5] == second[5] == "timeout"
    assert 1000 <= second[2] - first[2] <= 2500  # a backoff of a second and a deadline, not minutes
    assert "does not answer the connection" in town.log()
    assert not bad(town)
    hole.close()


def test_t3_t4_a_cable_that_is_pulled(town, peers, network):
    """T3, T4: cut without a word, and back. No request waits for the device when it is."""
    if network.usable:
        print("used: a network namespace and nft")
        with network.inside():
            device = peers.scripted(words)
        cut, mend, where = lambda: network.swallow(device.port), network.mend, network.inside
    else:
        print("used, for want of rights or nft: a device that hears and says nothing")
        silent = []
        device = peers.scripted(words, lambda request, honest: [] if silent else [(0, honest)])
        cut, mend, where = lambda: silent.append(1), silent.clear, contextlib.nullcontext
    town.device(port=device.port, every="100ms", timeout="200ms")
    with where():
        town.start()
    town.wait(lambda: len(good(town)) >= 3, 20, "good readings")
    cut()
    town.wait(lambda: len(bad(town)) >= 2, 20, "the cut to be seen")
    heard = len(device.requests)
    before = len(good(town))
    mend()
    back = town.wait(lambda: good(town)[before:], 6, "a good reading again")[0]
    assert back[2] - bad(town)[-1][2] <= 100 + 2000 + 200  # period, second backoff, timeout
    town.stop()
    none_is_false(town)
    if network.usable:  # every request the device ever heard is one whose answer was taken
        assert len(device.requests) - heard <= len(good(town)) - before + 1


@pytest.mark.parametrize("how", ["cut_rst", "cut_fin"])
def test_t5_t6_an_answer_cut_at_every_byte(town, peers, how):
    """T5, T6: the connection ends after 1, 2, … 12 of 13 bytes, by reset and by end of stream."""
    options = [word for size in range(1, 13) for word in ("--fault", f"{how}={size}@{2 * size - 1}")]
    device = peers.liar("--tcp", 0, "--set", "0=100,101", *options)
    town.device(port=device.port, every="100ms", timeout="500ms")
    town.start()
    town.wait(lambda: len(good(town)) >= 12 + 2, 20, "every cut")
    town.stop()
    none_is_false(town)
    letters = "".join(row[4] for row in town.readings("yard/probe/cod.c0"))
    assert letters.startswith("NB" * 12 + "NN"), letters
    assert {row[5] for row in bad(town)} == {"disconnected"}


def test_t7_dribbled_bytes(town, peers):
    """T7: one byte in 250 ms never restarts anything: the deadline is one for the whole answer."""
    device = peers.liar("--tcp", 0, "--fault", "dribble=3000", log=town.folder + "/truth")
    town.device(port=device.port, every="100ms", timeout="500ms")
    town.start()
    town.wait(lambda: len(bad(town)) >= 2, 20, "two polls")
    town.stop()
    rows = town.rows("SELECT mono FROM poll ORDER BY seq")
    asked = device.exchanges()
    assert not good(town)
    for row, exchange in list(zip(rows, asked))[:2]:
        took_ms = row[0] - exchange["heard_us"] / 1000
        assert 450 <= took_ms <= 1.1 * 500 + 50, took_ms


def test_t9_a_device_that_always_answers_transaction_0(town, peers):
    """T9: its late answers look like its right ones, so none is taken, and a sentence says why."""
    device = peers.liar("--tcp", 0, "--fault", "tid_zero")
    town.device(port=device.port, every="100ms", timeout="200ms")
    town.start()
    town.wait(lambda: len(bad(town)) >= 2, 20, "two polls")
    assert {row[5] for row in bad(town)} == {"bad_frame"} and not good(town)
    assert town.log().count("answers with transaction 0") == 1


def test_t11_answers_out_of_order(town, peers):
    """T11: a gateway that holds an answer back and sends it behind the next one."""
    device = peers.liar("--tcp", 0, "--fault", "order@every 4", "--set", "0=100,101")
    town.device(port=device.port, every="100ms", timeout="150ms")
    town.start()
    town.wait(lambda: len(good(town)) >= 10, 20, "good readings")
    town.stop()
    none_is_false(town)
    assert bad(town)


def test_t12_another_units_answer(town, peers):
    """T12: rejected, and counted under its own name."""
    device = peers.liar("--tcp", 0, "--fault", "wrong_unit=77@every 3", "--set", "0=100,101")
    town.device(port=device.port, every="100ms", timeout="150ms")
    town.start()
    town.wait(lambda: len(bad(town)) >= 2, 20, "two rejected")
    assert device_of(town)["errors"]["wrong_unit"] >= 2
    town.stop()
    none_is_false(town)


@pytest.mark.parametrize("surplus", [4, 700])
def test_t17_bytes_behind_an_answer(town, peers, surplus):
    """T17: the answer is used, whatever comes in the same packet, and so is the next."""
    device = peers.scripted(words, lambda request, honest: [(0, honest + bytes(surplus))])
    town.device(port=device.port, every="100ms", timeout="500ms")
    town.start()
    town.wait(lambda: len(town.readings("yard/probe/cod.c0")) >= 6, 20, "six polls")
    town.stop()
    none_is_false(town)
    assert not bad(town)


def test_t18_a_register_that_is_not_there(town, peers):
    """T18: asked three times, then seldom; the other block keeps its period, a notice names the
    register, and the log says once what to do."""
    def refuse(request, honest):
        if request.address != 40:
            return [(0, honest)]
        return [(0, honest[:4] + b"\0\3" + honest[6:7] + bytes((request.function | 0x80, 2)))]

    device = peers.scripted(words, refuse)
    model = profile("halves", {"cod.c0": ("holding", 0, "uint16", {}),
                               "cod.c9": ("holding", 40, "uint16", {"manual": "40041"})})
    town.device(port=device.port, model=model, every="100ms", timeout="500ms")
    town.start()
    town.wait(lambda: len(good(town)) >= 12, 20, "good readings of the other block")
    lost = town.readings("yard/probe/cod.c9")
    assert {(row[3], row[4], row[5]) for row in lost} == {(None, "B", "exception_2")}
    assert sum(request.address == 40 for request in list(device.requests)) == 3
    notice = town.ask("status")["notices"][0]
    assert "cod.c9" in notice["subject"]
    for word in ("holding register 40", "40041", "exception 2", "compare"):
        assert word in notice["text"], notice
    assert town.log().count("has no such register address (exception 2)") == 1


def test_t25_a_gateway_has_one_connection(town, peers):
    """T25: devices of one host and port share one link; a second one to it is refused by `check`."""
    device = peers.liar("--tcp", 0, "--set", "0=100,101", "--units", "1-3", log=town.folder + "/truth")
    town.device(port=device.port, name="one", every="100ms")
    for unit in (2, 3):
        town.device(link="link-one", unit=unit, name=f"more{unit}", every="100ms")
    town.start()
    town.wait(lambda: len(town.readings("yard/more3/cod.c0")) >= 3, 20, "polls of all three")
    sockets = subprocess.run(["ss", "-Htn", "state", "established", "dport", f"= :{device.port}"],
                             capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(sockets) == 1, sockets
    town.stop()
    town.device(port=device.port, name="again")
    town.write()
    answer = town.command("check")
    assert answer.returncode == 2 and "link-one" in answer.stderr + answer.stdout


def test_t26_a_gateway_that_closes_idle_connections(town, peers):
    """T26: between two polls; no reading is lost by it, and nothing is said."""
    device = peers.liar("--tcp", 0, "--fault", "idle_close=20", "--set", "0=100,101")
    town.device(port=device.port, every="100ms", timeout="500ms")
    town.start()
    town.wait(lambda: len(good(town)) >= 6, 20, "six polls")
    town.stop()
    assert not bad(town)
    none_is_false(town)
    assert "link-probe" not in town.log()


def test_t27_a_name_nobody_knows(town, peers):
    """T27: says so, and holds up nobody."""
    town.links.append({"name": "lost", "kind": "tcp", "host": "no-such-host.invalid", "port": 502})
    town.device(link="lost", name="lost", every="100ms")
    town.device(port=peers.scripted(words).port, every="100ms")
    town.start()
    town.wait(lambda: bad(town, "yard/lost/cod.c0"), 30, "a reading of the lost one")
    town.wait(lambda: len(good(town)) >= 5, 20, "the other one")
    assert bad(town, "yard/lost/cod.c0")[0][5] in ("unresolved", "timeout")
    assert "no-such-host.invalid" in town.log()
    assert not bad(town)


def hold_files():
    """In the child: no number below 1,100 is free, nor becomes so with the new program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    null = os.open("/dev/null", os.O_RDONLY)
    for number in range(3, 1100):
        os.dup2(null, number)


def test_t28_descriptors_beyond_1024(town, peers):
    """T28: the collector is started with 1,100 files open already."""
    town.device(port=peers.scripted(words).port, every="100ms")
    town.start(preexec_fn=hold_files, close_fds=False)
    town.wait(lambda: len(good(town)) >= 3, 20, "good readings")
    place = f"/proc/{town.running.pid}/fd"
    sockets = [int(fd) for fd in os.listdir(place) if os.readlink(f"{place}/{fd}").startswith("socket")]
    assert max(sockets) >= 1024


def test_t29_dead_devices_cost_the_living_no_tick(town, peers):
    """T29: 20 of 200 accept and never answer. Ticks are counted in the store."""
    fleet = peers.fleet("--addresses", "200", "--blackhole", "20")
    for number in range(200):
        link = f"l{number}"
        town.links.append({"name": link, "kind": "tcp", "host": f"127.0.0.{number + 1}",
                           "port": fleet.port, "timeout": "500ms"})
        town.device(link=link, name=f"d{number}", model=simple_profile(count=1), every="500ms")
    town.start()
    count = "SELECT count(*) FROM poll"
    town.wait(lambda: (town.rows(count) or [(0,)])[0][0] >= 180 * 5, 30, "five ticks of the living")
    town.stop()
    rows = town.rows("SELECT d.name, p.time, r.quality FROM poll p JOIN device d ON d.id = p.device"
                     " JOIN reading r ON r.seq = p.seq ORDER BY p.seq")
    alive, lost, ticks = {}, 0, 0
    for name, time, quality in rows:
        if int(name.rsplit("d")[-1]) < 180:
            assert quality == 0, (name, quality)
            alive.setdefault(name, []).append(time)
        else:
            assert quality == 7
    assert len(alive) == 180
    for times in alive.values():
        span = times[-1] - times[1]  # the first poll stands before the grid
        ticks += round(span / 500) + 1
        lost += round(span / 500) + 1 - len(times[1:])
    assert lost <= ticks / 100, (lost, ticks)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        parts = stat.read().rsplit(")")[-1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def test_t30_a_device_that_floods(town, peers):
    """T30: as fast as the machine can, frames that are whole and answer nothing, before and behind
    the answer; each connection ends soon, and the others keep their period."""
    stale = bytes.fromhex("777700000003018302") * 7000

    def flood(request, honest):
        if request.number % 2 == 0:
            yield 0, honest
        while True:
            yield 0, stale

    town.device(port=peers.scripted(words, flood).port, name="flood", every="200ms")
    town.device(port=peers.scripted(words).port, every="100ms")
    town.start()
    town.wait(lambda: len(good(town)) >= 3, 20, "the start")
    before, seen = cpu_seconds(town.running.pid), len(good(town))
    town.wait(lambda: len(good(town)) >= seen + 20, 30, "20 polls of the neighbour")
    spent = cpu_seconds(town.running.pid) - before
    times = [row[2] for row in good(town)[seen:seen + 20]]
    assert spent < 0.5 * (times[-1] - times[0]) / 1000, spent
    town.stop()
    none_is_false(town)
    assert not bad(town)
    assert good(town, "yard/flood/cod.c0")
