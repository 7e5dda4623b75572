"""What the benchmarks share: where programs run, a collector with made settings, figures.

Figures are printed as one line each, `name  median (least … most)  aim`, and are never passed or
failed: whoever reads them judges. The collector (or the engine alone) is pinned to the first
processor and everything else to the rest, and what strangers took of the machine meanwhile is said.
"""
import argparse
import collections
import json
import math
import os
import resource
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

os.environ.setdefault("LOOKBACK_BIN", os.path.join(ROOT, "build", "release", "lookback"))

from devices import Fleet, Scripted, program  # noqa: E402
from servers import Influx, Mosquitto  # noqa: E402
from waiting import run_out, wait_for  # noqa: E402

PROCESSORS = sorted(os.sched_getaffinity(0))
OURS, THEIRS = PROCESSORS[:1], PROCESSORS[1:] or PROCESSORS
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")

POINTS = [  # ten of config/parameters.conf, one medium, so that one poll is one line
    ("ph", ""), ("water_temperature", "degC"), ("dissolved_oxygen", "mg/L"),
    ("conductivity", "uS/cm"), ("turbidity", "NTU"), ("cod", "mg/L"), ("cod_mn", "mg/L"),
    ("ammonia_nitrogen", "mg/L"), ("total_phosphorus", "mg/L"), ("total_nitrogen", "mg/L")]


def begin(what):
    """Says where we run; children of ours run on the processors that are not the collector's."""
    most = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 60000)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (ValueError, PermissionError):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, THEIRS)
    print(f"== {what}")
    print(f"   measured on processor {OURS}, all else on {THEIRS}, of {os.cpu_count()}; "
          f"load before {os.getloadavg()[0]:.2f}", flush=True)


def options(what, **numbers):
    """Command line of whole numbers: name=default."""
    parser = argparse.ArgumentParser(description=what)
    for name, default in numbers.items():
        if isinstance(default, bool):
            parser.add_argument("--" + name, action="store_true")
        else:
            parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


def pinned(words, **more):
    """Starts a program on the collector's processor."""
    return subprocess.Popen(words, preexec_fn=lambda: os.sched_setaffinity(0, OURS), **more)


def figure(name, values, unit="", aim="", digits=2):
    """One line of result; `values` are those of the repeats."""
    values = [value for value in values if value is not None and not math.isnan(value)]
    if not values:
        print(f"  {name:<58} nothing measured   aim {aim}", flush=True)
        return
    shown = f"{statistics.median(values):,.{digits}f}"
    spread = f"({min(values):,.{digits}f} … {max(values):,.{digits}f})"
    print(f"  {name:<58} {shown:>10} {unit:<9} {spread:<24} {'aim ' + aim if aim else ''}".rstrip(),
          flush=True)


