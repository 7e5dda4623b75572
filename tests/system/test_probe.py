"""Commissioning: `lookback probe` beside real Modbus devices, on a serial line and over TCP."""
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess

import pytest

from lookback import BINARY
from waiting import free_port, wait_for, wait_for_port


def probe(*words, seconds=60, code=0):
    """Runs the command without settings of any kind: a CompletedProcess."""
    done = subprocess.run([BINARY, "probe", *words, "--lang", "en", "-c", "/nonexistent"],
                          capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def asked(*words, **more):
    return json.loads(probe(*words, "--json", **more).stdout)


def float_words(value, order="ABCD"):
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return {"ABCD": (high, low), "CDAB": (low, high)}[order]


def act(town, name, args):
    """The last line the acts socket answers."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(os.path.join(town.store, "lookback.sock"))
        peer.sendall(json.dumps({"act": name, "args": args}).encode() + b"\n")
        lines = peer.makefile().readlines()
    return json.loads(lines[-1])


@pytest.fixture
def port(folder):
    return os.path.join(str(folder), "port")


def test_the_value_of_the_display_is_found_as_a_swapped_float_at_an_odd_address(peers, port):
    low, high = float_words(7.32, "CDAB")
    peers.honest({3: {"holding": {0: 11, 1: 205, 4: 0, 5: low, 6: high, 7: 1}}}, path=port)

    answer = asked(port, "--unit", "3", "--read", "holding:0:8", "--expect", "7.32,20.5")["units"][0]

    best = {}
    for match in answer["matches"]:
        best.setdefault(match["expect"], match)
    assert (best["7.32"]["address"], best["7.32"]["type"], best["7.32"]["word_order"]) == (
        5, "float32", "CDAB")
    assert (best["20.5"]["address"], best["20.5"]["type"], best["20.5"]["scale_exponent"]) == (
        1, "uint16", -1)
    registers = {one["address"]: one for one in answer["registers"]}
    assert registers[5]["manual"] == "40006" and registers[5]["word"] == low
    assert registers[2]["word"] is None and registers[2]["cause"] == "exception_2"
    shown = probe(port, "--unit", "3", "--read", "40006:2", "--expect", "7.32").stdout
    assert "float32 CDAB" in shown and "40006" in shown


def test_nothing_is_concluded_from_a_nought_or_a_one(peers):
    device = peers.honest({1: {"holding": {0: 0, 1: 1, 2: 100, 3: 10}}}, port=free_port())
    where = f"127.0.0.1:{device.port}"

    for value in ("0", "1", "1.00", "0.0"):
        answer = asked(where, "--read", "holding:0:4", "--expect", value)
        assert answer["answered"] and answer["units"][0]["matches"] == []
    assert "nothing follows" in probe(where, "--read", "holding:0:4", "--expect", "1").stdout


def test_what_does_not_answer_is_no_and_what_is_not_there_could_not_be_done(peers, port):
    peers.honest({3: {"holding": {0: 11}}}, path=port)
    silent = probe(port, "--unit", "4", "--read", "holding:0:2", "--timeout", "50ms", code=1)
    assert "A and B swapped" in silent.stderr and "--scan" in silent.stderr

    absent = probe("/dev/tty-not-here", "--read", "holding:0:2", code=3)
    assert "is not there" in absent.stderr
    closed = probe(f"127.0.0.1:{free_port()}", "--read", "holding:0:2", code=3)
    assert "failed" in closed.stderr
    for wrong in (("nowhere", "--read", "holding:0:2"), (port, "--read", "holdings:0:2"),
                  (port, "--read", "holding:0:0"), (port, "--read", "50001:2"),
                  (port, "--read", "holding:65535:2"), (port, "--unit", "256", "--read", "40001"),
                  (port, "--read", "40001", "--expect", "warm"),
                  (port, "--read", "40001", "--baud", "9601")):
        probe(*wrong, code=2)


def test_a_broadcast_is_no_unit_of_a_serial_line(peers, port):
    peers.honest({1: {"holding": {0: 11}}}, path=port)
    assert "broadcast" in probe(port, "--unit", "0", "--read", "40001", code=2).stderr


def test_what_a_chinese_keyboard_writes_is_understood(peers, port):
    low, high = float_words(7.32, "CDAB")
    peers.honest({3: {"holding": {0: 11, 1: 205, 5: low, 6: high}}}, path=port)

    for read, expect in (("holding：０：8", "ph＝7.32，water_temperature＝20.5"),
                         ("４０００1：8", "7.32、20.5")):
        unit, = asked(port, "--unit", "３", "--read", read, "--expect", expect)["units"]
        assert {match["expect"] for match in unit["matches"]} == {"7.32", "20.5"}
    for wrong in ("40001。8", "4" * 600):
        probe(port, "--unit", "3", "--read", wrong, code=2)


def test_long_stretches_of_nought_are_told_once_and_no_half_of_a_number_among_them(peers, port):
    words = {address: 0 for address in range(16)}
    words[10] = 0x40EA      # 0x40EA0000 is 7.3125, high word first, from 10; low word first, from 9
    peers.honest({3: {"holding": words}}, path=port)

    rows = [line.split() for line in
            probe(port, "--unit", "3", "--read", "holding:0:16").stdout.splitlines()]

    assert [row[1] for row in rows if row[0] == "holding"] == ["0–8", "9", "10", "11–15"]
    marked = probe(port, "--unit", "3", "--read", "holding:0:16", "--expect", "7.31").stdout
    assert "holding 9 *" in marked and "holding 10 *" in marked
    registers = asked(port, "--unit", "3", "--read", "holding:0:16")["units"][0]["registers"]
    assert [one["word"] for one in registers] == list(words.values())


def test_only_the_units_that_are_named_are_searched(peers):
    seen = set()

    def script(request, honest):
        seen.add(request.unit)
        return [(0, honest)] if request.unit in (1, 7) else []

    device = peers.scripted(lambda request: [11] * request.count, script)
    where = f"127.0.0.1:{device.port}"

    answer = asked(where, "--units", "6-8", "--timeout", "150ms", "--read", "40001")
    assert [one["unit"] for one in answer["units"]] == [7] and seen == {6, 7, 8}
    shown = probe(where, "--units", "6-8", "--timeout", "150ms", "--read", "40001").stdout
    assert "1 units found" in shown and "--unit 17 --scan" in shown


def test_a_scan_finds_the_units_whose_ids_nobody_knows(peers, port):
    peers.honest({3: {"holding": {0: 11}}, 17: {"input": {0: 5}}}, path=port)

    answer = asked(port, "--scan", "--units", "1-20", "--baud", "9600", "--timeout", "150ms",
                   "--read", "holding:0:1")

    assert [one["unit"] for one in answer["units"]] == [3, 17]
    assert all(one["line"] == "9600 8N1" for one in answer["units"])
    assert asked(port, "--scan", "--units", "4-9", "--timeout", "20ms", "--baud", "9600",
                 code=1)["units"] == []


def test_a_device_that_answers_as_anybody_is_one_device(peers):
    device = peers.scripted(lambda request: [7] * request.count)

    answer = asked(f"127.0.0.1:{device.port}", "--scan")

    assert answer["ignores_units"] and [one["unit"] for one in answer["units"]] == [1]


def test_a_gateways_word_that_nobody_is_there_is_no_unit(peers):
    def script(request, honest):
        if request.unit == 9:
            return [(0, honest)]
        pdu = bytes((request.function | 0x80, 11))
        return [(0, honest[:4] + b"\x00\x03" + bytes((request.unit,)) + pdu)]

    device = peers.scripted(lambda request: [7] * request.count, script)

    answer = asked(f"127.0.0.1:{device.port}", "--scan")

    assert [one["unit"] for one in answer["units"]] == [9]


def test_a_port_in_use_is_refused_by_name_and_its_collector_asks_between_its_polls(town, peers,
                                                                                     port):
    peers.honest({3: {"holding": {0: 11, 1: 12}}, 17: {"input": {5: 500}, "holding": {0: 9}}},
                 path=port)
    town.device(path=port, unit=3, every="1s", timeout="250ms").start()
    wait_for(lambda: town.readings("yard/probe/cod.c0"), what="a first reading")

    held = probe(port, "--unit", "17", "--read", "holding:0:1", code=3).stderr
    assert "zj-01" in held and "lookback" in held and "--via-collector" in held

    def via(*words):
        return town.ask("probe", "link-probe", *words, "--via-collector")["units"]

    one = via("--unit", "17", "--read", "input:5:2")[0]
    assert [row["word"] for row in one["registers"]] == [500, None]
    assert one["registers"][1]["cause"] == "exception_2"
    found = via("--scan", "--units", "1-18", "--timeout", "120ms")
    assert [unit["unit"] for unit in found] == [3, 17]
    said = town.command("probe", "link-probe", "--scan", "--units", "17", "--timeout", "150ms",
                        "--via-collector").stdout
    assert "--expect ph=7.32,water_temperature=20.4 --write --via-collector" in said

    values = {(value, letter) for _, _, _, value, letter, _ in town.readings("yard/probe/cod.c0")}
    assert values == {(11.0, "N")}
    assert town.ask("status")["devices"][0]["skipped"] == 0
    acts = [json.loads(row[0]) for row in
            town.rows("SELECT arguments FROM event WHERE kind = 'link.probe' ORDER BY seq")]
    assert acts[0]["link"] == "link-probe" and acts[0]["units"] == [17] and acts[0]["by"]
    assert (acts[0]["reads"], acts[0]["answered"]) == (
        [{"area": "input", "address": 5, "count": 2}], 1)


def test_what_the_collector_cannot_be_asked_is_refused(town, peers, port):
    town.device(path=port, unit=3, every="500ms", timeout="250ms").write()
    nobody = town.command("probe", "link-probe", "--read", "holding:0:1", "--via-collector")
    assert nobody.returncode == 3 and "no collector" in nobody.stderr

    peers.honest({3: {"holding": {0: 11, 1: 12}}}, path=port)
    town.start()
    wait_for(lambda: town.readings("yard/probe/cod.c0"), what="a first reading")
    strange = town.command("probe", "/dev/ttyS99", "--read", "holding:0:1", "--via-collector")
    assert strange.returncode == 2
    for args in ({"link": "nowhere", "unit": 1, "reads": [{"area": "holding", "address": 0,
                                                            "count": 1}]},
                 {"link": "link-probe", "unit": 0, "reads": [{"area": "holding", "address": 0,
                                                               "count": 1}]},
                 {"link": "link-probe", "unit": 3, "reads": [{"area": "holding", "address": 0,
                                                               "count": 126}]},
                 {"link": "link-probe", "unit": 3, "reads": [{"area": "file", "address": 0,
                                                               "count": 1}]},
                 {"link": "link-probe", "unit": 3, "reads": []},
                 {"link": "link-probe", "reads": "all"}, {}):
        answer = act(town, "link.probe", args)
        assert answer["error"]["kind"] in ("wrong_use", "not_found"), args
    assert town.rows("SELECT count(*) FROM event WHERE kind = 'link.probe'") == [(0,)]


def run_lookback(*words, code=0, seconds=30):
    done = subprocess.run([BINARY, *words, "--lang", "en"], capture_output=True, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def test_what_a_probe_writes_is_checked_polled_and_stores_the_very_value(peers, port, folder):
    low, high = float_words(7.32, "CDAB")
    peers.honest({9: {"holding": {0: 11, 1: 205, 5: low, 6: high}}}, path=port)
    fresh = os.path.join(str(folder), "fresh")

    told = run_lookback("probe", port, "--unit", "9", "--read", "holding:0:8", "--expect",
                        "ph=7.32,water_temperature=20.5", "--write", "-c", fresh).stdout

    assert "next: lookback check" in told.replace(BINARY, "lookback")
    with open(os.path.join(fresh, "profiles", "my_probe_9.conf")) as made:
        profile = made.read()
    assert "address = 5" in profile and '"CDAB"' in profile and "scale = 0.1" in profile
    run_lookback("check", "-c", fresh)
    collector = subprocess.Popen([BINARY, "run", "-c", fresh], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    try:
        def stored(channel):
            words = ("readings", "--point", f"my-site/unit9/{channel}", "--json", "-c", fresh)
            done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=20)
            rows = json.loads(done.stdout)["readings"] if done.returncode == 0 else []
            return [(row["value"], row["quality"]) for row in rows]

        wait_for(lambda: stored("ph"), what="a stored reading")
        assert stored("ph")[0] == (7.32, "N")
        assert stored("water_temperature")[0] == (20.5, "N")
    finally:
        collector.terminate()
        collector.wait(20)


def test_without_a_parameter_the_check_names_what_is_left_to_fill_in(peers, port, folder):
    low, high = float_words(7.32, "CDAB")
    peers.honest({9: {"holding": {5: low, 6: high}}}, path=port)
    fresh = os.path.join(str(folder), "fresh")

    run_lookback("probe", port, "--unit", "9", "--read", "holding:0:8", "--expect", "7.32",
                 "--write", "-c", fresh)

    faults = json.loads(run_lookback("check", "--json", "-c", fresh, code=2).stdout)["faults"]
    assert faults and all("my_probe_9.conf" in fault["where"] for fault in faults), faults
    assert {"parameter", "valid"} & set(" ".join(fault["text"] for fault in faults).split(": "))
    written = run_lookback("probe", port, "--unit", "9", "--read", "holding:0:8", "--expect",
                           "ph=7.32", "--write", "-c", fresh).stdout
    assert written.count("was left") >= 1


def test_a_known_model_is_recognised_by_its_registers(folder, town):
    port = free_port()
    played = os.path.join(str(folder), "played.conf")
    with open(played, "w") as out:
        out.write('seed = 7;\nlinks = ( { name = "a"; kind = "tcp"; port = %d; } );\n'
                  'devices = ( { link = "a"; unit = 4; model = "yosemitech_y4000"; } );\n' % port)
    simulator = subprocess.Popen([BINARY, "simulate", played], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        unit = asked(f"127.0.0.1:{port}", "--unit", "4", "--timeout", "400ms")["units"][0]
    finally:
        simulator.terminate()
        simulator.wait(20)
    best = unit["candidates"][0]
    assert best["model"] == "yosemitech_y4000" and best["in_range"] == best["channels"] == 7
    assert unit["model"] == "yosemitech_y4000" and 0 <= best["values"]["ph"] <= 14


@pytest.mark.parametrize("dir, beside", [("/nonexistent", True), ("/etc/nonexistent", False)])
def test_what_is_written_for_the_service_names_no_store_beside_it(peers, dir, beside):
    """There the service may not write: it has its own place, where nothing is said."""
    low, high = float_words(7.32, "CDAB")
    device = peers.honest({9: {"holding": {5: low, 6: high}}})
    told = run_lookback("probe", f"127.0.0.1:{device.port}", "--unit", "9", "--read", "holding:0:8", "--expect", "ph=7.32",
                        "--json", "-c", dir).stdout
    (text,) = [file["text"] for file in json.loads(told)["files"] if file["name"] == "collector.conf"]
    assert ("store" in text) == beside and "my-gateway" in text


def test_a_value_beyond_the_span_is_not_in_range_whatever_else_is_wrong(peers):
    """The state of the Y550 is no good either, and its cause the one that stands beside the value."""
    def swapped(value):
        return struct.unpack(">HH", struct.pack("<f", value))
    registers = {**dict(enumerate(swapped(8.5), 0x1200)),
                 **dict(enumerate((*swapped(20.5), *swapped(621816640.0), 0x0100), 0x2600))}
    device = peers.honest({4: {"holding": registers}})
    unit = asked(f"127.0.0.1:{device.port}", "--unit", "4", "--timeout", "400ms")["units"][0]
    found = [one for one in unit["candidates"] if one["model"] == "yosemitech_y550"]
    assert all((one["readable"], one["in_range"]) == (3, 2) for one in found), unit
    registers.update(enumerate(swapped(24.75), 0x2602))
    device = peers.honest({4: {"holding": registers}})
    unit = asked(f"127.0.0.1:{device.port}", "--unit", "4", "--timeout", "400ms")["units"][0]
    assert [one["in_range"] for one in unit["candidates"] if one["model"] == "yosemitech_y550"] == [3], unit


def test_an_interrupted_search_gives_what_it_found(peers, port):
    device = peers.scripted(lambda request: [11] * request.count,
                            lambda request, honest: [(0, honest)] if request.unit == 1 else [],
                            serial=port)
    search = subprocess.Popen([BINARY, "probe", port, "--scan", "--baud", "9600", "--timeout",
                               "60s", "--json", "--lang", "en", "-c", "/nonexistent"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: any(one.unit != 1 for one in device.requests), what="a second unit asked")
    search.send_signal(signal.SIGINT)
    out, err = search.communicate(timeout=20)
    assert search.returncode == 0, err
    answer = json.loads(out)
    assert answer["interrupted"] and [one["unit"] for one in answer["units"]] == [1]


def test_bytes_that_make_no_sense_are_said_to_be_the_line_settings(peers, port):
    peers.scripted(lambda request: [0] * request.count,
                   lambda request, honest: [(0, b"\xfe\x80\xf8\x00\xe6\x06\xff")], serial=port)

    garbled = probe(port, "--read", "holding:0:8", "--timeout", "60ms", code=1).stderr

    assert "line settings" in garbled or "baud" in garbled
    assert "--scan" in garbled


def test_a_port_another_program_has_locked_is_refused_with_its_name(peers, port):
    peers.honest({3: {"holding": {0: 11}}}, path=port)
    with open(port, "rb+", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        held = probe(port, "--unit", "3", "--read", "holding:0:1", code=3).stderr
    assert f"(process {os.getpid()})" in held
    assert asked(port, "--unit", "3", "--read", "holding:0:1")["answered"]
