"""A slow line of IP packets between two network namespaces, made by two TUN devices and this process.

Each packet takes its size at the line's rate, one after the other, and then half the round trip; each
direction for itself. What would wait for more than QUEUE_S is dropped, as a modem's buffer does. All
of TCP and TLS goes over it: handshakes, windows and acknowledgements cost what they cost. Needs root.
"""
import collections
import ctypes
import fcntl
import multiprocessing
import os
import select
import struct
import subprocess
import time

NEAR, FAR = "192.0.2.1", "192.0.2.2"  # RFC 5737; seen by nobody else
QUEUE_S = 1.0
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001


def is_possible():
    return os.geteuid() == 0 and os.path.exists("/dev/net/tun")


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def own_namespace():
    """This process and what it starts from now on see an empty network; it ends with them."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace of our own")
    run("ip", "link", "set", "lo", "up")


def namespace_of(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return fd


class Way:
    """One direction."""

    def __init__(self, source, sink, bits_s, half_s, counted):
        self.source, self.sink, self.bits_s, self.half_s = source, sink, bits_s, half_s
        self.counted, self.free, self.waiting = counted, 0.0, collections.deque()

    def take(self, now):
        packet = os.read(self.source, 65536)
        if packet[0] >> 4 != 4:
            return  # what IPv6 asks of a new line
        self.free = max(self.free, now)
        if self.free - now > QUEUE_S:
            return
        self.free += 8 * len(packet) / self.bits_s
        self.waiting.append((self.free + self.half_s, packet))
        self.counted.value += len(packet)

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            os.write(self.sink, self.waiting.popleft()[1])


def carry(ways):
    os.nice(-10)
    while True:
        now = time.monotonic()
        for way in ways:
            way.give(now)
        due = min((way.waiting[0][0] for way in ways if way.waiting), default=now + 1)
        for fd in select.select([way.source for way in ways], [], [], max(0.0, due - now))[0]:
            next(way for way in ways if way.source == fd).take(time.monotonic())


class Line:
    """From here (NEAR) to the namespace of process `pid` (FAR)."""

    def __init__(self, pid, bits_s, rtt_s):
        self.down, self.up = (multiprocessing.Value("Q", 0, lock=False) for _ in range(2))
        near, far = open_tun("lbnear"), open_tun("lbfar")
        there = ("nsenter", "--target", str(pid), "--net")
        run("ip", "link", "set", "lbfar", "netns", str(pid))
        for inside, name, own, other in (((), "lbnear", NEAR, FAR), (there, "lbfar", FAR, NEAR)):
            run(*inside, "ip", "link", "set", "lo", "up")
            run(*inside, "ip", "address", "add", own, "peer", other, "dev", name)
            run(*inside, "ip", "link", "set", name, "up")
            # what TCP learned of the line in one run is not known to the next
            run(*inside, "sysctl", "-q", "-w", "net.ipv4.tcp_no_metrics_save=1")
        ways = (Way(near, far, bits_s, rtt_s / 2, self.down), Way(far, near, bits_s, rtt_s / 2, self.up))
        self.process = multiprocessing.Process(target=carry, args=(ways,), daemon=True)
        self.process.start()
        os.close(near)
        os.close(far)

    def stop(self):
        self.process.terminate()
        self.process.join()


def forward_to_loopback(port):
    """What comes over the line to NEAR at this port goes to 127.0.0.1, as out of a tunnel's end."""
    run("sysctl", "-q", "-w", "net.ipv4.conf.all.route_localnet=1")
    rules = ("table ip line {\nchain in {\ntype nat hook prerouting priority dstnat;\n"
             f"ip daddr {NEAR} tcp dport {port} dnat to 127.0.0.1:{port}\n}}\n}}\n")
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
