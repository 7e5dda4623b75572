"""Modbus devices of the tests: an honest one served by pymodbus, and one that lies by a script.

The honest one shares no code with us. The scripted one is a few bytes of protocol of its own, so
that it can be wrong in exactly one way at a time.
"""
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty

from waiting import free_port, port_listens, wait_for, wait_for_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Honest:
    """A pymodbus server in a process of its own. `units`: {unit: {"holding": {address: word}, …}}
    with the areas holding, input, coil, discrete. `path`: serve RTU on a pseudo terminal that is
    reached by this path; `end`: RTU on this end of a Bus; else TCP on `port`."""

    def __init__(self, units, path=None, port=None, end=None):
        self.path, self.line = path, None
        self.port = None if path or end else port or free_port()
        where = end or self.port
        if path:
            far = path + ".far"
            self.line = subprocess.Popen(["socat", f"pty,raw,echo=0,link={path}",
                                          f"pty,raw,echo=0,link={far}"])
            wait_for(lambda: os.path.exists(path) and os.path.exists(far), 10, "a pty pair")
            where = far
        self.process = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(HERE, "honest_device.py"), str(where)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say({"units": units})
        if self.port:
            wait_for_port(self.port)

    def _say(self, words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def put(self, unit, area, address, words):
        """From when this returns, reads answer these words."""
        self._say({"unit": unit, "area": area, "address": address, "words": list(words)})

    def stop(self):
        for process in (self.process, self.line):
            if process is not None:
                process.kill()
                process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Bus:
    """A line that several devices share, reached by `path`: each of `ends` hears what the collector
    says, and the collector hears them all, in the order they speak."""

    def __init__(self, path, count):
        self.path = path
        self.stopping = threading.Event()
        self.pairs = [pty.openpty() for _ in range(count + 1)]
        for master, slave in self.pairs:
            tty.setraw(slave)
        os.symlink(os.ttyname(self.pairs[0][1]), path)
        self.ends = [os.ttyname(slave) for _, slave in self.pairs[1:]]
        self.thread = threading.Thread(target=self._relay, daemon=True)
        self.thread.start()

    def _relay(self):
        collector, *devices = [master for master, _ in self.pairs]
        while not self.stopping.is_set():
            for one in select.select([collector, *devices], [], [], 0.1)[0]:
                heard = os.read(one, 1024)
                for other in devices if one == collector else [collector]:
                    os.write(other, heard)

    def stop(self):
        self.stopping.set()
        self.thread.join(5)
        for pair in self.pairs:
            for one in pair:
                os.close(one)
        os.unlink(self.path)


class SerialServer:
    """A transparent serial server: socat between a TCP port and a serial line. `idle` closes a
    connection on which nothing was said for so many seconds, as such servers do."""

    def __init__(self, path, idle=None, port=None):
        self.port, self.path, self.idle = port or free_port(), path, idle
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["socat", *(["-T", str(self.idle)] if self.idle else []),
             f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr,fork", f"{self.path},raw,echo=0"],
            start_new_session=True)
        wait_for(lambda: port_listens(self.port), 10, "a serial server")
        return self

    def stop(self):
        """With all its connections."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class DialIn:
    """A 4G unit: dials in to a port here, says its registration, and passes bytes between the
    connection and a serial line (the `path` of an Honest), with `heartbeat` before and after each
    answer. Without a path it says its registration and nothing more."""

    def __init__(self, port, registration, path=None, heartbeat=b"", source="127.0.0.1"):
        self.stopping = threading.Event()
        self.heartbeat = heartbeat
        self.line = os.open(path, os.O_RDWR | os.O_NOCTTY) if path else None
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=10,
                                                   source_address=(source, 0))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if registration:
            self.connection.sendall(registration)
        self.thread = threading.Thread(target=self._pass, daemon=True) if path else None
        if self.thread:
            self.thread.start()

    def _pass(self):
        while not self.stopping.is_set():
            for ready in select.select([self.connection, self.line], [], [], 0.05)[0]:
                try:
                    if ready is self.connection:
                        more = self.connection.recv(1024)
                        if not more:
                            return
                        os.write(self.line, more)
                    else:
                        self.connection.sendall(self.heartbeat + os.read(self.line, 1024)
                                                + self.heartbeat)
                except OSError:
                    return

    def is_shut_out(self, seconds=10):
        """Whether the collector closes the connection."""
        self.connection.settimeout(seconds)
        try:
            while self.connection.recv(1024):
                pass  # requests that were on their way
            return True
        except socket.timeout:
            return False
        except OSError:
            return True

    def stop(self):
        self.stopping.set()
        self.connection.close()
        if self.thread:
            self.thread.join(5)
        if self.line is not None:
            os.close(self.line)
            self.line = None


def crc(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return bytes((value & 0xFF, value >> 8))


class Request:
    """One read a master sent: its number from 0, and the parts of its frame."""

    def __init__(self, number, transaction, unit, function, address, count):
        self.number, self.transaction, self.unit = number, transaction, unit
        self.function, self.address, self.count = function, address, count

    def pdu(self, words):
        data = b"".join(word.to_bytes(2, "big") for word in words)
        return bytes((self.function, len(data))) + data


class Scripted:
    """A device that answers as its script says, on TCP or on a pseudo terminal.

    `words(request)` gives the true words of the block. `script(request, honest)` gives what is really
    sent: a list of (seconds to wait before, bytes), where `honest` is the right frame; without a
    script it is honest. Everything asked is in `requests`.
    """

    def __init__(self, words, script=None, serial=None, port=0):
        self.words = words
        self.script = script or (lambda request, honest: [(0, honest)])
        self.requests = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.serial = serial
        self.threads = []
        if serial:
            self.master, slave = pty.openpty()
            tty.setraw(self.master)
            os.symlink(os.ttyname(slave), serial)
            self.slave = slave  # held, so that the line stays up while no collector has it
            self._start(self._serve_line)
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", port))
            self.listener.listen(64)
            self.port = self.listener.getsockname()[1]
            self._start(self._serve_port)

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _note(self, *parts):
        with self.lock:
            request = Request(len(self.requests), *parts)
            self.requests.append(request)
        return request

    def _answer(self, request, frame, send):
        for wait, piece in self.script(request, frame):
            if wait:
                self.stopping.wait(wait)
            send(piece)

    def _serve_port(self):
        self.listener.settimeout(0.1)
        while not self.stopping.is_set():
            try:
                connection = self.listener.accept()[0]
            except socket.timeout:
                continue
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve_connection, connection)

    def _serve_connection(self, connection):
        connection.settimeout(0.1)
        inbox = b""
        with connection:
            while not self.stopping.is_set():
                try:
                    more = connection.recv(1024)
                except socket.timeout:
                    continue
                except OSError:
                    return
                if not more:
                    return
                inbox += more
                while len(inbox) >= 12:
                    frame, inbox = inbox[:12], inbox[12:]
                    request = self._note(int.from_bytes(frame[0:2], "big"), frame[6], frame[7],
                                         int.from_bytes(frame[8:10], "big"),
                                         int.from_bytes(frame[10:12], "big"))
                    honest = mbap(request, request.pdu(self.words(request)))
                    try:
                        self._answer(request, honest, connection.sendall)
                    except OSError:
                        return

    def _serve_line(self):
        inbox, heard = b"", 0.0
        while not self.stopping.is_set():
            if not select.select([self.master], [], [], 0.1)[0]:
                continue
            if time.monotonic() - heard > 0.1:
                inbox = b""
            inbox += os.read(self.master, 1024)
            heard = time.monotonic()
            while len(inbox) >= 8:
                frame = inbox[:8]
                if crc(frame[:6]) != frame[6:]:
                    inbox = inbox[1:]
                    continue
                inbox = inbox[8:]
                request = self._note(0, frame[0], frame[1], int.from_bytes(frame[2:4], "big"),
                                     int.from_bytes(frame[4:6], "big"))
                honest = rtu(request.unit, request.pdu(self.words(request)))
                self._answer(request, honest, lambda piece: os.write(self.master, piece))

    def stop(self):
        self.stopping.set()
        if not self.serial:
            self.listener.close()
        for thread in list(self.threads):
            thread.join(5)
        if self.serial:
            os.close(self.master)
            os.close(self.slave)
            os.unlink(self.serial)


def mbap(request, pdu, transaction=None, protocol=0, unit=None, length=None):
    """A TCP answer, false in exactly what is named."""
    transaction = request.transaction if transaction is None else transaction
    unit = request.unit if unit is None else unit
    length = len(pdu) + 1 if length is None else length
    return (transaction.to_bytes(2, "big") + protocol.to_bytes(2, "big")
            + length.to_bytes(2, "big") + bytes((unit,)) + pdu)


def rtu(unit, pdu):
    frame = bytes((unit,)) + pdu
    return frame + crc(frame)


def program(name):
    """A program of the build beside the collector, or the one LOOKBACK_BIN_DIR names."""
    places = [os.environ.get("LOOKBACK_BIN_DIR", "")]
    binary = os.environ.get("LOOKBACK_BIN")
    root = os.path.dirname(os.path.dirname(HERE))
    built = os.path.dirname(binary) if binary else os.path.join(root, "build", "debug")
    places += [built, os.path.join(built, "tests")]
    for place in places:
        path = os.path.join(place, name)
        if place and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name} is not built (looked in {places})")


class Fleet:
    """tests/support/fleet.c: register A of unit U holds A + 256 x U."""

    def __init__(self, *options):
        self.process = subprocess.Popen([program("fleet"), *options], stdout=subprocess.PIPE,
                                        text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def stop(self):
        self.process.terminate()
        counters = json.loads(self.process.stdout.readline())
        self.process.wait(10)
        self.process.stdout.close()
        return counters


if sys.version_info < (3, 9):
    raise RuntimeError("run the tests with Debian's own /usr/bin/python3")
