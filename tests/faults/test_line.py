"""The faults of a serial line, R1 to R18 of the catalogue, each with what we make of it.

TESTS says which test shows what; a test of this file names its fault first. Most lines of this file
stand in one collector, side by side, each with its own fault all the time (`lines`): so one run shows
them all, and that none of them holds up another.
"""
import os
import re
import subprocess
import termios
import threading
import time

import pytest

from catalogue import assert_covered
from devices import rtu
from fixtures import Peers
from lookback import BINARY, ROOT, Town, profile
from uart import misheard

TESTS = {
    "R1": ["test_r1_r2_a_late_answer_is_of_its_block_marked_and_not_too_old",
           "test_lying_device.py::test_no_lie_told_on_a_line_is_believed",
           "test_lying_device.py::test_the_same_lie_misleads_plain_libmodbus",
           "drivers/test_exchange.c::"
           "after_a_timeout_the_same_request_is_repeated_once_after_the_guard",
           "flow/test_poller_serial.c::a_late_answer_is_never_taken_for_another_block"],
    "R2": ["drivers/test_exchange.c::"
           "an_answer_after_a_timeout_is_never_older_than_its_stamp_by_more_than_both",
           "test_r1_r2_a_late_answer_is_of_its_block_marked_and_not_too_old",
           "drivers/test_exchange.c::an_answer_inside_the_guard_is_drained",
           "drivers/test_exchange.c::another_block_that_looks_the_same_waits_one_guard_more"],
    "R3": ["test_r3_r4_r7_what_stands_beside_the_answer_costs_no_reading",
           "drivers/test_exchange.c::every_fault_of_an_rtu_line_is_seen"],
    "R4": ["test_r3_r4_r7_what_stands_beside_the_answer_costs_no_reading"],
    "R5": ["test_r5_damaged_answers_are_no_value_counted_and_told",
           "drivers/test_diagnosis.c::"
           "rare_crc_errors_are_nothing_and_one_in_a_hundred_is_the_wiring"],
    "R6": ["test_r6_an_echo_is_named_and_costs_no_reading",
           "drivers/test_diagnosis.c::our_own_bytes_are_an_echo_unless_the_link_says_so"],
    "R7": ["test_r3_r4_r7_what_stands_beside_the_answer_costs_no_reading",
           "drivers/test_exchange.c::a_frame_inside_a_strangers_frame_is_not_ours"],
    "R8": ["test_r8_a_second_master_is_heard_and_told",
           "test_bad_input.py::test_a_port_another_process_holds_is_left_to_it",
           "flow/test_poller_serial.c::our_port_is_locked_against_a_second_collector",
           "drivers/test_exchange.c::"
           "after_a_strangers_request_to_our_unit_no_answer_is_believed"],
    "R9": ["test_r9_a_slow_device_is_waited_for_and_its_time_shown"],
    "R10": ["test_r10_the_line_is_silent_before_each_request",
            "drivers/test_exchange.c::the_gap_is_counted_from_the_last_byte_sent_or_heard",
            "flow/test_timing.c::the_silence_is_three_and_a_half_characters_or_as_set"],
    "R11": ["test_r11_r12_an_adapter_pulled_out_is_let_go_and_found_under_another_name",
            "flow/test_poller_serial.c::"
            "an_unplugged_port_is_noticed_and_found_again_under_its_path"],
    "R12": ["test_r11_r12_an_adapter_pulled_out_is_let_go_and_found_under_another_name",
            "test_bad_input.py::test_a_serial_port_that_comes_back_is_used_again"],
    "R13": ["test_r13_a_wrong_rate_is_named_after_a_few_answers",
            "test_r13_a_rate_there_is_not_is_refused",
            "drivers/test_diagnosis.c::wrong_settings_are_named_after_a_few_answers",
            "flow/test_poller_serial.c::an_unknown_baud_rate_is_refused_at_the_start"],
    "R14": ["test_r14_the_modem_lines_are_left_out_and_nothing_waits_for_them"],
    "R15": ["test_r15_a_driver_that_takes_nothing_holds_up_nobody"],
    "R16": ["test_r16_half_an_answer_is_no_value_and_the_next_is_right",
            "drivers/test_exchange.c::dribbled_bytes_do_not_stretch_the_deadline"],
    "R17": ["test_r17_nothing_but_reads_was_ever_on_a_wire",
            "test_r17_the_program_has_no_encoder_of_writes",
            "drivers/test_frame.c::only_reads_within_the_standard_are_valid"],
    "R18": ["flow/test_health.c::the_dead_get_a_twentieth_of_the_time_of_the_living",
            "flow/test_poller.c::a_dead_unit_takes_a_twentieth_of_a_shared_line_at_most",
            "flow/test_poller_serial.c::a_dead_slave_does_not_stop_the_living"],
}

