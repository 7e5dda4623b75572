"""What every system test may ask for: a town, and real peers that end with the test."""
import os

import pytest

from devices import Bus, DialIn, Fleet, Honest, Scripted, SerialServer
from liar import Liar
from lookback import Town
from servers import Authority, Gate, Influx, Mosquitto, Prometheus, Subscriber, Victoria


class Peers:
    """Makes peers and ends them all, the newest first, whatever the test did."""

    def __init__(self, folder):
        self.folder = folder
        self.made = []

    def keep(self, peer):
        self.made.append(peer)
        return peer

    def mosquitto(self, **more):
        return self.keep(Mosquitto(self.folder, **more))

    def gate(self, target):
        return self.keep(Gate(self.folder, target))

    def influx(self):
        return self.keep(Influx(self.folder))

    def victoria(self, *more):
        return self.keep(Victoria(self.folder, *more))

    def prometheus(self, page_port, token_file):
        return self.keep(Prometheus(self.folder, page_port, token_file))

    def authority(self, name):
        return Authority(self.folder, name)

    def subscriber(self, port, *words, **more):
        return self.keep(Subscriber(port, *words, **more)).wait_ready()

    def honest(self, units, **more):
        return self.keep(Honest(units, **more))

    def scripted(self, words, script=None, **more):
        return self.keep(Scripted(words, script, **more))

    def bus(self, path, count):
        return self.keep(Bus(path, count))

    def dial_in(self, port, registration, **more):
        return self.keep(DialIn(port, registration, **more))

    def serial_server(self, path, **more):
        return self.keep(SerialServer(path, **more))

    def liar(self, *options, **more):
        return self.keep(Liar(*options, **more))

    def fleet(self, *options):
        return self.keep(Fleet(*options))

    def end(self):
        for peer in reversed(self.made):
            (getattr(peer, "close", None) or peer.stop)()


@pytest.fixture
def folder(tmp_path):
    """A folder that servers which drop their rights can reach too."""
    at = tmp_path
    while str(at) != "/tmp" and at != at.parent and os.stat(at).st_uid == os.getuid():
        os.chmod(at, os.stat(at).st_mode | 0o055)
        at = at.parent
    return tmp_path


@pytest.fixture
def peers(folder):
    made = Peers(folder)
    yield made
    made.end()


@pytest.fixture
def town(folder, peers):
    """Ends before its peers do, and must end well."""
    made = Town(folder)
    yield made
    made.stop()


def log_of_failure(item, call):
    """A collector's log stands beside the failure it explains."""
    town = getattr(item, "funcargs", {}).get("town")
    if call.when == "call" and call.excinfo is not None and town is not None:
        if os.path.exists(town.log_path):
            item.add_report_section("call", "collector's log", town.log()[-8000:])
