"""Who answers (T23, T24): a device is asked for its identity registers, and one that is not the one it
should be gives no value, whatever its other registers say."""
import json

from devices import Scripted, mbap
from lookback import Town, profile
from waiting import wait_for

MODEL, SERIAL, FIRMWARE = 100, 101, 103


def identified(model="known", expect="12", **more):
    items = [{"name": "model", "area": "holding", "address": MODEL, "type": "uint16",
              **({"expect": expect} if expect else {})},
             {"name": "serial_number", "area": "holding", "address": SERIAL, "type": "uint32"},
             {"name": "firmware", "area": "holding", "address": FIRMWARE, "type": "string",
              "words": 2}]
    return profile(model, {"cod.a": ("holding", 0, "uint16", {})}, identity=items, **more)


class Probe:
    """An instrument on a port of its own that is rebooted, or taken away for another."""

    def __init__(self):
        self.words, self.device, self.port = {}, None, 0

    def is_now(self, value, serial, model=12, firmware="V1.0", refuses=(), silent=()):
        if self.device:
            self.device.stop()
        text = firmware.encode().ljust(4, b"\0")
        self.words = {0: value, MODEL: model, SERIAL: serial >> 16, SERIAL + 1: serial & 0xFFFF,
                      FIRMWARE: int.from_bytes(text[:2], "big"),
                      FIRMWARE + 1: int.from_bytes(text[2:], "big")}

        def script(request, honest):
            if request.address in silent:
                return []
            if request.address in refuses:
                return [(0, mbap(request, bytes((request.function | 0x80, 2))))]
            return [(0, honest)]

        self.device = Scripted(lambda r: [self.words.get(r.address + i, 0) for i in range(r.count)],
                               script, port=self.port)
        self.port = self.device.port
        return self

    def asked(self, address):
        return sum(r.address == address for r in self.device.requests)

    def stop(self):
        self.device.stop()


def good(town, value):
    """How many good readings there are of it."""
    return sum(one[3:5] == (value, "N") for one in town.readings())


def wait_good(town, value):
    before = good(town, value)
    wait_for(lambda: good(town, value) > before, 15, f"a good {value}")


def withheld(town):
    return sum(one[3:] == (None, "D", "identity_changed") for one in town.readings())


def wait_withheld(town):
    before = withheld(town)
    wait_for(lambda: withheld(town) > before, 15, "a withheld value")


def events(town):
    return [json.loads(row[0]) for row in
            town.rows("SELECT arguments FROM event WHERE kind = 'device.identity' ORDER BY seq")]


def remembered(town):
    return town.rows("SELECT text FROM identity")


def notices(town):
    return [one["text"] for one in town.ask("status")["notices"]
            if one["id"].startswith("identity")]