TIMEOUT = GUARD = 0.2
FIRST, SECOND = 0, 500  # two blocks of one length that are no neighbours


def test_every_fault_of_a_line_has_its_test():
    assert_covered("R", 18, TESTS, __file__)


def blocks():
    """An answer to one block has the shape of an answer to the other: only its address tells, which
    is what each second register holds; the first says which request it answers."""
    return profile("blocks", {"cod.n": ("holding", FIRST, "uint16", {}),
                              "cod.a": ("holding", FIRST + 1, "uint16", {}),
                              "cod.m": ("holding", SECOND, "uint16", {}),
                              "cod.b": ("holding", SECOND + 1, "uint16", {})})


def words(request):
    return [request.number if (request.address + i) % 2 == 0 else 1000 + request.address + i
            for i in range(request.count)]


TRUTH = {"cod.a": 1000 + FIRST + 1, "cod.b": 1000 + SECOND + 1}


def stranger(request):
    return rtu(request.unit + 1, request.pdu([9999] * request.count))


def own_bytes(request):
    return rtu(request.unit, bytes((request.function,)) + request.address.to_bytes(2, "big")
               + request.count.to_bytes(2, "big"))


def second_master(request):
    """It asks a unit that is not ours, and gets its answer."""
    return (rtu(9, bytes((4, 0, 0, 0, 2))) + rtu(9, bytes((4, 4, 1, 2, 3, 4))))


def only(numbers, lie):
    """Told in these requests alone; both askings of one poll must fail before it has no value."""
    return lambda request, honest: lie(request, honest) if request.number in numbers else [
        (0, honest)]


BOTH = (4, 5)
SCRIPTS = {
    "noise_before": lambda r, h: [(0, b"\x00\xff\x55" + h)],
    "noise_after": lambda r, h: [(0, h + b"\xff\x00")],
    "stranger_first": lambda r, h: [(0, stranger(r)), (0.01, h)],
    "echo": lambda r, h: [(0, own_bytes(r)), (0.005, h)],
    "echo_expected": lambda r, h: [(0, own_bytes(r)), (0.005, h)],
    "damaged": lambda r, h: [(0, h[:-1] + bytes((h[-1] ^ 0x10 * (r.number % 6 > 3),)))],
    "half": only(BOTH, lambda r, h: [(0, h[:-3])]),
    "break": only(BOTH, lambda r, h: [(0, b"\x00")]),
    "silent": only(BOTH, lambda r, h: []),
    "second_master": lambda r, h: [(0, h), (0.02, second_master(r))],
    "wrong_rate": lambda r, h: [(0, misheard(h, 19200, 9600))],
    "late": lambda r, h: [(TIMEOUT * 1.5 if r.number % 5 == 2 else 0, h)],
    "later": lambda r, h: [(TIMEOUT + GUARD + 0.05 if r.number % 5 == 2 else 0, h)],
}


class Lines:
    """One collector, and what it made of each line; it has ended."""

    def __init__(self, folder, peers):
        self.town = Town(folder)
        self.devices, self.asked_at = {}, {}
        for name, script in SCRIPTS.items():
            self._add(peers, name, script)
        self.town.start()
        try:
            self.town.wait(self._enough, 30, "every line to have been polled enough")
            self.status = self.town.ask("status")
            self.notices = {one["id"]: one["text"] for one in self.status["notices"]}
            self.text = self.town.command("status").stdout
        finally:
            self.town.stop()
        self.rows = {name: [row for row in self.town.readings()
                            if row[1].startswith(f"yard/{name}/")] for name in SCRIPTS}

    def _add(self, peers, name, script):
        path = os.path.join(self.town.folder, name)
        self.asked_at[name] = []

        def noted(request, honest):
            self.asked_at[name].append(time.time())
            return script(request, honest)

        self.devices[name] = peers.scripted(words, noted, serial=path)
        self.town.device(path=path, name=name, model=blocks(), every="100ms", timeout="200ms")
        if name == "echo_expected":
            self.town.links[-1]["echo"] = True

    def _enough(self):
        return all(len(one.requests) > 18 or name == "wrong_rate" and len(one.requests) > 4
                   for name, one in self.devices.items())

    def device_status(self, name):
        return next(one for one in self.status["devices"] if one["name"] == name)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    peers = Peers(folder)
    try:
        yield Lines(folder, peers)
    finally:
        peers.end()


