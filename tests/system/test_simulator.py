"""The simulator as a device on the wire, asked by libmodbus and by the collector."""
import json
import os
import signal
import subprocess

import pytest

from devices import program
from lookback import ROOT, conf_text, profile
from waiting import free_port, wait_for


def probe():
    return profile("sim_probe", {
        "ph": ("holding", 0, "uint16", {"scale": 0.01, "valid": (0, 14)}),
        "turbidity": ("holding", 1, "float32", {"valid": (0, 1000), "word_order": "CDAB"}),
        "conductivity": ("input", 7, "int32", {"valid": (0, 5000), "word_order": "ABCD"})},
        states=[{"area": "discrete", "address": 3, "quality": "C"}])


class Simulator:
    def __init__(self, folder, town):
        self.file = os.path.join(folder, "simulated.conf")
        self.profiles = os.path.join(folder, "sim-profiles")
        os.makedirs(self.profiles, exist_ok=True)
        with open(os.path.join(self.profiles, "sim_probe.conf"), "w") as out:
            out.write(conf_text(probe()))
        with open(self.file, "w") as out:
            out.write(conf_text(town))
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def command(self):
        return [program("lookback-simulator"), "--lang", "en", "--profiles", self.profiles,
                "--parameters", os.path.join(ROOT, "config", "parameters.conf"), self.file]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code


def steady(link, unit, **more):
    return {"link": link, "unit": unit, "model": "sim_probe", "values": [
        {"channel": "ph", "base": 7.32}, {"channel": "turbidity", "base": 20.5},
        {"channel": "conductivity", "base": 700}], **more}


@pytest.fixture
def simulated(folder, peers):
    def start(*units, **more):
        port, path = free_port(), str(folder / "ttyA")
        simulator = peers.keep(Simulator(str(folder), {
            "links": [{"name": "lan", "kind": "tcp", "port": port},
                      {"name": "bus", "kind": "serial", "path": path, "baud": 9600}],
            "devices": list(units), **more}))
        return simulator, port, path
    return start


