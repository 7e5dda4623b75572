"""One value, from the register to everyone: store, subscriber, InfluxDB and VictoriaMetrics agree."""
import struct
import time

import pytest

from accounting import all_arrived, stored
from lookback import profile

ORDERS = {"ABCD": (0, 1, 2, 3), "BADC": (1, 0, 3, 2), "CDAB": (2, 3, 0, 1), "DCBA": (3, 2, 1, 0)}
PACKING = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}

# Raw number and what it must become; whole numbers are scaled by 0.01.
STEPS = [
    {"int16": (-2050, -20.5), "uint16": (732, 7.32), "int32": (-70000, -700.0),
     "uint32": (3000000000, 30000000.0), "float32": (20.1, 20.1), "bit": (1, 1.0)},
    {"int16": (-32768, -327.68), "uint16": (65535, 655.35), "int32": (-2147483648, -21474836.48),
     "uint32": (4294967295, 42949672.95), "float32": (-1.5e-7, -1.5e-7), "bit": (0, 0.0)},
    {"int16": (0, 0.0), "uint16": (1, 0.01), "int32": (2147483647, 21474836.47),
     "uint32": (16777217, 167772.17), "float32": (16777216.0, 16777216.0), "bit": (1, 1.0)},
]


def channels():
    """{channel: (area, address, type, order)}: every type in every order, in both register areas,
    and a bit in both bit areas."""
    table, address = {}, {"holding": 10, "input": 300}
    for area in address:
        for kind in PACKING:
            for order in ORDERS:
                table[f"flow.{area[0]}_{kind}_{order.lower()}"] = (area, address[area], kind, order)
                address[area] += 2
    table["flow.c_bit"] = ("coil", 7, "bit", "ABCD")
    table["flow.d_bit"] = ("discrete", 9, "bit", "ABCD")
    return table


def words_of(raw, kind, order):
    """The words a device with this order puts on the wire."""
    if kind == "bit":
        return [raw]
    packed = struct.pack(PACKING[kind], raw)
    if len(packed) == 2:
        if order in ("BADC", "DCBA"):
            packed = packed[::-1]
        return [int.from_bytes(packed, "big")]
    laid = bytes(packed[i] for i in ORDERS[order])
    return [int.from_bytes(laid[:2], "big"), int.from_bytes(laid[2:], "big")]


def every_type():
    return profile("every_type", {
        name: (area, address, kind, {} if kind == "bit" else
               {"word_order": order, **({} if kind == "float32" else {"scale": 0.01})})
        for name, (area, address, kind, order) in channels().items()})


def registers(step):
    areas = {"holding": {}, "input": {}, "coil": {}, "discrete": {}}
    for area, address, kind, order in channels().values():
        for offset, word in enumerate(words_of(step[kind][0], kind, order)):
            areas[area][address + offset] = word
    return areas


@pytest.fixture
def everywhere(town, peers):
    """A town with an honest device by TCP and one by serial line, and all four who listen."""
    line = town.folder + "/ttyA"
    by_tcp = peers.honest({1: registers(STEPS[0])})
    by_line = peers.honest({5: registers(STEPS[0])}, path=line)
    town.device(port=by_tcp.port, unit=1, name="lan", model=every_type(), every="400ms")
    town.device(path=line, unit=5, name="bus", model=every_type(), every="1s", timeout="1s")
    broker, influx, victoria = (peers.mosquitto().start(), peers.influx().start(),
                                peers.victoria().start())
    heard = peers.subscriber(broker.port, "lookback/#")
    town.output("mqtt", broker.url())
    town.output("line", influx.write_url(), name="influx")
    town.output("line", victoria.write_url(), name="victoria")
    town.start()
    return town, ((by_tcp, 1, "lan"), (by_line, 5, "bus")), heard, influx, victoria


def later_poll(town, name, moment):
    """The latest poll that began after a moment: one answered two periods later has."""
    return lambda: max(seq for seq, in [(0,)] + town.rows(
        "SELECT seq FROM poll JOIN device ON device.id = poll.device WHERE name = ? AND time > ?",
        name, moment + 1500))


def test_every_type_in_every_order_is_the_same_number_for_everyone(everywhere):
    town, devices, heard, influx, victoria = everywhere
    for step in STEPS:
        for device, unit, name in devices:
            for area, words in registers(step).items():
                for address, word in words.items():
                    device.put(unit, area, address, [word])
            last = town.wait(later_poll(town, name, round(time.time() * 1000)), 30,
                             f"a poll of {name}")
            readings = stored(town)[last].readings
            for channel, (_, _, kind, _) in channels().items():
                assert readings[channel] == (step[kind][1], "N", ""), (name, channel)
    for output in ("town-mqtt", "influx", "victoria"):
        town.wait_sent(output)
    town.stop()
    assert len(all_arrived(town, heard, influx, victoria)) > 10


def test_a_dead_device_gives_readings_without_a_value_everywhere(town, peers):
    broker, influx = peers.mosquitto().start(), peers.influx().start()
    heard = peers.subscriber(broker.port, "lookback/#")
    device = peers.honest({1: {"holding": {0: 7, 1: 8}}})
    town.device(port=device.port)
    town.output("mqtt", broker.url())
    town.output("line", influx.write_url(), name="influx")
    town.start()
    town.wait(lambda: any(row[4] == "N" for row in town.readings()), 30, "a good reading")
    device.stop()
    town.wait(lambda: town.readings()[-1][4] == "B", 30, "a reading without an answer")
    row = town.readings()[-1]
    assert row[3] is None and row[5] in ("refused", "timeout", "disconnected")
    for output in ("town-mqtt", "influx"):
        town.wait_sent(output)
    assert "yard/probe/cod.c0" in {row[1] for row in town.readings()}
    message = heard.wait(lambda _, payload: b'"B"' in payload)[1]
    assert b'"values":{"cod.c0":null,"cod.c1":null}' in message
    assert any(fields == {"cod.c0_q": 7, "cod.c1_q": 7} for fields in influx.points().values())
