"""Waiting for what must happen, never for a time: a port, a row, a message, a condition."""
import socket
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


def free_port():
    """A TCP port nobody has at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


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