def plain(*words):
    out = subprocess.run([program("plain_libmodbus"), *words], capture_output=True, text=True,
                         timeout=20, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


HOLDING = [732, 0x0000, 0x41A4]


def test_values_stand_in_the_registers_the_profile_names(simulated):
    _, port, path = simulated(steady("lan", 1), steady("bus", 7))
    assert plain("tcp", "127.0.0.1", str(port), "1", "500", "0:3")[0]["words"] == HOLDING
    assert plain("rtu", path, "9600", "7", "500", "0:3")[0]["words"] == HOLDING


def test_a_unit_that_is_not_there_is_silent_on_a_line_and_refused_by_tcp(simulated):
    _, port, path = simulated(steady("lan", 1), steady("bus", 7))
    assert "error" in plain("tcp", "127.0.0.1", str(port), "2", "500", "0:3")[0]
    assert "error" in plain("rtu", path, "9600", "8", "300", "0:3")[0]


def test_a_line_can_be_closed_and_opened_again_and_costs_nothing_meanwhile(simulated):
    simulator, _, path = simulated(steady("bus", 7))
    for _ in range(5):
        assert plain("rtu", path, "9600", "7", "500", "0:3")[0]["words"] == HOLDING
    with open(f"/proc/{simulator.process.pid}/stat") as stat:
        ticks = sum(int(one) for one in stat.read().split()[13:15])
    assert ticks < 50


def test_it_ends_on_sigterm_and_takes_its_paths_away(simulated, peers):
    simulator, _, path = simulated(steady("bus", 7))
    assert os.path.islink(path)
    peers.made.remove(simulator)
    assert simulator.stop() == 0
    assert not os.path.lexists(path)


def test_it_ends_with_who_started_it(simulated, peers):
    simulator, *_ = simulated(steady("bus", 7))
    peers.made.remove(simulator)
    simulator.stop()
    starter = subprocess.Popen(
        ["/usr/bin/python3", "-c", "import subprocess, sys\n"
         "p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
         "p.stdout.readline()\nprint(p.pid, flush=True)\nsys.stdin.readline()",
         *simulator.command()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdin.close()
    starter.stdout.close()

    def is_gone():
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True
    wait_for(is_gone, 10, "the simulator to end")


def test_a_path_that_is_something_else_is_left_alone(simulated, folder):
    (folder / "ttyA").write_text("minutes of the meeting")
    with pytest.raises(AssertionError):
        simulated(steady("bus", 7))
    assert (folder / "ttyA").read_text() == "minutes of the meeting"


def test_an_exceedance_comes_and_goes_and_a_state_is_a_quality(simulated, town):
    _, port, path = simulated(
        {"link": "lan", "unit": 1, "model": "sim_probe",
         "values": [{"channel": "ph", "base": 7.0,
                     "exceed": {"to": 9.5, "every": "4s", "lasts": "2s"}}],
         "states": [{"quality": "C", "every": "3s", "lasts": "1s"}]},
        steady("bus", 7))
    town.device(port=port, unit=1, name="lan", model=probe(), every="200ms", simulated=True)
    town.device(path=path, unit=7, name="bus", model=probe(), every="200ms", simulated=True)
    town.rules = [{"name": "ph-high", "points": ["yard/lan/ph"], "above": 9.0}]
    town.start()
    town.wait(lambda: {row[3] for row in town.readings("yard/lan/ph")} == {7.0, 9.5}, 20,
              "both values")
    town.wait(lambda: {row[4] for row in town.readings("yard/lan/ph")} == {"N", "C"}, 20,
              "both qualities")
    bus = town.wait(lambda: [row for row in town.readings("yard/bus/conductivity")], 20, "the bus")
    assert {row[3] for row in bus} == {700.0}
    problem = town.wait(lambda: town.ask("problems")["problems"], 20, "a problem")[0]
    assert problem["simulated"] is True


@pytest.mark.parametrize("words", [("lan", "nowhere"), ('unit = 1', 'unit = 999'),
                                   ('"ph"', '"phh"'), ("sim_probe", "no_such")])
def test_a_wrong_file_is_named_with_its_line(simulated, words):
    simulator, *_ = simulated(steady("lan", 1))
    with open(simulator.file) as file:
        text = file.read()
    with open(simulator.file, "w") as file:
        file.write(text.replace(*words, 1))
    answer = subprocess.run(simulator.command(), capture_output=True, text=True, timeout=20)
    assert answer.returncode == 2 and ".conf:" in answer.stderr


def test_a_unit_that_dials_in_and_a_serial_server_are_played_too(town, folder, peers):
    server, door = free_port(), free_port()
    peers.keep(Simulator(str(folder), {
        "links": [{"name": "moxa", "kind": "rtu_tcp", "port": server},
                  {"name": "field", "kind": "dialin", "host": "127.0.0.1", "port": door,
                   "id": "ZJ-07", "heartbeat": "100ms"}],
        "devices": [steady("moxa", 1), steady("moxa", 2), steady("field", 1)]}))
    town.links += [{"name": "moxa", "kind": "rtu_tcp", "host": "127.0.0.1", "port": server},
                   {"name": "field", "kind": "dialin", "listen": f"127.0.0.1:{door}",
                    "id": "ZJ-07"}]
    for name, link, unit in (("one", "moxa", 1), ("two", "moxa", 2), ("far", "field", 1)):
        town.device(link=link, unit=unit, name=name, model=probe(), every="300ms")
    town.start()
    for name in ("one", "two", "far"):
        town.wait(lambda: sum(row[4] == "N" and row[3] == 7.32
                              for row in town.readings(f"yard/{name}/ph")) >= 3, 30,
                  f"good readings of {name}")
    assert {row[5] for row in town.readings() if row[4] != "N"} <= {"not_connected"}
