"""The kinds of links with real peers: pymodbus behind socat, and units that dial in."""
from lookback import simple_profile


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
