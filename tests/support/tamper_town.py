"""A small sealed town to forge, and the two verifiers to show the forgeries to.

Made once for all workers of a test run: three months by the hour of four points, a seal a day, three
tasks struck off: 71 by the river is not proven yet, 91 by the town hall has held, 93 at the school has
relapsed.
"""
import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile

import verify_bundle
from lookback import BINARY, ROOT
from tamper import Key, opened
from verify_case import canonical
from verify_seals import time_text
from verify_store import Check
from waiting import free_port

DAYS = 95
SEAL = "1d"
DEVICES = """
    { site = "chuanyang-03"; name = "nh3"; model = "yosemitech_y560"; link = "gateway"; unit = 2;
      every = "2s"; simulated = true; channels = ["ammonia_nitrogen"]; },
    { site = "town-hall"; name = "pm"; model = "delta_ohm_pmsense"; link = "gateway"; unit = 3;
      every = "2s"; simulated = true; channels = ["pm2_5", "pm10"]; },
    { site = "school-gate"; name = "meter"; model = "sonbest_sm7901"; link = "bus"; unit = 5;
      every = "2s"; simulated = true; }"""
RULES = """
    { name = "nh3-iv"; points = ["chuanyang-03/*/ammonia_nitrogen"]; limit = "GB 3838"; for = "2h"; },
    { name = "school-night"; points = ["school-gate/*/la"]; limit = "GB 3096"; on = "1h"; },
    { name = "town-air"; points = ["town-hall/*/*"]; limit = "GB 3095"; }"""
VALUES = """
    { point = "chuanyang-03/nh3/ammonia_nitrogen"; base = 0.8; daily = 0.08; noise = 0.02; },
    { point = "town-hall/pm/pm2_5"; base = 32.0; daily = 8.0; noise = 1.5; },
    { point = "town-hall/pm/pm10"; base = 55.0; daily = 12.0; noise = 3.0; },
    { point = "school-gate/meter/la"; base = 38.0; daily = 4.0; noise = 1.0; }"""
HAPPENINGS = """
    { point = "chuanyang-03/nh3/ammonia_nitrogen"; kind = "level"; ago = "94d"; lasts = "22d";
      to = 2.2; },
    { point = "school-gate/meter/la"; kind = "night"; ago = "30d"; lasts = "5d"; to = 54.0; },
    { point = "school-gate/meter/la"; kind = "silent"; ago = "20d"; lasts = "5d"; }"""
DEEDS = """
    { kind = "strike_off"; ago = "70d"; task = "71"; note = "done"; },
    { kind = "strike_off"; ago = "92d"; task = "91"; note = "done"; },
    { kind = "strike_off"; ago = "60d"; task = "93"; note = "done"; },
    { kind = "maintenance"; ago = "40d"; device = "chuanyang-03/nh3"; lasts = "4h"; note = "m"; },
    { kind = "clock"; ago = "50d"; back = "12min"; }"""


def between(words, begin, inside):
    first, rest = words.split(begin, 1)
    return first + begin + inside + "\n);" + rest.split("\n);", 1)[1]


def rewrite(folder, name, change):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        words = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(words))


def few_tasks(words):
    first, *rest = words.split("\n")
    return "\n".join([first, *(line for line in rest if line.startswith(("71,", "91,", "93,")))]) + "\n"


def make(folder):
    for name in ("config", "deploy", "drivers/profiles"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    rewrite(folder, "config/tasks-sample.csv", few_tasks)
    rewrite(folder, "deploy/demo/collector.conf", lambda words: words + f'seal = {{ every = "{SEAL}"; }};\n')
    rewrite(folder, "deploy/demo/devices.conf", lambda words: between(words, "devices = (", DEVICES))
    rewrite(folder, "deploy/demo/rules.conf", lambda words: between(words, "rules = (", RULES))
    rewrite(folder, "deploy/demo/history.conf", lambda words: between(between(between(
        words.replace('every = "5min"', 'every = "1h"', 1), "values = (", VALUES),
        "happenings = (", HAPPENINGS), "deeds = (", DEEDS))
    done = subprocess.run([BINARY, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                           str(free_port()), "--history", f"{DAYS}d", "--seconds", "1", "--plain"],
                          capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LOOKBACK_DATA": folder})
    assert done.returncode == 0, done.stdout + done.stderr


def shared(factory):
    """The folder of the one town of this test run, made by the worker that comes first. Each worker
    has a folder of its own in that of the run."""
    run = factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    folder = os.path.join(str(run), "sealed-town")
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, "made")):
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            open(os.path.join(folder, "made"), "w").close()
    return folder