def values(lines, name):
    """[(channel, value, quality, cause, time)]."""
    return [(row[1].split("/")[2], row[3], row[4], row[5], row[2]) for row in lines.rows[name]]


def assert_true_values(lines, name):
    for channel, value, quality, cause, _ in values(lines, name):
        if quality == "B":
            assert value is None
        elif channel in TRUTH:
            assert value == TRUTH[channel], (name, channel, value, cause)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_line_gives_a_value_of_another_block(lines, name):
    assert lines.rows[name]
    assert_true_values(lines, name)


@pytest.mark.parametrize("name", ["late", "later"])
def test_r1_r2_a_late_answer_is_of_its_block_marked_and_not_too_old(lines, name):
    """R1, R2: late inside the guard it is drained; late beyond it, it answers the repeat: the same
    block, marked, and asked for no longer before its stamp than timeout and guard."""
    seen = values(lines, name)
    marked = [one for one in seen if one[3] == "after_timeout"]
    assert marked and all(one[2] == "N" for one in marked)
    asked_at = lines.asked_at[name]
    blocks_asked = [one.address for one in lines.devices[name].requests]
    for channel, value, quality, cause, stamp in seen:
        if quality != "N" or channel in TRUTH:
            continue
        assert blocks_asked[int(value)] == (FIRST if channel == "cod.n" else SECOND)
        age = stamp / 1000 - asked_at[int(value)]
        assert age <= TIMEOUT + GUARD + 0.02, (channel, value, cause, age)


@pytest.mark.parametrize("name", ["noise_before", "noise_after", "stranger_first"])
def test_r3_r4_r7_what_stands_beside_the_answer_costs_no_reading(lines, name):
    """R3, R4, R7: noise before or behind it, another slave's frame first: all values are good, none
    needed a second asking."""
    assert {one[2:4] for one in values(lines, name)} == {("N", "")}


def test_r5_damaged_answers_are_no_value_counted_and_told(lines):
    """R5."""
    assert ("B", "crc") in {one[2:4] for one in values(lines, "damaged")}
    assert ("N", "") in {one[2:4] for one in values(lines, "damaged")}
    assert lines.device_status("damaged")["errors"]["crc"] >= 2
    assert "damaged" in lines.notices["line-link-damaged"]


def test_r6_an_echo_is_named_and_costs_no_reading(lines):
    """R6: with the setting it is what the adapter does, and no trouble."""
    for name in ("echo", "echo_expected"):
        assert {one[2:4] for one in values(lines, name)} == {("N", "")}
    assert "echo = true" in lines.notices["line-link-echo"]
    assert "line-link-echo_expected" not in lines.notices


def test_r8_a_second_master_is_heard_and_told(lines):
    """R8: in the status that a person reads as well."""
    assert "second master" in lines.notices["line-link-second_master"]
    assert "link-second_master" in lines.text and "find and stop it" in lines.text


def test_r13_a_wrong_rate_is_named_after_a_few_answers(lines):
    """R13: 19,200 Bd heard at our 9,600."""
    notice = lines.notices["line-link-wrong_rate"]
    assert "none make sense" in notice and "9600 8N1" in notice and "baud rate" in notice
    assert {one[2] for one in values(lines, "wrong_rate")} == {"B"}
    

@pytest.mark.parametrize("name", ["half", "break", "silent"])
def test_r16_half_an_answer_is_no_value_and_the_next_is_right(lines, name):
    """R16: half a frame, a break, an answer that is lost."""
    seen = values(lines, name)
    assert "B" in {one[2] for one in seen} and seen[-1][2:4] == ("N", "")


def test_extra_bytes_at_right_frames_are_told_as_a_missing_terminator(lines):
    for name in ("noise_before", "noise_after"):
        assert "terminators" in lines.notices["line-link-" + name]


def test_a_line_that_is_well_is_not_blamed(lines):
    assert not [one for one in lines.notices if one in ("line-link-late", "line-link-silent",
                                                        "line-link-echo_expected")]


def test_r17_nothing_but_reads_was_ever_on_a_wire(lines):
    """R17: functions 1 to 4, and no broadcast."""
    asked = [one for device in lines.devices.values() for one in device.requests]
    assert len(asked) > 200
    assert {one.function for one in asked} <= {1, 2, 3, 4} and 0 not in {one.unit for one in asked}


