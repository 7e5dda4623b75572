"""A whole store against its own seals, with the real program: what was changed is named, what was
cut off is seen beside a head kept outside, and keys are told apart."""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from lookback import BINARY
from waiting import free_port


@pytest.fixture(scope="module")
def demo():
    """Two days of a made-up town, sealed hour by hour: the folder of the demo."""
    folder = tempfile.mkdtemp(prefix="lookback-seals-")
    done = subprocess.run([BINARY, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                           str(free_port()), "--history", "2d", "--seconds", "1", "--plain"],
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    yield os.path.join(folder, "demo")
    shutil.rmtree(folder)


class Copy:
    """A copy of the demo's store, to be damaged."""

    def __init__(self, demo, folder):
        self.dir = os.path.join(folder, "config")
        self.store = os.path.join(folder, "store")
        shutil.copytree(os.path.join(demo, "store"), self.store)
        shutil.copytree(os.path.join(demo, "config"), self.dir)
        path = os.path.join(self.dir, "collector.conf")
        with open(path) as file:
            words = file.read()
        with open(path, "w") as file:
            file.write(re.sub(r'dir\s*=\s*"[^"]*"', f'dir = "{self.store}"', words, count=1))

    def run(self, *words):
        return subprocess.run([BINARY, *words, "-c", self.dir], capture_output=True, text=True,
                              timeout=120, stdin=subprocess.DEVNULL)

    def verify(self, *words):
        """(exit code, the JSON)"""
        done = self.run("seals", "verify", "--json", *words)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)["seals"]

    def sql(self, *commands, least=1):
        """Each must change at least so many rows."""
        db = sqlite3.connect(os.path.join(self.store, "lookback.db"))
        with db:
            for command in commands:
                assert db.execute(command).rowcount >= least, command
        db.close()

    def ask(self, query):
        db = sqlite3.connect(os.path.join(self.store, "lookback.db"))
        rows = db.execute(query).fetchall()
        db.close()
        return rows


@pytest.fixture
def copy(demo, folder):
    return Copy(demo, str(folder))


def fingerprint(store):
    """Of the public key beside the store, worked out by openssl and hashlib alone."""
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", os.path.join(store, "seal.pub"),
                          "-outform", "DER"], capture_output=True, check=True).stdout
    return hashlib.sha256(der[-32:]).hexdigest()


def test_a_store_nobody_touched_is_sound(copy):
    code, seals = copy.verify()
    assert (code, seals["sound"], seals["faults"]) == (0, True, [])
    assert seals["segments"] >= 48 and seals["unsealed"]["entries"] == 0
    assert seals["keys"] == [fingerprint(copy.store)]
    words = copy.run("seals", "verify", "--lang", "en").stdout
    assert "what is sealed is as it was when it was sealed" in words
    assert words.startswith("模拟数据 / SIMULATED\n")


def test_one_digit_in_a_sealed_reading_is_named(copy):
    point, seq, value, segment = copy.ask(
        "SELECT p.name, k.seq, k.value, k.segment FROM kept k JOIN point p ON p.id = k.point WHERE"
        " k.segment = 20 AND k.value > 1 ORDER BY k.seq LIMIT 1 OFFSET 40")[0]
    changed = round(value + 0.1, 6)
    copy.sql(f"UPDATE kept SET value = {changed} WHERE seq = {seq} AND point ="
             f" (SELECT id FROM point WHERE name = '{point}')")
    code, seals = copy.verify()
    assert (code, seals["sound"], seals["fault_count"]) == (1, False, 1)
    fault = seals["faults"][0]
    assert (fault["fault"], fault["change"]) == ("row_differs", "changed")
    assert (fault["leaf"], fault["seq"], fault["segment"]) == ("point " + point, seq, segment)
    assert fault["row"].split(",")[2] == repr(changed).removesuffix(".0")
    words = copy.run("seals", "verify", "--lang", "en").stdout
    assert f"readings of {point}: the row of number {seq} is not as it was sealed; now: {seq}," in words
    assert "NEEDS CHECKING" in words


