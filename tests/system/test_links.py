"""The kinds of links with real peers: pymodbus behind socat, and units that dial in."""
from lookback import simple_profile
from waiting import free_port


def good(town, name):
    """Good readings of cod.c0 of a device, as (value, cause)."""
    return [(value, cause) for _, _, _, value, quality, cause in
            town.readings(f"yard/{name}/cod.c0") if quality == "N"]


def bad(town):
    return [row for row in town.readings() if row[4] != "N"]


def behind_a_serial_server(town, peers, units, idle=None):
    """Honest units on one serial line behind a serial server, and a device for each."""
    line = town.folder + "/line"
    peers.honest({unit: {"holding": {0: 100 * unit, 1: 0}} for unit in units}, path=line)
    server = peers.serial_server(line, idle=idle)
    town.links.append({"name": "moxa", "kind": "rtu_tcp", "host": "127.0.0.1",
                       "port": server.port, "timeout": "500ms"})
    for unit in units:
        town.device(link="moxa", unit=unit, name=f"probe{unit}", model=simple_profile(),
                    every="300ms")
    return server


def test_several_units_behind_a_serial_server_are_polled_over_one_connection(town, peers):
    units = (1, 2, 17)
    behind_a_serial_server(town, peers, units)
    town.start()
    town.wait(lambda: all(len(good(town, f"probe{unit}")) >= 3 for unit in units), 30,
              "readings of each unit")
    for unit in units:
        assert set(good(town, f"probe{unit}")) == {(100.0 * unit, "")}
    assert not bad(town)
    status = town.ask("status")
    assert [(link["kind"], link["state"]) for link in status["links"]] == [("rtu_tcp", "up")]


def test_a_serial_server_that_closes_idle_connections_costs_no_reading(town, peers):
    behind_a_serial_server(town, peers, (1,), idle=0.05)
    town.start()
    town.wait(lambda: len(good(town, "probe1")) >= 6, 30, "readings over new connections")
    assert not bad(town)


def test_a_serial_server_that_restarts_is_found_again(town, peers):
    server = behind_a_serial_server(town, peers, (1, 2))
    town.start()
    town.wait(lambda: good(town, "probe1") and good(town, "probe2"), 30, "readings")
    server.stop()
    town.wait(lambda: {row[5] for row in bad(town)} & {"refused", "disconnected"}, 30,
              "a reading without a value")
    before = len(good(town, "probe2"))
    server.start()
    town.wait(lambda: len(good(town, "probe2")) > before, 30, "readings again")
    assert all(row[3] is None for row in bad(town))
    assert {value for value, _ in good(town, "probe2")} == {200.0}


def town_of_dialled(town, ids, **device):
    """A link and a device `probeN` for each id, at one address; nobody has dialled in yet."""
    port = free_port()
    for number, one in enumerate(ids):
        key = "id_hex" if isinstance(one, bytes) else "id"
        town.links.append({"name": f"field{number}", "kind": "dialin", "timeout": "500ms",
                           "listen": f"127.0.0.1:{port}",
                           key: one.hex() if isinstance(one, bytes) else one})
        town.device(link=f"field{number}", unit=1, name=f"probe{number}", model=simple_profile(),
                    **{"every": "300ms", **device})
    town.start()
    town.wait(lambda: {row[5] for row in bad(town)} == {"not_connected"}, 30,
              "readings that say that nobody has dialled in")
    return port


def honest_line(town, peers, name, value):
    line = town.folder + "/" + name
    peers.honest({1: {"holding": {0: value, 1: 0}}}, path=line)
    return line


