"""The collector of a test: its settings as Python values, its process, its store.

The names in the settings are those of the contract; a `Town` writes them into a folder and runs
`lookback` on it.
"""
import json
import os
import re
import signal
import sqlite3
import subprocess

from waiting import wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LOOKBACK_BIN", os.path.join(ROOT, "build", "debug", "lookback"))
# Makes up long histories: the release build, where run.sh has just built it.
MAKER = os.environ.get("LOOKBACK_MAKER", BINARY)
LETTERS = "NTCMFSDB"
os.environ.setdefault("LOOKBACK_DATA", ROOT)  # wherever the build stands


def conf_value(value):
    """One Python value as libconfig writes it. A list is a list ( ), a tuple an array [ ]."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        words = repr(value)
        return words if "." in words or "e" in words else words + ".0"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(conf_value(one) for one in value) + "]"
    if isinstance(value, list):
        return "(\n  " + ",\n  ".join(conf_value(one) for one in value) + "\n)"
    return "{ " + " ".join(f"{key} = {conf_value(one)};" for key, one in value.items()) + " }"


def conf_text(settings):
    return "".join(f"{key} = {conf_value(value)};\n" for key, value in settings.items())


def profile(model, channels, **more):
    """A profile as a dictionary. `channels`: {name: (area, address, type, {more})}; the parameter is
    the name before a dot, the suffix what follows."""
    units = {"ph": "", "turbidity": "NTU", "cod": "mg/L", "flow": "L/s", "conductivity": "µS/cm"}
    rows = []
    for name, (area, address, kind, extra) in channels.items():
        parameter, _, suffix = name.partition(".")
        row = {"parameter": parameter, "unit": units[parameter], "area": area,
               "address": address, "type": kind, "valid": (-1e9, 1e9)}
        if suffix:
            row["suffix"] = suffix
        row.update(extra)
        rows.append(row)
    return {"model": model, "title": model, "source": "invented for a test", "word_order": "ABCD",
            **more, "channels": rows, "proofs": [all_nought(rows, more.get("states", []))]}


def all_nought(rows, states):
    """The proof every profile needs: registers of 0 mean 0 in each channel."""
    proof, used = {"note": "computed: nothing set"}, {}
    for row in rows + states:
        used.setdefault(row["area"], []).append(row["address"])
    for area, addresses in used.items():
        count = max(addresses) + 2 - min(addresses)
        proof[area] = [{"at": min(addresses), "words": (0,) * count}]
    for row in rows:
        suffix = "_" + row["suffix"] if "suffix" in row else ""
        proof[row["parameter"] + suffix] = 0
    return proof


def simple_profile(model="probe", count=2):
    """`count` whole numbers in holding registers 0, 1, …: cod.c0, cod.c1, …"""
    return profile(model, {f"cod.c{i}": ("holding", i, "uint16", {}) for i in range(count)})


class Town:
    """A folder of settings, with one site `yard` and no page, and the commands on it."""

    def __init__(self, folder, name="zj-01"):
        self.folder = str(folder)
        self.dir = os.path.join(self.folder, "config")
        self.store = os.path.join(self.folder, "store")
        os.makedirs(os.path.join(self.dir, "profiles"), exist_ok=True)
        self.name = name
        self.settings = {
            "collector": {"name": name, "timezone": "Asia/Shanghai", "language": "en"},
            "store": {"dir": self.store},
            "page": {"listen": ""},
            "outputs": [],
        }
        self.sites = [{"name": "yard", "title": "点位一", "kind": "enterprise"}]
        self.links, self.devices, self.rules, self.profiles = [], [], [], []
        self.environment = {}
        self.running = None

    # Settings.

    def secret(self, name, words):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(words + "\n")
        os.chmod(path, 0o600)
        return path

    def output(self, kind, url, name=None, **more):
        self.settings["outputs"].append({"name": name or "town-" + kind, "kind": kind, "url": url,
                                         **more})

    def device(self, port=None, path=None, unit=1, name="probe", model=None, link=None,
               every="200ms", timeout="500ms", **more):
        """One device on a link of its own (or on `link`), and its profile."""
        if link is None:
            link = "link-" + name
            kind = ({"kind": "serial", "port": path} if path
                    else {"kind": "tcp", "host": "127.0.0.1", "port": port})
            self.links.append({"name": link, "timeout": timeout, **kind})
        model = model or simple_profile()
        if isinstance(model, dict):
            if model not in self.profiles:
                self.profiles.append(model)
            model = model["model"]
        self.devices.append({"site": "yard", "name": name, "model": model, "link": link,
                             "unit": unit, "every": every, **more})
        return self

    def write(self):
        files = {"collector.conf": self.settings, "sites.conf": {"sites": self.sites},
                 "devices.conf": {"links": self.links, "devices": self.devices}}
        if self.rules:
            files["rules.conf"] = {"rules": self.rules}
        for one in self.profiles:
            files["profiles/" + one["model"] + ".conf"] = one
        for name, settings in files.items():
            with open(os.path.join(self.dir, name), "w") as out:
                out.write(conf_text(settings))
        return self

    # The process.

    def command(self, *words, seconds=60, environment=None):
        """Runs a command to its end: a CompletedProcess with text."""
        return subprocess.run([BINARY, *words, "-c", self.dir], capture_output=True, text=True,
                              timeout=seconds, env={**os.environ, **self.environment,
                                                    **(environment or {})},
                              stdin=subprocess.DEVNULL)

    def ask(self, *words):
        """The JSON a command answers."""
        answer = self.command(*words, "--json")
        assert answer.returncode in (0, 1), answer.stderr
        return json.loads(answer.stdout)

    @property
    def log_path(self):
        return os.path.join(self.folder, "log")

    def start(self, **more):
        """`more` as subprocess.Popen takes it."""
        self.write()
        with open(self.log_path, "ab") as log:
            self.running = subprocess.Popen([BINARY, "run", "-c", self.dir], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment}, **more)
        return self

    def kill(self):
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None

    def stop(self, seconds=30):
        """Asks it to end; that it does, and cleanly, is part of every test."""
        if self.running is None:
            return
        self.running.send_signal(signal.SIGTERM)
        try:
            code = self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the collector did not end\n" + self.log())
        self.running = None
        assert code == 0, f"the collector ended with {code}\n" + self.log()

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def is_running(self):
        return self.running is not None and self.running.poll() is None

    # The store, read as anybody may.

    def rows(self, query, *values):
        """Rows of a query; none while there is no store yet."""
        path = os.path.join(self.store, "lookback.db")
        if not os.path.exists(path):
            return []
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return db.execute(query, values).fetchall()
        except sqlite3.OperationalError as why:
            if "no such table" in str(why):
                return []
            raise
        finally:
            db.close()

    def readings(self, point=None):
        """[(seq, point name, time ms, value, quality letter, cause)] in order."""
        rows = self.rows("SELECT r.seq, p.name, r.time, r.value, r.quality, r.cause FROM reading r"
                         " JOIN point p ON p.id = r.point WHERE ? IS NULL OR p.name = ?"
                         " ORDER BY r.seq, r.point", point, point)
        return [(seq, name, time, value, LETTERS[quality], cause or "")
                for seq, name, time, value, quality, cause in rows]

    def polls(self):
        """{seq: (device, time, raw)} of everything committed."""
        return {row[0]: row[1:] for row in self.rows("SELECT seq, device, time, raw FROM poll")}

    def last_seq(self):
        rows = self.rows("SELECT max(seq) FROM (SELECT max(seq) AS seq FROM poll UNION ALL"
                         " SELECT max(seq) FROM event UNION ALL"
                         " SELECT max(seq) FROM problem_version)")
        return rows[0][0] or 0 if rows else 0

    def last_poll(self):
        rows = self.rows("SELECT max(seq) FROM poll")
        return rows[0][0] or 0 if rows else 0

    def sequence(self):
        """Every number of the one sequence, in order."""
        return [row[0] for row in self.rows(
            "SELECT seq FROM poll UNION ALL SELECT seq FROM event UNION ALL"
            " SELECT seq FROM problem_version ORDER BY seq")]

    def cursor(self, name):
        rows = self.rows("SELECT seq FROM cursor WHERE name = ?", name)
        return rows[0][0] if rows else 0

    def confirmed(self, name):
        """How many polls an output's cursor has passed."""
        return self.rows("SELECT count(*) FROM poll WHERE seq <= ?", self.cursor(name))[0][0]

    def wait_polls(self, more=1, seconds=30):
        """Until `more` polls are committed beyond those of now."""
        before = len(self.polls())
        return self.wait(lambda: len(self.polls()) >= before + more, seconds, f"{more} polls")

    def wait(self, predicate, seconds=30, what="a condition"):
        """As wait_for(), but ends at once, with the log, when the collector has died."""
        def look():
            assert self.is_running(), f"the collector ended: {self.running}\n" + self.log()
            return predicate()
        try:
            return wait_for(look, seconds, what)
        except AssertionError as why:
            raise AssertionError(f"{why}\n{self.log()}") from None

    def wait_sent(self, name, seconds=60):
        """Until the cursor of an output has passed every poll there is now."""
        last = self.last_poll()
        return self.wait(lambda: self.cursor(name) >= last, seconds,
                         f"output {name} to confirm {last}, it is at {self.cursor(name)}")


def iso_ms(words):
    """Milliseconds of a time in RFC 3339, UTC or with an offset."""
    from datetime import datetime
    return round(datetime.fromisoformat(words.replace("Z", "+00:00")).timestamp() * 1000)


def faults(stderr):
    """[(file, line, rest)] of the faults a command names."""
    return [(os.path.basename(m[1]), int(m[2]), m[3])
            for m in re.finditer(r"^(.+?):(\d+): (.*)$", stderr, re.M)]