def percentile(values, share):
    """The nearest rank; None of nothing."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else None


# --- settings of a collector ---------------------------------------------------------------------


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(text)


def write_profile(folder, points):
    """A probe with this many of POINTS in neighbouring registers from 0: one request a poll."""
    os.makedirs(os.path.join(folder, "profiles"), exist_ok=True)
    channels = ",\n".join(
        f'  {{ parameter = "{name}"; unit = "{unit}"; area = "holding"; address = {address};'
        f' type = "uint16"; scale = 0.01; valid = [0.0, 655.35]; }}'
        for address, (name, unit) in enumerate(POINTS[:points]))
    write(folder, "profiles/bench.conf",
          'model = "bench"; title = "bench"; source = "made here";\nword_order = "ABCD";\n'
          f"channels = (\n{channels}\n);\n"
          f'proofs = ( {{ note = "computed"; holding = {[100 + n for n in range(points)]}; '
          + " ".join(f"{name} = {1 + n / 100:.2f};" for n, (name, _) in enumerate(POINTS[:points]))
          + " } );\n")


def device_line(number, link, unit, every, site="s0"):
    return (f'  {{ site = "{site}"; name = "d{number:05d}"; model = "bench"; link = "{link}"; '
            f'unit = {unit}; every = "{every}"; }}')


class Settings:
    """The folder of one collector's settings, and beside it its store."""

    def __init__(self, folder, points=10, seal="1h", outputs=(), page='listen = "";',
                 devices_a_site=100):
        self.folder = os.path.join(folder, "config")
        self.store = os.path.join(folder, "store")
        self.links, self.devices, self.sites = [], [], set()
        self.devices_a_site = devices_a_site
        os.makedirs(self.folder)
        shutil.copy(os.path.join(ROOT, "config", "parameters.conf"), self.folder)
        write_profile(self.folder, points)
        write(self.folder, "collector.conf",
              f'collector = {{ name = "bench"; language = "en"; }};\n'
              f'store = {{ dir = "{self.store}"; }};\n'
              f'clock = {{ trust = "always"; }};\n'
              f'seal = {{ every = "{seal}"; }};\n'
              f'page = {{ {page} }};\n'
              f"outputs = (\n" + ",\n".join(outputs) + "\n);\n")

    def add_link(self, name, rest):
        self.links.append(f'  {{ name = "{name}"; {rest} }}')

    def add_device(self, link, unit, every):
        number = len(self.devices)
        site = f"s{number // self.devices_a_site}"
        self.sites.add(site)
        self.devices.append(device_line(number, link, unit, every, site))

    def add_fleet(self, count, port, addresses, every="1s"):
        """Devices on a connection each, all at the fleet's port, each at an address of its own: a
        host and its port have one link."""
        assert addresses >= count
        for number in range(count):
            host = 0x7F000001 + number % addresses
            host = ".".join(str(host >> shift & 255) for shift in (24, 16, 8, 0))
            self.add_link(f"l{number:05d}", f'kind = "tcp"; host = "{host}"; port = {port};')
            self.add_device(f"l{number:05d}", 1, every)

    def finish(self):
        sites = ",\n".join(f'  {{ name = "{site}"; title = "{site}"; kind = "other"; }}'
                           for site in sorted(self.sites))
        write(self.folder, "sites.conf", f"sites = (\n{sites}\n);\n")
        write(self.folder, "devices.conf",
              "links = (\n" + ",\n".join(self.links) + "\n);\n"
              "devices = (\n" + ",\n".join(self.devices) + "\n);\n")


# --- a running collector -------------------------------------------------------------------------


Used = collections.namedtuple("Used", "moment cpu rss_kib peak_kib written busy own_busy")