def test_a_day_cut_from_the_end_shows_beside_a_head_kept_outside(copy, folder):
    status = json.loads(copy.run("status", "--json").stdout)
    anchor = folder / "head.json"
    anchor.write_text(json.dumps(status["seal"]))
    assert copy.verify("--anchor", str(anchor))[0] == 0
    newest = status["seal"]["segment"]
    first = copy.ask(f"SELECT first_seq FROM segment WHERE segment = {newest - 24}")[0][0]
    copy.sql(*(f"DELETE FROM {table} WHERE segment >= {newest - 24}"
               for table in ("kept", "leaf", "segment")))
    copy.sql(*(f"DELETE FROM {table} WHERE seq >= {first}"
               for table in ("poll", "event", "problem_version")), least=0)
    code, seals = copy.verify()
    assert code == 0 and seals["newest"]["segment"] == newest - 25  # nothing shows from inside
    done = copy.run("seals", "verify", "--lang", "en", "--anchor", str(anchor))
    assert done.returncode == 1
    assert (f"the store was cut or rewritten: the anchor names segment {newest}, the newest here is"
            f" {newest - 25}") in done.stdout


def test_a_head_of_another_history_shows_that_the_store_was_rewritten(copy, folder):
    anchor = folder / "head"
    anchor.write_text("7 " + "0" * 64 + "\n")
    done = copy.run("seals", "verify", "--lang", "en", "--anchor", str(anchor))
    assert done.returncode == 1
    assert "the store was rewritten: of segment 7 the anchor has the head 000000" in done.stdout


def test_a_rule_that_was_sealed_cannot_be_changed_afterwards(copy):
    text = copy.ask("SELECT text FROM configuration ORDER BY seq LIMIT 1")[0][0]
    digest = next(line[:64] for line in text.splitlines() if line.endswith("  settings/rules.conf"))
    copy.sql("UPDATE snapshot SET content = CAST(replace(CAST(content AS TEXT), '=', '= ') AS BLOB)"
             f" WHERE digest = x'{digest}'")
    code, seals = copy.verify()
    assert (code, seals["fault_count"]) == (1, 1)
    assert (seals["faults"][0]["fault"], seals["faults"][0]["leaf"]) == ("item_differs",
                                                                         "settings/rules.conf")


def test_wrong_words_and_files_are_said(copy, folder):
    assert copy.run("seals").returncode == 2
    assert copy.run("seals", "look").returncode == 2
    assert copy.run("seals", "verify", "--key", "12 34").returncode == 2
    assert copy.run("seals", "verify", "--anchor", str(folder / "none")).returncode == 3
    (folder / "words").write_text("hello\n")
    done = copy.run("seals", "verify", "--lang", "en", "--anchor", str(folder / "words"))
    assert done.returncode == 2 and "holds no head" in done.stderr
    os.unlink(os.path.join(copy.store, "lookback.db"))
    assert copy.run("seals", "verify").returncode == 3


# --- with a collector ------------------------------------------------------------------------------


class Slow:
    """A device whose registers say how often it was asked."""

    def __init__(self):
        self.count = 0

    def words(self, request):
        self.count += 1
        return [self.count % 1000] * request.count


def town_that_seals(town, peers, every="1h"):
    town.device(port=peers.scripted(Slow().words).port, every="200ms")
    town.settings["seal"] = {"every": every}
    return town


def sealed(town):
    return (town.rows("SELECT max(segment) FROM segment WHERE root IS NOT NULL") or [(0,)])[0][0] or 0


def test_status_shows_the_fingerprint_that_goes_on_the_commissioning_sheet(town, peers):
    town_that_seals(town, peers).start().wait_polls(2)
    status = town.ask("status")
    assert status["seal"] is None and status["key"] == fingerprint(town.store)
    groups = " ".join(re.findall("....", status["key"]))
    words = town.command("status").stdout
    assert "nothing is sealed yet" in words and groups in words
    assert town.command("seal").returncode == 0
    seal = town.ask("status")["seal"]
    assert set(seal) == {"segment", "head", "time", "anchored", "key", "waiting"}
    row = town.rows("SELECT head, sealed FROM segment WHERE segment = ?", seal["segment"])[0]
    assert (seal["head"], seal["key"]) == (row[0].hex(), fingerprint(town.store))
    assert seal["anchored"] == [] and seal["waiting"] == 0
    town.stop()
    later = town.ask("status")
    assert later["seal"]["segment"] > seal["segment"] and later["key"] == seal["key"]
    words = town.command("status").stdout
    assert f"newest seal: segment {later['seal']['segment']}" in words and groups in words


def test_a_store_is_verified_while_it_is_written_and_sealed(town, peers):
    town_that_seals(town, peers, "1s").start()
    for _ in range(4):
        before = sealed(town)
        town.wait(lambda: sealed(town) > before, 30, "another seal")
        seals = town.ask("seals", "verify")["seals"]
        assert seals["sound"], seals["faults"]
    town.stop()
    assert town.ask("seals", "verify")["seals"]["unsealed"]["entries"] == 0


