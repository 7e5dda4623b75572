#!/usr/bin/python3
"""First view: how long somebody with a telephone on a thin line waits for the town at a glance.

Debian's Chromium opens the page of a collector with history: in a window of 390 by 844, its cache empty,
then once more as the one before left it. The line has 1 Mbit/s each way and 200 ms for a round trip:
  browser  the browser's own brake, which knows requests but neither handshakes nor windows
  line     packets of a line made here (slow_line.py): TCP and TLS pay for all they do; needs root
plain is the page at the near end of a tunnel (ssh, WireGuard), TLS the page open to the network.
Useful is the moment after the first frame with the sentence and the cards with values.

    tests/bench/page_first_view.py [--repeats 5] [--demo DIR] [--way all|browser|line] [--details]

--demo: a folder of `lookback demo --history 400d --dir DIR`, which is copied; without it one of 30 days
is made. --details prints every question of the first run of each kind.
"""
import argparse
import glob
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import types

from support import PROCESSORS, ROOT, Collector, Town, begin, figure, wait_for
import slow_line

RTT_MS, BITS_S = 200, 1_000_000
PORT = 8470
FIRST_VIEW_BYTES = 150 * 1024
DAYS = 30
OURS = os.environ["LOOKBACK_BIN"]


# The town.

def made_demo(folder, demo):
    """Its folder: a copy, or a young one."""
    path = os.path.join(folder, "demo")
    if demo:
        shutil.copytree(demo, path, ignore=shutil.ignore_patterns("*.sock", "lines"))
        os.makedirs(os.path.join(path, "lines"))
        for name in (*glob.glob(path + "/config/*.conf"), path + "/simulator.conf"):
            rewrite(name, lambda words: words.replace(os.path.abspath(demo), path))
    else:
        done = subprocess.run([OURS, "demo", "--dir", path, "--history", f"{DAYS}d", "--seconds", "1", "--plain",
                               "-c", os.path.join(ROOT, "config")],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, cwd=ROOT)
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr)
    return path


def rewrite(path, change):
    with open(path, encoding="utf-8") as file:
        words = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(words))


def make_certificate(folder):
    """For the line's near end and for loopback; gives the digest of its key, as browsers name it."""
    key, certificate = (os.path.join(folder, "config", name) for name in ("page.key", "page.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=gateway", "-addext",
                    f"subjectAltName=IP:{slow_line.NEAR},IP:127.0.0.1"], check=True, capture_output=True)
    os.chmod(key, 0o600)
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public.stdout, check=True, capture_output=True)
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der.stdout, check=True, capture_output=True)
    return subprocess.run(["openssl", "base64"], input=digest.stdout, check=True, capture_output=True).stdout.decode().strip()


class Served:
    """The demo's collector, its page plain or over TLS."""

    def __init__(self, folder, secure):
        self.secure = secure
        page = (f'listen = "0.0.0.0:{PORT}"; certificate = "page.pem"; key_file = "page.key";' if secure
                else f'listen = "127.0.0.1:{PORT}";')
        rewrite(os.path.join(folder, "config", "collector.conf"),
                lambda words: re.sub(r"page *= \{[^}]*\};", f"page = {{ {page} }};", words))
        self.collector = Collector(types.SimpleNamespace(folder=os.path.join(folder, "config"),
                                                         store=os.path.join(folder, "store")))
        wait_for(self.has_all, 60, "the page with values that are not old")

    def ask(self, path, token=None):
        if self.secure:
            line = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=10, context=ssl._create_unverified_context())
        else:
            line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        line.request("GET", "/api/v1" + path, headers={"Authorization": "Bearer " + token} if token else {})
        answer = line.getresponse()
        found = answer.status, json.loads(answer.read())
        line.close()
        return found

    def has_all(self):
        try:
            return self.ask("/health")[0] == 200
        except (OSError, ValueError):
            return False