def test_r17_the_program_has_no_encoder_of_writes():
    """R17: nothing of libmodbus that talks is linked, and one function writes all our requests."""
    symbols = subprocess.run(["nm", "-D", "--undefined-only", BINARY], capture_output=True,
                             text=True, check=True).stdout
    taken = {word for word in re.findall(r"\bU (modbus_\w+)", symbols)}
    assert taken == {"modbus_new_rtu", "modbus_connect", "modbus_close", "modbus_free",
                     "modbus_get_socket", "modbus_set_error_recovery"}
    writers = []
    for folder in ("drivers", "collector/flow"):
        for name in os.listdir(os.path.join(ROOT, folder)):
            if name.endswith(".c"):
                with open(os.path.join(ROOT, folder, name)) as source:
                    writers += [name] * len(re.findall(r"request->function;", source.read()))
    assert set(writers) == {"frame.c"}


# --- one line at a time ------------------------------------------------------------------------

def good(town, name="probe"):
    return [row for row in town.readings(f"yard/{name}/cod.c0") if row[4] == "N"]


def test_r9_a_slow_device_is_waited_for_and_its_time_shown(town, peers):
    """R9: 300 to 700 ms, and nobody has set a timeout."""
    path = town.folder + "/slow"
    device = peers.scripted(lambda r: [7] * r.count,
                            lambda r, h: [(0.3 + 0.1 * (r.number % 5), h)], serial=path)
    town.device(path=path, every="100ms")
    del town.links[-1]["timeout"]
    town.start()
    town.wait(lambda: len(good(town)) >= 5, 20, "five answers")
    time_shown = town.ask("status")["devices"][0]["answer_ms"]
    assert 300 <= time_shown["p50"] <= 800 and 500 <= time_shown["p99"] <= 1200
    town.stop()
    assert {row[4] for row in town.readings()} == {"N"}
    (polls,), = town.rows("SELECT count(*) FROM poll")
    assert len(device.requests) - polls in (0, 1)  # nothing was asked twice; one may be under way


@pytest.mark.parametrize("baud", [1200, 9600, 115200])
def test_r10_the_line_is_silent_before_each_request(town, peers, baud):
    """R10: 3.5 characters of 11 bits, 1.75 ms above 19,200 Bd, from the answer's last byte to the
    next request, as the device sees it."""
    heard = []

    def answer(request, honest):
        heard.append(time.monotonic())
        return [(0, honest)]

    path = town.folder + "/line"
    peers.scripted(words, answer, serial=path)
    town.device(path=path, model=blocks(), every="100ms")
    town.links[-1]["baud"] = baud
    town.start()
    town.wait(lambda: len(heard) >= 20, 20, "twenty requests")
    gap = 3.5 * 11 / baud if baud <= 19200 else 0.00175
    between = [later - earlier for earlier, later in zip(heard, heard[1:])]
    assert min(between) >= gap
    assert min(between) < gap + 0.03  # two blocks of a poll follow each other


def collector_fds(town):
    folder = f"/proc/{town.running.pid}/fd"
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(os.path.join(folder, name))
        except FileNotFoundError:
            pass
    return found


def test_r11_r12_an_adapter_pulled_out_is_let_go_and_found_under_another_name(town, peers):
    """R11, R12: pulled out while an answer is awaited."""
    path = town.folder + "/by-id"
    asked = threading.Event()

    def silent_then_gone(request, honest):
        if request.number < 3:
            return [(0, honest)]
        asked.set()
        return []

    first = peers.scripted(lambda r: [7] * r.count, silent_then_gone, serial=path)
    old = os.readlink(path)
    town.device(path=path, every="100ms", timeout="5s")
    town.start()
    town.wait(asked.is_set, 20, "a request that waits")
    second = peers.scripted(lambda r: [8] * r.count, serial=path + ".new")
    assert os.readlink(path + ".new") != old
    peers.made.remove(first)
    begun = time.monotonic()
    first.stop()
    rows = town.wait(lambda: [row for row in town.readings() if row[4] == "B"], 4,
                     "the reading that was under way")
    assert time.monotonic() - begun < 4 and rows[0][5] == "disconnected"
    assert not [one for one in collector_fds(town).values() if one.startswith(old)]
    os.rename(path + ".new", path)
    second.serial = path
    town.wait(lambda: [row for row in town.readings() if row[3] == 8], 10, "the other adapter")


