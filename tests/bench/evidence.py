"""Evidence of one point-year of minutes: how long its export takes, how much memory exporter and
drawing program hold together, how large the bundle is, and the same of checking it."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

from support import PROCESSORS, ROOT, begin, options, statistics

sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from waiting import free_port  # noqa: E402

BINARY = os.environ["LOOKBACK_BIN"]
PAGE = os.sysconf("SC_PAGE_SIZE")
POINT = "chuanyang-03/nh3/ammonia_nitrogen"
DEVICES = """links = ( { name = "gateway"; kind = "tcp"; host = "127.0.0.1"; port = @TCP_PORT@; } );
devices = ( { site = "chuanyang-03"; name = "nh3"; title = "氨氮探头"; model = "yosemitech_y560";
              link = "gateway"; unit = 2; every = "60s"; simulated = true;
              channels = ["ammonia_nitrogen"]; } );
"""
RULES = """rules = ( { name = "nh3-iv"; title = "氨氮高于 IV 类";
  points = ["chuanyang-03/*/ammonia_nitrogen"]; limit = "GB 3838"; } );
"""
HISTORY = """every = "1min";
values = ( { point = "chuanyang-03/nh3/ammonia_nitrogen"; base = 0.8; daily = 0.08; noise = 0.02; } );
happenings = ( { point = "chuanyang-03/nh3/ammonia_nitrogen"; kind = "level"; ago = "364d";
                 lasts = "100d"; to = 2.2; } );
deeds = ( { kind = "strike_off"; ago = "250d"; task = "71"; note = "a"; } );
"""


def make_store(folder, days):
    for name in ("config", "deploy", "drivers/profiles"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    for name, words in (("devices", DEVICES), ("rules", RULES), ("history", HISTORY)):
        with open(os.path.join(folder, "deploy", "demo", name + ".conf"), "w",
                  encoding="utf-8") as file:
            file.write(words)
    path = os.path.join(folder, "config", "tasks-sample.csv")
    with open(path, encoding="utf-8") as file:
        rows = file.read().splitlines(keepends=True)
    with open(path, "w", encoding="utf-8") as file:  # the tasks this gateway can watch
        file.writelines(row for row in rows if "/" not in row or POINT in row)
    subprocess.run([BINARY, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                    str(free_port()), "--history", f"{days}d", "--seconds", "1", "--plain"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   stdin=subprocess.DEVNULL, env={**os.environ, "LOOKBACK_DATA": folder})


def family(pid):
    """The process and the children it has now."""
    pids = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            pids += [int(child) for child in file.read().split()]
    except OSError:
        pass
    return pids


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def measured(words, folder):
    """(seconds, the most bytes resident at once in it and its children, what it printed)."""
    most, begun = 0, time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env={**os.environ, "LOOKBACK_DATA": folder})
    answer = []
    reader = threading.Thread(target=lambda: answer.append(process.stdout.read()))
    reader.start()
    while process.poll() is None:
        most = max(most, sum(map(resident, family(process.pid))))
        time.sleep(0.004)
    seconds = time.monotonic() - begun
    reader.join()
    if process.returncode > 1:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return seconds, most, answer[0]


def say(name, values, unit, aim=None):
    middle = statistics.median(values)
    words = f"   {name:<44} {middle:8.2f} ({min(values):.2f} … {max(values):.2f}) {unit}"
    if aim is not None:
        words += f"   aim {aim} {unit}, {middle / aim:.2f} × of it"
    print(words, flush=True)


def main():
    given = options(__doc__, days=365, repeats=5)
    begin(f"evidence of one point, {given.days} days of minutes")
    os.sched_setaffinity(0, PROCESSORS)  # what draws runs beside what exports
    folder = tempfile.mkdtemp(prefix="lookback-evidence-")
    try:
        make_store(folder, given.days + 1)
        bundle = os.path.join(folder, "b.zip")
        config = os.path.join(folder, "demo", "config")
        last = time.time() - 3600
        span = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
                for at in (last - given.days * 86400, last)]
        export = [BINARY, "evidence", "export", "-c", config, "--task", "71", "--from", span[0],
                  "--to", span[1], "--out", bundle, "--json"]
        verify = [BINARY, "evidence", "verify", bundle, "--json"]
        exports = [measured(export, folder) for _ in range(given.repeats)]
        verifies = [measured(verify, folder) for _ in range(given.repeats)]
        readings = json.loads(exports[-1][2])["bundle"]["readings"]
        with zipfile.ZipFile(bundle) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            bare = gzip.compress(archive.read("readings.csv"), 6)
        print(f"   {readings} readings")
        say("export, seconds", [one[0] for one in exports], "s", 5.0)
        say("export, memory with its children", [one[1] / 2**20 for one in exports], "MiB", 150.0)
        say("verify, seconds", [one[0] for one in verifies], "s", 1.5)
        say("verify, memory", [one[1] / 2**20 for one in verifies], "MiB", 32.0)
        say("bundle / gzip -6 of readings.csv", [os.path.getsize(bundle) / len(bare)], "×")
        for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:7]:
            print(f"      {name:<56} {size / 1e6:7.2f} MB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
