"""What the benches of the page share: a history to ask about, and what the collector counts itself."""
import http.client
import math
import os
import re
import shutil
import socket
import subprocess
import time


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def connect(port, tls=None):
    if tls is not None:
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=tls)
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def lateness(port, token="", tls=None):
    """What the collector counts of how late its polls began: ({seconds: polls up to it}, seconds)."""
    line = connect(port, tls)
    line.request("GET", "/metrics", headers={"Authorization": "Bearer " + token} if token else {})
    words = line.getresponse().read().decode()
    line.close()
    classes = {float(bound): int(count) for bound, count in re.findall(
        r'^lookback_lateness_seconds_bucket\{le="([^"]+)"\} (\d+)', words, re.M)}
    return classes, float(re.search(r"^lookback_lateness_seconds_sum (\S+)", words, re.M)[1])


def late_percentile(before, after, share):
    """Milliseconds, straight within a class."""
    found = [(bound, after[0][bound] - before[0][bound]) for bound in sorted(after[0])]
    wanted, least, below = share * found[-1][1], 0.0, 0
    for bound, count in found:
        if count >= wanted:
            most = least if math.isinf(bound) else bound
            return 1000 * (least + (most - least) * (wanted - below) / max(1, count - below))
        least, below = bound, count
    return None


def make_history(folder):
    """A demo of 400 days, made in this folder; takes a while."""
    began = time.monotonic()
    demo = os.path.join(folder, "demo")
    subprocess.run([os.environ["LOOKBACK_BIN"], "demo", "--history", "400d", "--seconds", "5", "--dir", demo,
                    "--plain"], check=True, stdout=subprocess.DEVNULL)
    print(f"   a history of 400 days was made in {time.monotonic() - began:.0f} s", flush=True)
    return demo


def add_history(settings, demo):
    """The demo's store and its points beside the fleet's; its devices are not there to answer."""
    shutil.copytree(os.path.join(demo, "store"), settings.store)
    for left in ("lookback.lock", "lookback.sock"):
        path = os.path.join(settings.store, left)
        if os.path.lexists(path):
            os.unlink(path)
    for name in ("sites.conf", "devices.conf"):
        with open(os.path.join(demo, "config", name), encoding="utf-8") as kept:
            text = kept.read()
        path = os.path.join(settings.folder, name)
        with open(path, encoding="utf-8") as made:
            ours = made.read()
        for key in ("sites", "links", "devices"):
            row = re.search(rf"(?ms)^{key}\s*=\s*\((.*?)^\);", ours)
            if row:
                text = re.sub(rf"(?m)^({key}\s*=\s*\()", lambda at, rows=row[1]: at[1] + rows.rstrip() + ",",
                              text, count=1)
        with open(path, "w", encoding="utf-8") as made:
            made.write(text)
    rules = os.path.join(demo, "config", "rules.conf")
    if os.path.exists(rules):
        shutil.copy(rules, settings.folder)
    path = os.path.join(settings.folder, "collector.conf")
    with open(path, encoding="utf-8") as made:
        text = made.read()
    with open(path, "w", encoding="utf-8") as made:
        made.write(text.replace('name = "bench"', 'name = "demo"', 1))