def make_token(folder):
    done = subprocess.run([OURS, "user", "add", "bench", "--role", "reader", "--json", "-c", os.path.join(folder, "config")],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["user"]["token"]


# The browser.

class Driver:
    """node, in a namespace of its own or in ours."""

    def __init__(self, far):
        words = ["node", os.path.join(ROOT, "tests", "browser", "driver.mjs"), "http://nowhere"]
        self.process = subprocess.Popen((["unshare", "--net"] if far else []) + words, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, PROCESSORS))
        if far:
            wait_for(lambda: slow_line.namespace_of(self.process.pid) != slow_line.namespace_of("self"), 10, "a namespace")

    def do(self, name, **wishes):
        self.process.stdin.write(json.dumps({"do": name, **wishes}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer["done"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def looks(driver, line, wishes, folder, repeats):
    """[(kept, what was seen)]: cold and warm, in turn."""
    found = []
    for _ in range(repeats):
        shutil.rmtree(folder, ignore_errors=True)
        for kept in (False, True):
            before = (line.down.value, line.up.value) if line else None
            seen = driver.do("first_view", folder=folder, settle_ms=2000, rest_ms=1000, **wishes)
            if line:
                seen["wire"] = line.down.value - before[0], line.up.value - before[1]
            found.append((kept, seen))
    return found


# What it says.

def kinds(questions):
    sums = {}
    for one in questions:
        if not one["kept"]:
            count, size = sums.get(one["kind"], (0, 0))
            sums[one["kind"]] = count + 1, size + one["bytes"]
    return sums


def until_useful(seen):
    return [one for one in seen["questions"] if not one["kept"] and one["at_ms"] <= seen["useful_ms"]]


def round_trips(seen):
    """How often a whole round trip was waited for: what is left when the bytes are taken off."""
    return seen["useful_ms"] / RTT_MS


def tell(name, found, kept):
    seen = [one for was_kept, one in found if was_kept == kept]
    title = f"{name}, {'seen before' if kept else 'cold'}"
    figure(f"{title}: first paint", [one["paint_ms"] for one in seen], "ms", digits=0)
    figure(f"{title}: useful", [one["useful_ms"] for one in seen], "ms", "<= 1,000", digits=0)
    figure(f"{title}: round trips that fit into it", [round_trips(one) for one in seen], "", digits=1)
    figure(f"{title}: questions until then", [len(until_useful(one)) for one in seen], "", digits=0)
    figure(f"{title}: lines until then", [len({q.get("line") for q in until_useful(one)}) for one in seen], "", digits=0)
    figure(f"{title}: bytes, heads and bodies",
           [sum(q["bytes"] for q in one["questions"] if not q["kept"]) for one in seen], "bytes",
           "" if kept else f"<= {FIRST_VIEW_BYTES:,}", digits=0)
    if "wire" in seen[0]:
        figure(f"{title}: bytes of packets, down", [one["wire"][0] for one in seen], "bytes", digits=0)
        figure(f"{title}: bytes of packets, up", [one["wire"][1] for one in seen], "bytes", digits=0)
    if not kept:
        sums = kinds(seen[0]["questions"])
        print("    of them " + ", ".join(f"{kind} {size:,} ({count})" for kind, (count, size)
                                         in sorted(sums.items(), key=lambda row: -row[1][1])), flush=True)


def detail(found):
    for kept, seen in found[:2]:
        print(f"    {'seen before' if kept else 'cold'}: useful {seen['useful_ms']:.0f} ms,"
              f" {seen['cards']} cards, {seen['values']} values")
        for one in seen["questions"]:
            print(f"      {one['at_ms']:6.0f} {one.get('first_ms', 0):6.0f} {one.get('end_ms', 0):6.0f} ms"
                  f" {one['bytes']:7,} bytes  line {one.get('line')}  {one.get('status')}{' kept' if one['kept'] else ''}"
                  f"  {one['url'].split('/', 3)[-1]}", flush=True)


class Bench:
    """The town, who looks at it, and the ways they look at it by: [(name, browser, line or None)]."""

    def __init__(self, town, asked):
        self.asked = asked
        self.cache = os.path.join(town.folder, "chromium")
        self.folder = made_demo(town.folder, asked.demo)
        self.digest = make_certificate(self.folder)
        simulator = subprocess.Popen([OURS, "simulate", os.path.join(self.folder, "simulator.conf")],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        town.ended_by(simulator, lambda: (simulator.terminate(), simulator.wait()))
        self.token = None
        self.ways = []
        if asked.way != "line":
            near = Driver(far=False)
            town.ended_by(near, near.stop)
            self.ways.append(("browser", near, None))
        if asked.way != "browser" and slow_line.is_possible():
            far = Driver(far=True)
            town.ended_by(far, far.stop)
            line = slow_line.Line(far.process.pid, BITS_S, RTT_MS / 1000)
            town.ended_by(line, line.stop)
            slow_line.forward_to_loopback(PORT)
            self.ways.append(("line", far, line))

    def wishes(self, secure, line):
        """How the browser is to look."""
        args = [f"--ignore-certificate-errors-spki-list={self.digest}"] if secure else []
        host = slow_line.NEAR if secure and line else "127.0.0.1"
        if line and not secure:  # as out of the near end of a tunnel
            args.append(f"--host-resolver-rules=MAP 127.0.0.1 {slow_line.NEAR}")
        throttle = None if line else {"rtt_ms": RTT_MS, "bits_s": BITS_S}
        return {"address": f"{'https' if secure else 'http'}://{host}:{PORT}", "token": self.token, "args": args,
                "throttle": throttle}

    def run(self, secure):
        served = Served(self.folder, secure)
        try:
            self.token = self.token or make_token(self.folder)
            for name, driver, line in self.ways:
                found = looks(driver, line, self.wishes(secure, line), self.cache, self.asked.repeats)
                for kept in (False, True):
                    tell(f"{name}, {'TLS' if secure else 'plain'}", found, kept)
                if self.asked.details:
                    detail(found)
        finally:
            served.collector.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--demo")
    parser.add_argument("--way", choices=("all", "browser", "line"), default="all")
    parser.add_argument("--details", action="store_true")
    asked = parser.parse_args()
    begin(f"first view: {BITS_S / 1e6:g} Mbit/s each way, {RTT_MS} ms for a round trip, a telephone")
    if slow_line.is_possible():
        slow_line.own_namespace()
    else:
        print("   ! no root or no /dev/net/tun: only the browser's own brake is tried, which is no line", flush=True)
    with Town() as town:
        bench = Bench(town, asked)
        for secure in (False, True):
            bench.run(secure)


main()