class Town:
    """A town of one's own to forge: a copy of the sealed one."""

    def __init__(self, made, folder=None):
        self.data = made
        self.folder = folder or tempfile.mkdtemp(prefix="lookback-forged-")
        self.dir, self.store = (os.path.join(self.folder, name) for name in ("config", "store"))
        shutil.copytree(os.path.join(made, "demo", "store"), self.store,
                        ignore=shutil.ignore_patterns("*.sock"))
        shutil.copytree(os.path.join(made, "demo", "config"), self.dir)
        old = os.path.join(made, "demo", "store")
        rewrite(self.folder, "config/collector.conf", lambda words: words.replace(old, self.store))

    def end(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def path(self):
        return os.path.join(self.store, "lookback.db")

    def command(self, *words, seconds=120):
        return subprocess.run([BINARY, *words, "-c", self.dir, "--lang", "en"], capture_output=True,
                              text=True, timeout=seconds, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LOOKBACK_DATA": self.data})

    def export(self, task, since, until, *more):
        """The bytes of a bundle."""
        path = os.path.join(self.folder, "bundle.zip")
        done = self.command("evidence", "export", "--task", task, "--from", since, "--to", until,
                            "--out", path, *more)
        assert done.returncode == 0, done.stdout + done.stderr
        with open(path, "rb") as file:
            data = file.read()
        os.remove(path)
        return data

    def rows(self, query, *values):
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            found = db.execute(query, values).fetchall()
        db.close()
        return found

    def forge(self, *statements):
        """Writes into the database, as whoever has the file can. Returns how many rows it changed."""
        with sqlite3.connect(self.path) as db:
            changed = sum(db.execute(*one if isinstance(one, tuple) else (one,)).rowcount
                          for one in statements)
        db.close()
        return changed

    def key(self):
        """The key that seals this store."""
        with open(os.path.join(self.store, "seal.key"), "rb") as file:
            return Key(file.read())

    def heads(self):
        """Every head, as it may have been left outside."""
        return [{"segment": segment, "head": head.hex(), "time": time_text(sealed)}
                for segment, head, sealed in self.rows(
                    "SELECT segment, head, sealed FROM segment WHERE head IS NOT NULL"
                    " ORDER BY segment")]

    def seals_verify(self, *more):
        """(exit code, what was said) of our own check of the store."""
        done = self.command("seals", "verify", *more)
        return done.returncode, done.stdout + done.stderr

    def second_verify(self, anchors=()):
        """The faults the second verifier finds in the store."""
        return Check(self.store, anchors).run()


class Whole:
    """An untouched bundle, its files, and the key that sealed it."""

    def __init__(self, made):
        with Town(made) as town:
            self.data = town.export("71", day(town, 20), day(town, 12))
            self.key = town.key()
            self.later = town.heads()
        self.files = opened(self.data)
        self.fingerprint = self.key.fingerprint


def day(town, ago):
    """Midnight so many days before the end of the store, in the collector's zone, as a date."""
    (last,) = town.rows("SELECT max(time) FROM poll")[0]
    return time_text(last + 8 * 3600000 - ago * 86400000)[:10]


# 两个核对程序 · The two verifiers ------------------------------------------------------------------------

LINE = re.compile(r"^(unchanged|complete|signed-by|existed-before|verdict-recomputed): "
                  r"(proven|not proven|refuted)\b *(.*)$", re.M)


class Answer:
    """{claim: state}, and the reasons."""

    def __init__(self, lines, code):
        self.states = {claim: state for claim, state, _ in lines}
        self.reasons = {claim: reason for claim, _, reason in lines}
        self.code = code

    def is_accused(self):
        """A claim is refuted; or it is said to be of another version, and nothing of it proven."""
        return bool(self.refuted()) or (self.code == 1 and "proven" not in self.states.values())

    def refuted(self):
        return {claim for claim, state in self.states.items() if state == "refuted"}

    def __repr__(self):
        return "\n".join(f"  {claim}: {state} {self.reasons[claim]}"
                         for claim, state in self.states.items())


def ours(data, key=None, anchors=(), ca=None, *more):
    """Lookback's own verifier on a bundle's bytes."""
    with tempfile.TemporaryDirectory(prefix="lookback-verify-") as folder:
        path = os.path.join(folder, "bundle.zip")
        with open(path, "wb") as out:
            out.write(data)
        words = [BINARY, "evidence", "verify", path, "--lang", "en", *more]
        words += ["--key", key] if key else []
        words += ["--ca", ca] if ca else []
        for number, anchor in enumerate(anchors):
            words += ["--anchor", os.path.join(folder, f"anchor-{number}.json")]
            with open(words[-1], "w") as out:
                out.write(canonical(anchor) + "\n")
        done = subprocess.run(words, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
    lines = LINE.findall(done.stdout)
    assert done.returncode in (0, 1) and len(lines) == 5, (done.returncode, done.stdout, done.stderr)
    return Answer(lines, done.returncode)


def second(data, key=None, anchors=(), ca=None):
    """The second verifier, in this process."""
    claims = verify_bundle.verify(data, key, ca, anchors)
    return Answer(list(claims.answers()), claims.exit_code())


def both(data, whole=None, claim=None, **more):
    """The answers of the two verifiers, which agree about `claim` being refuted."""
    key = whole.fingerprint if whole is not None else None
    answers = ours(data, key, **more), second(data, key, **more)
    if claim is not None:
        for answer in answers:
            assert answer.states[claim] == "refuted", answers
        assert [answer.code for answer in answers] == [1, 1]
    return answers


def named(answers, claim, words):
    """Both reasons say where."""
    for answer in answers:
        assert re.search(words, answer.reasons[claim]), answers


def found_in_store(town, words=None):
    """Both checks of the store find something; the first to be named is `words`."""
    code, said = town.seals_verify()
    faults = town.second_verify()
    assert code == 1, said
    assert faults
    if words is not None:
        assert re.search(words, said), said
        assert any(re.search(words, fault) for fault in faults), faults