class Collector:
    """`lookback run`, pinned, with what it uses read from /proc."""

    def __init__(self, settings):
        self.settings = settings
        self.log = open(os.path.join(settings.folder, "log"), "wb")
        began = time.monotonic()
        self.process = pinned([os.environ["LOOKBACK_BIN"], "run", "-c", settings.folder],
                              stdout=self.log, stderr=self.log)
        self.database = os.path.join(settings.store, "lookback.db")
        try:
            wait_for(self._has_polls, 120, "the first stored poll")
        except BaseException:
            self.process.kill()
            raise
        self.start_seconds = time.monotonic() - began

    def _has_polls(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"lookback ended with {self.process.returncode}: {self.log_text()}")
        try:
            return self.rows("SELECT max(seq) FROM poll")[0][0]
        except sqlite3.OperationalError:
            return None

    def log_text(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:]

    def rows(self, words, *values):
        base = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(words, values).fetchall()
        finally:
            base.close()

    def used(self):
        """Processor seconds, memory and bytes written so far; and how busy our processor is."""
        proc = f"/proc/{self.process.pid}"
        with open(proc + "/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / TICKS
        with open(proc + "/status", encoding="ascii") as status:
            memory = dict(line.split(":", 1) for line in status)
        with open(proc + "/io", encoding="ascii") as io:
            written = dict(line.split(":", 1) for line in io)
        with open("/proc/stat", encoding="ascii") as stat:
            mine = [line.split() for line in stat if line.startswith(f"cpu{OURS[0]} ")][0]
        busy = sum(int(field) for field in mine[1:4] + mine[6:9]) / TICKS
        return Used(time.monotonic(), cpu, int(memory["VmRSS"].split()[0]),
                    int(memory["VmHWM"].split()[0]),
                    int(written["write_bytes"]) - int(written["cancelled_write_bytes"]), busy, cpu)

    def status(self):
        try:
            done = subprocess.run([os.environ["LOOKBACK_BIN"], "status", "--json", "-c",
                                   self.settings.folder], capture_output=True, timeout=20,
                                  check=False)
            return json.loads(done.stdout)
        except (json.JSONDecodeError, subprocess.TimeoutExpired) as why:
            print(f"  ! lookback status gave no answer: {why}", flush=True)
            return {}

    def last_seq(self):
        return self.rows("SELECT max(seq) FROM poll")[0][0] or 0

    def stop(self):
        """Seconds it took to stop; killed after a minute."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                print("  ! lookback did not stop within 60 s and was killed", flush=True)
        self.log.close()
        if self.process.returncode != 0:
            print(f"  ! lookback ended with {self.process.returncode}: {self.log_text()}", flush=True)
        return time.monotonic() - began


class Window:
    """What happened between two moments of a running collector."""

    def __init__(self, collector, seconds, warm=5):
        run_out(warm)
        self.collector = collector
        self.first_seq = collector.last_seq()
        before = collector.used()
        run_out(seconds)
        after = collector.used()
        self.last_seq = collector.last_seq()
        self.seconds = after.moment - before.moment
        self.cpu_share = (after.cpu - before.cpu) / self.seconds * 100
        self.strangers = max(0.0, (after.busy - before.busy - after.cpu + before.cpu)
                             / self.seconds * 100)
        self.rss_mib, self.peak_mib = after.rss_kib / 1024, after.peak_kib / 1024
        self.written = after.written - before.written
        self.end_mono = None

    def polls(self):
        """{device: [(monotonic ms, whether it brought a value)]} of the window."""
        found = collections.defaultdict(list)
        for device, mono, value in self.collector.rows(
                "SELECT p.device, p.mono, p.raw IS NOT NULL AND length(p.raw) > 0 FROM poll p"
                " WHERE p.seq > ? AND p.seq <= ? ORDER BY p.seq", self.first_seq, self.last_seq):
            found[device].append((mono, bool(value)))
        return found

    def readings(self):
        return self.collector.rows("SELECT count(*) FROM reading WHERE seq > ? AND seq <= ?",
                                   self.first_seq, self.last_seq)[0][0]


def gaps(polls):
    """Milliseconds between two good polls of one device, over all devices."""
    found = []
    for moments in polls.values():
        good = [mono for mono, value in moments if value]
        found += [after - before for before, after in zip(good, good[1:])]
    return found


def missed(polls, every_ms=1000):
    """Ticks between the first and the last poll of each device that brought none, of all."""
    lost = due = 0
    for moments in polls.values():
        ticks = round((moments[-1][0] - moments[0][0]) / every_ms) + 1
        due += ticks
        lost += ticks - len(moments)
    return lost, due


class Town:
    """A temporary folder for one run; ends what was started in it, in turn."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lookback-bench-",
                                       dir=os.environ.get("LOOKBACK_BENCH_DIR"))
        os.chmod(self.folder, 0o755)
        self.ends = []

    def __enter__(self):
        return self

    def ended_by(self, thing, end):
        self.ends.append(end)
        return thing

    def __exit__(self, *_):
        for end in reversed(self.ends):
            end()
        shutil.rmtree(self.folder, ignore_errors=True)


__all__ = ["Collector", "Fleet", "Influx", "Mosquitto", "Scripted", "Settings", "Town", "Window",
           "begin", "figure", "gaps", "missed", "options", "percentile", "pinned", "program",
           "run_out", "wait_for"]