def test_a_key_others_can_read_seals_nothing_and_says_how_to_mend_it(town, peers):
    town_that_seals(town, peers).start().wait_polls(2)
    town.stop()
    os.chmod(os.path.join(town.store, "seal.key"), 0o644)
    before = sealed(town)
    town.start()
    notice = town.wait(lambda: [one for one in town.ask("status")["notices"] if one["id"] == "seal"],
                       30, "the notice")[0]
    assert "seal.key" in notice["text"] and "chmod" in notice["text"]
    town.stop()
    assert sealed(town) == before
    seals = town.ask("seals", "verify")["seals"]
    assert seals["sound"] and seals["unsealed"]["entries"] > 0
    os.chmod(os.path.join(town.store, "seal.key"), 0o600)
    town.start().wait_polls(1)
    town.stop()
    assert town.ask("seals", "verify")["seals"]["unsealed"]["entries"] == 0


def test_a_key_that_hands_over_to_the_next_is_explained(town, peers):
    town_that_seals(town, peers).start().wait_polls(2)
    first = fingerprint(town.store)
    assert town.command("seal").returncode == 0
    assert town.command("seal", "--new-key").returncode == 0
    town.wait_polls(2)
    town.stop()
    second = fingerprint(town.store)
    seals = town.ask("seals", "verify")["seals"]
    assert (seals["sound"], seals["keys"]) == (True, [first, second])
    for key in (first, second.upper(), " ".join(re.findall("....", second))):
        assert town.command("seals", "verify", "--key", key).returncode == 0
    done = town.command("seals", "verify", "--key", "0" * 64)
    assert done.returncode == 1 and "the key that was given signed nothing here" in done.stdout


def test_a_lost_key_is_told_and_never_passes_for_the_old_one(town, peers):
    town_that_seals(town, peers).start().wait_polls(2)
    town.stop()
    first = fingerprint(town.store)
    os.unlink(os.path.join(town.store, "seal.key"))
    town.start().wait_polls(2)
    assert any(one["id"] == "seal" for one in town.ask("status")["notices"])
    town.stop()
    seals = town.ask("seals", "verify")["seals"]
    assert not seals["sound"] and seals["fault_count"] == 1
    assert seals["faults"][0]["fault"] == "key_unexplained"
    assert seals["faults"][0]["row"] == fingerprint(town.store) != first
    done = town.command("seals", "verify")
    assert "the key changed without a signature of the old one" in done.stdout


def test_a_seal_by_hand_says_that_the_key_was_lost(town, peers):
    town_that_seals(town, peers).start().wait_polls(2)
    town.stop()
    assert "one before" not in town.command("seal").stderr
    os.unlink(os.path.join(town.store, "seal.key"))
    done = town.command("seal")
    assert done.returncode == 0
    assert fingerprint(town.store) in done.stderr and "its file was lost or replaced" in done.stderr


def test_changed_settings_are_another_configuration_and_both_stay(town, peers):
    town_that_seals(town, peers)
    town.rules = [{"name": "cod-high", "points": ["yard/probe/cod.c0"], "above": 50.0}]
    town.start().wait_polls(1)
    town.stop()
    town.start().wait_polls(1)
    town.stop()
    assert len(town.rows("SELECT seq FROM configuration")) == 1  # the same settings
    town.rules[0]["above"] = 60.0
    town.start().wait_polls(1)
    town.stop()
    rows = town.rows("SELECT c.seq, c.text, e.kind FROM configuration c JOIN event e ON e.seq = c.seq"
                     " ORDER BY c.seq")
    assert [row[2] for row in rows] == ["configuration", "configuration"]
    sheets = []
    for _, text, _ in rows:
        items = dict(reversed(line.split("  ", 1)) for line in text.splitlines())
        assert list(items) == sorted(items, key=lambda name: name.encode())
        content = town.rows("SELECT content FROM snapshot WHERE hex(digest) = ?",
                            items["points/yard/probe/cod.c0.json"].upper())[0][0]
        assert hashlib.sha256(content).hexdigest() == items["points/yard/probe/cod.c0.json"]
        sheets.append(json.loads(content))
    assert [float(sheet["rules"][0]["lanes"][0]["stages"][0]["high"])
            for sheet in sheets] == [50.0, 60.0]
    assert town.ask("seals", "verify")["seals"]["sound"]