def test_r13_a_rate_there_is_not_is_refused(town):
    """R13: libmodbus takes 9,600 Bd for it without a word."""
    town.device(path=town.folder + "/line")
    town.links[-1]["baud"] = 9601
    answer = town.write().command("check")
    assert answer.returncode == 2 and "9601" in answer.stderr and "devices.conf" in answer.stderr


def test_r14_the_modem_lines_are_left_out_and_nothing_waits_for_them(town, peers):
    """R14: CLOCAL on the port, O_NONBLOCK on each descriptor of it."""
    path = town.folder + "/line"
    device = peers.scripted(lambda r: [7] * r.count, serial=path)
    town.device(path=path, every="100ms")
    town.start()
    town.wait(lambda: good(town), 20, "a reading")
    port = os.readlink(path)
    flags = []
    for fd, name in collector_fds(town).items():
        if name == port:
            with open(f"/proc/{town.running.pid}/fdinfo/{fd}") as about:
                flags.append(int(re.search(r"flags:\s+(\d+)", about.read())[1], 8))
    assert flags and all(one & os.O_NONBLOCK for one in flags)
    control = termios.tcgetattr(device.slave)[2]
    assert control & termios.CLOCAL and control & termios.CREAD
    assert control & termios.CSIZE == termios.CS8 and not control & termios.CRTSCTS


def test_r15_a_driver_that_takes_nothing_holds_up_nobody(town, peers):
    """R15: output stopped in the driver. The other line goes on, and so does this one afterwards."""
    path = town.folder + "/stuck"
    device = peers.scripted(lambda r: [7] * r.count, serial=path)
    town.device(path=path, every="100ms", timeout="300ms")
    peers.scripted(lambda r: [7] * r.count, serial=town.folder + "/well")
    town.device(path=town.folder + "/well", name="well", every="100ms")
    town.start()
    town.wait(lambda: good(town) and good(town, "well"), 20, "readings of both")
    termios.tcflow(device.slave, termios.TCOOFF)
    town.wait(lambda: [row for row in town.readings("yard/probe/cod.c0") if row[4] == "B"], 10,
              "a reading without a value")
    before = len(good(town, "well"))
    town.wait(lambda: len(good(town, "well")) >= before + 5, 5, "the other line")
    termios.tcflow(device.slave, termios.TCOON)
    seen = town.last_poll()
    town.wait(lambda: good(town)[-1][0] > seen, 20, "readings again")


def first_notice(town):
    town.wait(town.last_poll, 20, "a poll")
    return town.wait(lambda: town.ask("status")["notices"], 20, "a notice")[0]["text"]


def test_two_units_with_one_id_are_told(town, peers):
    """Two honest servers on one line, both unit 5."""
    bus = peers.bus(town.folder + "/bus", 2)
    for value, end in zip((100, 200), bus.ends):
        peers.honest({5: {"holding": {0: value, 1: value}}}, end=end)
    town.device(path=bus.path, unit=5, every="200ms", timeout="400ms")
    town.start()
    notice = first_notice(town)
    assert "unit 5" in notice and "two" in notice
    def withheld():
        return [row[0] for row in town.readings() if row[4:] == ("D", "wrong_unit")]

    first = town.wait(withheld, 20, "a reading that is withheld")[0]
    town.wait(lambda: len(withheld()) >= 5, 20, "five of them")
    assert {row[3] for row in town.readings() if row[0] >= first} == {None}
    assert all(town.polls()[seq][2] for seq in withheld()), "the words are kept"


def test_a_device_that_answers_as_another_unit_is_named(town, peers):
    path = town.folder + "/line"
    peers.scripted(lambda r: [7] * r.count,
                   lambda r, h: [(0, rtu(5, h[1:-2]))], serial=path)
    town.device(path=path, unit=1, every="100ms", timeout="100ms")
    town.start()
    notice = first_notice(town)
    assert "answers as unit 5" in notice
    assert {row[4] for row in town.readings()} == {"B"}


def test_rtu_on_a_tcp_link_names_the_right_kind(town, peers):
    """A transparent serial server, and a link that says kind = "tcp"."""
    device = peers.scripted(lambda r: [7] * r.count,
                            lambda r, h: [(0, rtu(r.unit, r.pdu([7] * r.count)))])
    town.device(port=device.port, every="100ms", timeout="200ms")
    town.start()
    notice = first_notice(town)
    assert 'kind = "rtu_tcp"' in notice