def test_a_changed_instrument_gives_no_value_until_a_person_accepts_it(tmp_path):
    probe = Probe().is_now(11, serial=7)
    town = Town(tmp_path).device(port=probe.port, model=identified(), every="100ms").start()
    wait_good(town, 11)
    wait_for(lambda: remembered(town) == [("model=12; serial_number=7; firmware=V1.0",)], 15,
             "who it is to be remembered")
    assert events(town) == [{"device": "yard/probe", "was": "",
                             "is": "model=12; serial_number=7; firmware=V1.0", "withheld": False}]

    probe.is_now(22, serial=8)  # the same model, another instrument: as T23 and a swapped cable
    wait_withheld(town)
    wait_for(lambda: len(events(town)) == 2, 15, "the event")
    assert events(town)[1]["was"] == "model=12; serial_number=7; firmware=V1.0"
    assert events(town)[1]["is"] == "model=12; serial_number=8; firmware=V1.0"
    assert events(town)[1]["withheld"] is True
    status = town.ask("status")
    assert status["devices"][0]["state"] == "changed" and status["devices"][0]["since"]
    told = notices(town)
    assert len(told) == 1 and "serial_number=7" in told[0] and "serial_number=8" in told[0]
    assert 'serial_number = "8";' in told[0] and "devices.conf" in told[0] and "since" in told[0]

    probe.is_now(12, serial=7)  # the right one is back
    wait_good(town, 12)
    wait_for(lambda: not notices(town), 15, "the notice to end")
    town.stop()
    assert good(town, 22) == 0

    probe.is_now(22, serial=8)  # swapped while nobody looked
    town.start()
    wait_withheld(town)
    town.stop()
    assert good(town, 22) == 0
    assert remembered(town) == [("model=12; serial_number=7; firmware=V1.0",)]

    town.devices[0]["serial_number"] = "008"  # as it stands on the plate
    town.start()
    wait_good(town, 22)
    wait_for(lambda: remembered(town) == [("model=12; serial_number=8; firmware=V1.0",)], 15,
             "the new one to be remembered")
    last = events(town)[-1]
    assert last["withheld"] is False and last["was"].startswith("model=12; serial_number=7")
    town.stop()

    probe.is_now(33, serial=7)  # what the settings say holds, whatever was remembered once
    town.start()
    wait_withheld(town)
    town.stop()
    probe.stop()
    assert good(town, 33) == 0
    raw = town.rows("SELECT raw FROM poll ORDER BY seq DESC LIMIT 1")[0][0]
    assert raw[-2:] == b"\x00\x21", "the words of what is withheld are kept"
    assert town.command("decode").returncode == 0
    assert town.command("seals", "verify").returncode == 0
    assert town.command("replay").returncode == 0


def test_changed_firmware_is_accepted_by_the_whole_identity(tmp_path):
    probe = Probe().is_now(11, serial=7)
    town = Town(tmp_path).device(port=probe.port, model=identified(), every="100ms").start()
    wait_good(town, 11)
    probe.is_now(22, serial=7, firmware="V2.0")
    wait_withheld(town)
    told = wait_for(lambda: notices(town), 15, "the notice")[0]
    town.stop()
    setting = told.split('identity = "')[1].split('"')[0]
    assert setting == "model=12; serial_number=7; firmware=V2.0"
    town.devices[0]["identity"] = setting
    town.start()
    wait_good(town, 22)
    town.stop()
    probe.stop()


def test_another_model_gives_no_value_from_the_first_poll_on(tmp_path):
    probe = Probe().is_now(11, serial=7, model=13)
    town = Town(tmp_path).device(port=probe.port, model=identified(), every="100ms").start()
    wait_withheld(town)
    told = wait_for(lambda: notices(town), 15, "the notice")
    town.stop()
    probe.stop()
    assert good(town, 11) == 0 and remembered(town) == []
    assert len(told) == 1 and "model=12" in told[0] and "model=13" in told[0]


def test_an_identity_that_cannot_be_read_is_no_change(tmp_path):
    probe = Probe().is_now(11, serial=7, refuses=(MODEL,))
    town = Town(tmp_path).device(port=probe.port, model=identified(), every="100ms",
                                 timeout="300ms").start()
    wait_good(town, 11)
    wait_for(lambda: "model is not confirmed" in town.log(), 15, "the log line")
    asked = probe.asked(MODEL)
    wait_good(town, 11)
    assert probe.asked(MODEL) == asked == 3, "three times, and then once an hour"
    assert town.log().count("model is not confirmed") == 1
    assert remembered(town) == [("serial_number=7; firmware=V1.0",)], "what can be read is a guard"

    probe.is_now(22, serial=7, silent=(SERIAL,))
    wait_good(town, 22)
    probe.is_now(33, serial=8, refuses=(MODEL,))
    wait_withheld(town)
    town.stop()
    probe.stop()
    assert good(town, 33) == 0 and town.ask("status")["state"]


def test_an_identity_in_the_settings_that_nobody_could_compare_is_refused(tmp_path):
    town = Town(tmp_path).device(port=1, model=identified(), identity="serial=7").write()
    refused = town.command("check")
    assert refused.returncode == 2
    assert "devices.conf:" in refused.stderr + refused.stdout
    assert "identity:" in refused.stderr + refused.stdout
