"""Waiting for what must happen, never for a time: a port, a row, a message, a condition."""
import fcntl
import os
import socket
import tempfile
import threading
import time


class TooLate(AssertionError):
    """What was waited for did not happen by its deadline."""


def wait_for(predicate, seconds=15.0, what="a condition"):
    """Returns the first true answer of `predicate`; asks again every few milliseconds."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TooLate(f"waited {seconds} s for {what}")
        pause.wait(0.02)


PORTS = range(20000, 32768, 8)  # below those the kernel gives to connections; a demo takes some in a row


def free_port():
    """A TCP port nobody has, given to nobody else for long: who asks here gets the next in turn, for a
    peer that comes later would find its place taken by another test's."""
    with open(os.path.join(tempfile.gettempdir(), f"lookback-test-ports-{os.getuid()}"), "a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        turn.seek(0)
        begin = int(turn.read() or 0)
        for number in range(begin, begin + len(PORTS)):
            port = PORTS[number % len(PORTS)]
            if is_free(port):
                turn.truncate(0)
                turn.write(str(number + 1))
                return port
    raise AssertionError(f"no port of {PORTS} is free")


def is_free(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_answers(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=0.5).close()
        return True
    except OSError:
        return False


def wait_for_port(port, seconds=15.0):
    wait_for(lambda: port_answers(port), seconds, f"port {port}")


def port_listens(port):
    """Whether somebody listens on a TCP port here, found out without a connection to it."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def run_out(seconds):
    """Lets `seconds` pass where the passing of time itself is what is tested."""
    threading.Event().wait(seconds)