def test_units_that_dial_in_are_polled_each_by_its_name(town, peers):
    lines = [honest_line(town, peers, "line0", 700), honest_line(town, peers, "line1", 900)]
    port = town_of_dialled(town, ["ZJ-07", b"\x7e\x01\x02"])
    links = town.ask("status")["links"]
    assert [(one["state"], one["next_attempt"]) for one in links] == [("down", None)] * 2
    peers.dial_in(port, b"ZJ-07\r\n", path=lines[0], heartbeat=b"ZJ-07\r\n")
    peers.dial_in(port, b"\x7e\x01\x02", path=lines[1], heartbeat=b"\x01\x03")
    town.wait(lambda: len(good(town, "probe0")) >= 3 and len(good(town, "probe1")) >= 3, 30,
              "readings of both units")
    assert set(good(town, "probe0")) == {(700.0, "")}
    assert set(good(town, "probe1")) == {(900.0, "")}
    assert [one["state"] for one in town.ask("status")["links"]] == ["up", "up"]
    assert {row[5] for row in bad(town)} == {"not_connected"}


def test_a_unit_that_dials_in_again_takes_the_place_of_its_old_connection(town, peers):
    line = honest_line(town, peers, "line", 700)
    port = town_of_dialled(town, ["ZJ-07"])
    old = peers.dial_in(port, b"ZJ-07")
    town.wait(lambda: town.ask("status")["links"][0]["state"] == "up", 30, "the first connection")
    peers.dial_in(port, b"ZJ-07\n", path=line, source="127.0.0.2")
    assert old.is_shut_out()
    town.wait(lambda: len(good(town, "probe0")) >= 2, 30, "readings over the new connection")
    assert set(value for value, _ in good(town, "probe0")) == {700.0}


def test_strangers_are_refused_and_shown_with_the_line_to_write(town, peers):
    port = town_of_dialled(town, ["ZJ-07"], every="5s")
    for registration in (b"ZJ-071\r\n", b"\x7e\x00\x01\x1b[2J", b'a"; id = "ZJ-07\n'):
        assert peers.dial_in(port, registration).is_shut_out()
    assert peers.dial_in(port, b"ZJ-071\r\n").is_shut_out()
    status = town.ask("status")
    strangers = {one["id_hex"]: one for one in status["strangers"]}
    known = strangers[b"ZJ-071".hex()]
    assert (known["id"], known["times"], known["from"]) == ("ZJ-071", 2, "127.0.0.1")
    assert known["listen"] == f"127.0.0.1:{port}" and known["since"] <= known["last"]
    assert strangers["7e00011b5b324a"]["id"] is None
    assert strangers[b'a"; id = "ZJ-07'.hex()]["id"] is None
    assert [one["text"] for one in status["notices"] if one["id"] == "dialin-strangers"]
    words = town.command("status").stdout
    assert 'id = "ZJ-071";' in words and 'id_hex = "7e00011b5b324a";' in words
    assert "\x1b" not in words
    assert status["links"][0]["state"] == "down"


def test_check_says_once_that_anybody_may_dial_in(town):
    for number in range(2):
        town.links.append({"name": f"field{number}", "kind": "dialin", "listen": "0.0.0.0:9100",
                           "id": f"ZJ-{number}"})
    town.links.append({"name": "inside", "kind": "dialin", "listen": "10.8.0.1:9100", "id": "ZJ-0"})
    answer = town.write().command("check")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("anybody may connect") == 1
    assert "anybody may connect to 0.0.0.0:9100 (link field0)" in answer.stdout


def test_the_prober_sends_a_unit_that_dials_in_to_the_collector(town):
    town.device(name="field")
    town.links = [{"name": "link-field", "kind": "dialin", "listen": "127.0.0.1:9100", "id": "ZJ-1"}]
    answer = town.write().command("probe", "link-field", "--scan")
    assert answer.returncode == 2 and "--via-collector" in answer.stderr, answer.stderr


def test_check_says_when_two_names_have_one_unit_id(town):
    town.device(port=502, name="one", unit=7)
    town.device(name="other", unit=8, link="link-one")
    assert "unit 7" not in town.write().command("check").stdout
    town.devices[1]["unit"] = 7
    answer = town.write().command("check")
    assert answer.returncode == 0, answer.stderr
    assert "yard/other and yard/one on link link-one both have unit 7" in answer.stdout
