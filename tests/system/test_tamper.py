"""Forgeries of stores and bundles, the classes E1 to E14 and many by chance: each is found by
Lookback and by the second verifier, and what was found is right. Untouched ones are never accused.

Forged are copies of one sealed town (tests/support/tamper_town.py). LOOKBACK_LONG=1 makes ten
thousand forgeries instead of two hundred; LOOKBACK_SEED repeats those of another run.
"""
import json
import os
import random
import re
import struct
import subprocess
import zlib

import pytest

import tamper
import tamper_make
import tamper_town
import verify_bundle
from tamper import issued, listed, opened, packed, reissued, replaced, resealed
from tamper_random import forge_store, forged_bundle
from tamper_town import Town, ours, second
from verify_seals import digest_of, leaf_hash, tree_root
from verify_store import Check, leaf_text, row_marks, time_text

LONG = os.environ.get("LOOKBACK_LONG", "0") == "1"
SEED = int(os.environ.get("LOOKBACK_SEED", random.SystemRandom().randrange(1 << 32)))
BATCHES = 4  # for as many workers
BUNDLES, STORES, UNTOUCHED = (8000, 2000, 1000) if LONG else (140, 60, 20)
POINT = "chuanyang-03/nh3/ammonia_nitrogen"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture
def forged(made):
    """A copy of the town to forge."""
    with Town(made) as town:
        yield town


class Whole:
    """An untouched bundle, its files, and the key that sealed it."""

    def __init__(self, made):
        with Town(made) as town:
            since, until = day(town, 20), day(town, 12)
            self.data = town.export("71", since, until)
            with open(os.path.join(town.store, "seal.key"), "rb") as file:
                self.key = tamper_make.Key(file.read())
            self.later = [{"segment": segment, "head": head.hex(), "time": time_text(sealed)}
                          for segment, head, sealed in town.rows(
                              "SELECT segment, head, sealed FROM segment ORDER BY segment")]
        self.files = opened(self.data)
        self.fingerprint = self.key.fingerprint


@pytest.fixture(scope="module")
def whole(made):
    return Whole(made)


def day(town, ago):
    """Midnight so many days before the end of the store, in the collector's zone, as a date."""
    (last,) = town.rows("SELECT max(time) FROM poll")[0]
    return time_text(last + 8 * 3600000 - ago * 86400000)[:10]


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


# 一、没有动过的 · What nobody touched -------------------------------------------------------------------


def test_an_untouched_store_is_as_it_was_sealed(forged):
    code, said = forged.seals_verify()
    assert code == 0, said
    assert forged.second_verify() == []


@pytest.mark.parametrize("batch", range(BATCHES))
def test_an_untouched_bundle_is_never_accused(made, batch):
    rng = random.Random(SEED + batch)
    with Town(made) as town:
        for _ in range(UNTOUCHED // BATCHES):
            task, first = rng.choice(["71", "91", "93"]), rng.randint(3, 90)
            span = day(town, first), day(town, rng.randint(0, first - 1))
            form = rng.choice([(), ("--public",)])
            data = town.export(task, *span, *form)
            for answer in both(data):
                assert not answer.refuted(), (SEED, task, span, form, answer)
                assert answer.states["unchanged"] == "proven", (SEED, task, span, form, answer)
                assert answer.states["verdict-recomputed"] == "proven", (SEED, task, span, form, answer)


def test_a_whole_bundle_proves_what_it_can_and_no_more(whole):
    for answer in both(whole.data, whole):
        assert answer.states == {"unchanged": "proven", "complete": "proven", "signed-by": "proven",
                                 "existed-before": "not proven", "verdict-recomputed": "proven"}, answer
    for answer in both(whole.data):
        assert answer.states["signed-by"] == "not proven", answer
        assert whole.fingerprint in answer.reasons["signed-by"]


# 二、改了一处 · One thing changed: what was found is right --------------------------------------------------


def test_a_digit_in_the_csv_is_named_by_its_line(whole):
    lines = whole.files["readings.csv"].split(b"\r\n")
    number = len(lines) // 2
    field = lines[number].split(b",")
    field[2] = tamper.other_digit(field[2], random.Random(1))
    lines[number] = b",".join(field)
    files = {**whole.files, "readings.csv": b"\r\n".join(lines)}
    named(both(packed(files), whole, "unchanged"), "unchanged", r"readings\.csv")
    answers = both(packed(reissued(files, whole.key)), whole, "unchanged")
    named(answers, "unchanged", rf"readings\.csv\D*{number + 1}\b")


def test_a_digit_in_a_sealed_row_is_named_by_its_segment(whole):
    name = f"rows/{POINT}.txt"
    text = whole.files[name].decode()
    match = list(re.finditer(r"(?m)^\d+,[^,]+Z,(\d+\.\d+),N,$", text))[40]
    segment = re.findall(r"(?m)^segment (\d+) leaf", text[:match.start()])[-1]
    digit = "1" if text[match.end(1) - 1] != "1" else "2"
    text = text[:match.end(1) - 1] + digit + text[match.end(1):]
    files = {**whole.files, name: text.encode()}
    for data in (packed(files), packed(reissued(files, whole.key))):
        named(both(data, whole, "unchanged"), "unchanged", rf"{POINT}.*\b{segment}\b")


def test_a_digit_in_the_store_before_the_export_is_named_by_its_row_and_found_in_the_bundle(forged):
    point, segment, seq = forged.rows(
        "SELECT k.point, k.segment, k.seq FROM kept k JOIN point p ON p.id = k.point WHERE p.name = ?"
        " AND k.quality = 0 ORDER BY k.time DESC LIMIT 1 OFFSET 300", POINT)[0]
    assert forged.forge((f"UPDATE kept SET value = value + 0.01 WHERE segment = {segment} AND"
                         f" point = {point} AND seq = {seq}",)) == 1
    found_in_store(forged, rf"(?s){segment}.*{POINT}.*{seq}")
    data = forged.export("71", day(forged, 20), day(forged, 5))
    named(both(data, claim="unchanged"), "unchanged", rf"{POINT}.*\b{segment}\b")


def cut_tail(town, segments):
    """Everything after a segment is gone, as if it had never been. Returns the heads that were."""
    heads = [{"segment": number, "head": head.hex(), "time": time_text(sealed)}
             for number, head, sealed in town.rows(
                 "SELECT segment, head, sealed FROM segment WHERE head IS NOT NULL ORDER BY segment")]
    keep = heads[-1]["segment"] - segments
    (last,) = town.rows("SELECT last_seq FROM segment WHERE segment = ?", keep)[0]
    town.forge(*(f"DELETE FROM {table} WHERE seq > {last}" for table in (
        "poll", "event", "problem_version", "fresh", "kept", "configuration")),
        *(f"DELETE FROM {table} WHERE segment > {keep}" for table in ("segment", "leaf", "anchor")),
        f"UPDATE cursor SET seq = min(seq, {last})", f"DELETE FROM problem WHERE seq > {last}")
    return heads


def test_a_day_cut_from_the_end_is_seen_by_a_head_that_was_left_outside(forged):
    heads = cut_tail(forged, 2)
    anchor = heads[-1]
    assert forged.second_verify() == []
    assert any("cut off" in fault for fault in forged.second_verify([anchor]))
    data = forged.export("71", day(forged, 10), time_text(
        forged.rows("SELECT max(time) FROM poll")[0][0] + 2 * 86400000))
    for answer in both(data):
        assert answer.states["complete"] == "not proven", answer
    named(both(data, claim="complete", anchors=[anchor]), "complete", str(anchor["segment"]))


# 三、E1、E2 · Rows of a store ------------------------------------------------------------------------------

COLUMNS = [("kept", change) for change in ("value = value + 1", "quality = 3", "cause = 1",
                                           "time = time + 1", "seq = seq + 1000000")] + \
          [("poll", change) for change in ("time = time + 1", "mono = mono + 1", "boot = boot + 7",
                                           "raw = x'0300000001'", "device = device + 1",
                                           "seq = seq + 1000000")] + \
          [("event", change) for change in ("kind = 'gap'", "time = time + 1", "mono = mono + 1",
                                            "boot = boot + 7", "who = 'somebody'",
                                            "arguments = '{}'")] + \
          [("problem_version", change) for change in ("uid = 'f' || substr(uid, 2)", "version = 9999",
                                                      "body = '{}'", "nature = 'doubt2'")] + \
          [("segment", f"{name} = zeroblob(length({name}))") for name in (
              "root", "previous", "head", "signature")] + \
          [("segment", change) for change in ("sealed = sealed + 1", "key = '" + "0" * 64 + "'",
                                              "leaves = leaves + 1", "collector = 'zj-99'")]


@pytest.mark.parametrize("table, change", COLUMNS)
def test_e1_an_edited_column_is_found(forged, table, change):
    key = "segment = 40" if table == "segment" else \
        "(segment, point, time, seq) = (SELECT segment, point, time, seq FROM kept" \
        " WHERE segment = 40 AND quality = 0 LIMIT 1 OFFSET 3)" if table == "kept" else \
        f"seq = (SELECT seq FROM {table} ORDER BY seq LIMIT 1 OFFSET 2)"
    assert forged.forge(f"UPDATE {table} SET {change} WHERE {key}") == 1
    found_in_store(forged)


@pytest.mark.parametrize("what", ["removed", "inserted", "swapped"])
def test_e2_a_row_too_few_too_many_or_in_another_place_is_found(forged, what):
    rows = forged.rows("SELECT seq, time, value FROM kept WHERE segment = 40 AND quality = 0 AND point ="
                       " (SELECT id FROM point WHERE name = ?) ORDER BY time", POINT)
    at = f"segment = 40 AND point = (SELECT id FROM point WHERE name = '{POINT}') AND seq = "
    (one, _, a), (other, _, b) = rows[3][:3], next(row for row in rows[4:] if row[2] != rows[3][2])
    forge = {"removed": [f"DELETE FROM kept WHERE {at}{one}"],
             "inserted": ["INSERT INTO kept SELECT segment, point, time + 1000, seq, value, quality,"
                          f" cause FROM kept WHERE {at}{one}"],
             "swapped": [f"UPDATE kept SET value = {b!r} WHERE {at}{one}",
                         f"UPDATE kept SET value = {a!r} WHERE {at}{other}"]}[what]
    assert forged.forge(*forge) == len(forge)
    found_in_store(forged, rf"40.*{POINT}")
    data = forged.export("71", day(forged, 70), day(forged, 40))
    named(both(data, claim="unchanged"), "unchanged", rf"{POINT}.*\b40\b")


# 四、E4 · The whole chain made anew --------------------------------------------------------------------------


def rebuild(town, key=None):
    """Leaves, roots and heads of a store made anew over its rows; signed by `key`, or with the old
    signatures left standing."""
    check = Check(town.store)
    store, previous, statements = check.store, None, []
    for row in store.db.execute(
            "SELECT collector, segment, first_seq, last_seq, first_time, last_time, previous, key,"
            " sealed, signature FROM segment WHERE head IS NOT NULL ORDER BY segment").fetchall():
        collector, segment, first, last, since, until, before, old_key, sealed, signature = row
        leaves = store.leaves(segment, first, last)
        hashes = [leaf_hash(leaf_text(lines)) for lines in leaves]
        text = verify_head(collector, store.id, segment, first, last, since, until, hashes,
                           previous or before.hex(), sealed, key.fingerprint if key else old_key)
        previous = digest_of(text.encode())
        statements.append(("UPDATE segment SET root = ?, head = ?, previous = ?, signature = ?, key = ?,"
                           " leaves = ? WHERE segment = ?", (
                               tree_root(hashes), bytes.fromhex(previous),
                               bytes.fromhex(text.split("previous ")[1][:64]),
                               key.sign(text) if key else signature,
                               key.fingerprint if key else old_key, len(leaves), segment)))
        statements.append(("DELETE FROM leaf WHERE segment = ?", (segment,)))
        statements += [("INSERT INTO leaf(segment, number, name, rows, digest, marks) VALUES"
                        "(?, ?, ?, ?, ?, ?)", (segment, number, lines[0], len(lines) - 1, own,
                                               row_marks(lines)))
                       for number, (lines, own) in enumerate(zip(leaves, hashes))]
    store.db.close()
    town.forge(*statements)


def verify_head(collector, store, segment, first, last, since, until, hashes, previous, sealed, key):
    from verify_seals import head_text
    return head_text(collector, store, segment, first, last, time_text(since) or "-",
                     time_text(until) or "-", len(hashes), tree_root(hashes).hex(), previous,
                     time_text(sealed), key)


def forge_one(town):
    assert town.forge("UPDATE kept SET value = value * 0.5 WHERE segment = 80 AND quality = 0") > 5


def test_e4_a_chain_made_anew_without_the_key_has_wrong_signatures(forged):
    forge_one(forged)
    rebuild(forged)
    found_in_store(forged, r"\b80\b.*signature|signature.*\b80\b")
    data = forged.export("71", day(forged, 20), day(forged, 5))
    both(data, claim="signed-by")


def test_e4_a_chain_made_anew_with_another_key_is_not_by_the_gateways(forged, whole):
    forge_one(forged)
    rebuild(forged, tamper.Key())
    found_in_store(forged)
    both(forged.export("71", day(forged, 20), day(forged, 5)), whole, "signed-by")
    both(packed(resealed(whole.files, tamper.Key())), whole, "signed-by")


def test_e4_a_chain_made_anew_with_the_key_itself_differs_from_a_head_left_outside(forged, whole):
    forge_one(forged)
    rebuild(forged, whole.key)
    anchor = whole.later[84]
    assert forged.second_verify() == []
    assert forged.second_verify([anchor])
    data = forged.export("71", day(forged, 20), day(forged, 5))
    for answer in both(data, whole):
        assert answer.states["unchanged"] == "proven", answer
    both(data, whole, "complete", anchors=[anchor])
    both(data, whole, "existed-before", anchors=[anchor])


# 五、E5 · The archive and its files -------------------------------------------------------------------------


def renamed(files, old, new):
    return {new if name == old else name: content for name, content in files.items()}


def in_order(data, order):
    """The same entries in another order, every sum good."""
    from verify_archive import LOCAL, central_header, end_record, local_header, read_archive
    files = read_archive(data)
    parts, directory, at = [], [], 0
    for name in order(sorted(files, key=str.encode)):
        raw, content = name.encode(), files[name]
        directory.append(central_header(raw, zlib.crc32(content), len(content), at))
        parts.append(local_header(raw, content) + content)
        at += LOCAL.size + len(raw) + len(content)
    central = b"".join(directory)
    return b"".join(parts) + central + end_record(len(files), len(central), at)


ARCHIVES = {
    "edited": lambda data, files: packed(replaced(files, "VERIFY.md", b"bundle", b"Bundle")),
    "a file added": lambda data, files: packed({**files, "notes.txt": b"x"}),
    "a file removed": lambda data, files: packed(
        {name: content for name, content in files.items() if name != "SEAL.md"}),
    "renamed": lambda data, files: packed(renamed(files, f"rows/{POINT}.txt", "rows/a/b/c.txt")),
    "reordered": lambda data, files: in_order(data, lambda names: names[1:] + names[:1]),
    "an entry twice": lambda data, files: in_order(data, lambda names: names[:1] + names),
    "bytes behind": lambda data, files: data + b"\0",
    "bytes before": lambda data, files: b"\0" + data,
    "a comment": lambda data, files: data[:-2] + struct.pack("<H", 3) + b"abc",
    "listed anew": lambda data, files: packed(listed(replaced(files, "VERIFY.md", b"bundle", b"x"))),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_e5_a_bundle_packed_otherwise_is_refuted(whole, what):
    both(ARCHIVES[what](whole.data, whole.files), whole, "unchanged")


def test_e5_zipped_again_by_another_program_is_refuted(whole, tmp_path):
    import zipfile
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = tmp_path / f"{method}.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name in sorted(whole.files, key=str.encode):
                archive.writestr(name, whole.files[name])
        both(path.read_bytes(), whole, "unchanged")


# 六、E6、E7、E9 · Signatures, versions, keys -------------------------------------------------------------


def signatures(files):
    return re.findall(rb"signature ([0-9a-f]{128})", files["heads.txt"])


def test_e6_a_signature_that_was_stripped_or_replaced_is_named(whole):
    first, second_one = signatures(whole.files)[2:4]
    segment = re.findall(rb"(?m)^segment (\d+)$", whole.files["heads.txt"])[2].decode()
    text = tamper.heads_of(whole.files["heads.txt"].decode())[int(segment)].text
    for other in (b"0" * 128, second_one, tamper.Key().sign(text).hex().encode()):
        files = replaced(whole.files, "heads.txt", first, other)
        answers = both(packed(reissued(files, whole.key)), whole, "signed-by")
        named(answers, "signed-by", rf"\b{segment}\b")
    for files in (replaced(whole.files, "heads.txt", b"signature " + first + b"\n", b""),
                  replaced(whole.files, "heads.txt", first, b"")):
        both(packed(reissued(files, whole.key)), whole, "unchanged")


def test_e6_a_valid_key_that_is_not_the_gateways_is_refuted_by_its_fingerprint(whole):
    other = tamper.Key()
    data = packed(resealed(whole.files, other))
    for answer in both(data):
        assert answer.states["signed-by"] == "not proven", answer
        assert other.fingerprint in answer.reasons["signed-by"]
    both(data, whole, "signed-by")


@pytest.mark.parametrize("version", ["lookback bundle 0", "lookback bundle 2"])
def test_e7_another_version_of_the_bundle_is_not_guessed_at(whole, version):
    for data in (packed(listed(whole.files, format=version)),
                 packed(reissued(whole.files, whole.key, format=version))):
        for answer in both(data, whole):
            assert "proven" not in answer.states.values() and answer.code == 1, answer
            assert version in answer.reasons["unchanged"], answer


@pytest.mark.parametrize("version", ["lookback seal 0", "lookback seal 2"])
def test_e7_another_version_of_a_head_is_not_guessed_at(whole, version):
    files = replaced(whole.files, "heads.txt", b"lookback seal 1", version.encode())
    for answer in both(packed(reissued(files, whole.key)), whole):
        assert "proven" not in answer.states.values() and answer.code == 1, answer


# 七、E8、E10 · Clock and settings --------------------------------------------------------------------------


def without_entry(files, kind):
    """An entry that was shown is withheld; its line in the sealed list stays."""
    text = files["events.txt"].decode()
    line = next(line for line in text.split("\n")
                if line.startswith("event,") and line.split(",")[2] == kind)
    segment = text[:text.index(line)].rpartition("\nevents ")
    count, shown = segment[2].split("\n")[0].split()
    head = f"{segment[0]}\nevents {count} {int(shown) - 1}\n" + segment[2].split("\n", 1)[1]
    return {**files, "events.txt": (head + text[text.index(line):].replace(line + "\n", "", 1)).encode()}


@pytest.fixture(scope="module")
def long_one(made):
    """A bundle with a step of the clock, the task's strike-off and a maintenance window in it."""
    with Town(made) as town:
        return opened(town.export("71", day(town, 80), day(town, 30)))


def test_e8_a_clock_that_was_set_back_stands_in_the_bundle_and_cannot_be_left_out(long_one, whole):
    verdict = json.loads(long_one["verdict.json"])
    assert "clock_step" in json.dumps(verdict)
    for answer in both(packed(reissued(without_entry(long_one, "clock.step"), whole.key)), whole,
                       "complete"):
        assert "clock.step" in answer.reasons["complete"], answer


@pytest.mark.parametrize("kind", ["task.strike_off", "device.maintenance"])
def test_an_entry_that_bears_on_the_case_cannot_be_left_out(long_one, whole, kind):
    named(both(packed(reissued(without_entry(long_one, kind), whole.key)), whole, "complete"),
          "complete", re.escape(kind))


def test_e10_settings_changed_and_changed_back_are_all_in_the_chain(forged, whole):
    rules = os.path.join(forged.dir, "rules.conf")
    with open(rules, encoding="utf-8") as file:
        words = file.read()
    since = day(forged, 2)
    for text in (words, words.replace('for = "2h"', 'for = "200h"'), words):
        with open(rules, "w", encoding="utf-8") as file:
            file.write(text)
        assert forged.command("seal").returncode == 0
    later = time_text(forged.rows("SELECT max(time) FROM event")[0][0] + 86400000)
    files = opened(forged.export("71", since, later))
    lines = re.findall(r"(?m)^\d+,[0-9a-f]{64}$", files["events.txt"].decode())
    digests = [line.split(",")[1] for line in dict.fromkeys(lines)]
    assert len(digests) >= 3 and digests[-1] == digests[-3] != digests[-2], digests
    assert files[f"configuration/{digests[-2]}.txt"]
    hidden = dict(files)
    del hidden[f"configuration/{digests[-2]}.txt"]
    both(packed(reissued(hidden, whole.key)), whole, "unchanged")


# 八、E11 · Texts that read as one thing and are another ---------------------------------------------------


def test_e11_a_key_that_stands_twice_is_refused(whole):
    manifest = replaced(whole.files, "manifest.json", b'"task":"71"', b'"task":"93","task":"71"')
    both(packed(issued(manifest, whole.key)), whole, "unchanged")
    verdict = replaced(whole.files, "verdict.json", b"{", b'{"answer":"held",')
    both(packed(reissued(verdict, whole.key)), whole)


@pytest.mark.parametrize("old, new", [(b'"task":"71"', b'"task":"\\u0037\\u0031"'),
                                      (b'"task":"71"', b'"task": "71"'), (b"{", b"\xef\xbb\xbf{"),
                                      (b"}\n", b"}\r\n"), (b'"71"', b'"7\xc0\xb1"')])
def test_e11_json_in_any_other_than_its_one_form_is_refused(whole, old, new):
    files = replaced(whole.files, "manifest.json", old, new)
    both(packed(files if b"\xc0" in new else issued(files, whole.key)), whole, "unchanged")


@pytest.mark.parametrize("change", [lambda text: text + b"0", lambda text: b"+" + text,
                                    lambda text: b"0" + text, lambda text: text + b"e0",
                                    lambda text: text.replace(b".", b","), lambda text: b" " + text,
                                    lambda text: text + b"0000000000000000001",
                                    lambda text: "０".encode() + text[1:]])
def test_e11_a_number_in_any_other_than_its_one_form_is_refused(whole, change):
    name = f"rows/{POINT}.txt"
    match = list(re.finditer(rb"(?m)^(\d+,[^,]+Z,)(0\.\d+)(,N,)$", whole.files[name]))[60]
    seq = match[1].split(b",")[0]
    files = replaced(whole.files, name, match[0], match[1] + change(match[2]) + match[3])
    csv = re.search(rb"(?m)^.*,(0\.\d+),.*," + seq + rb"\r$", files["readings.csv"])
    files = replaced(files, "readings.csv", csv[0], csv[0].replace(match[2], change(match[2])))
    both(packed(resealed(files, whole.key)), whole, "unchanged")


@pytest.mark.parametrize("name", ["rows/chuanyang-03/nh3/аmmonia_nitrogen.txt", "Manifest.json",
                                  "rows/chuanyang-03/nh3/ammonia_nitrogen.txt ", "manifest.json\0"])
def test_e11_a_name_that_only_looks_alike_is_refused(whole, name):
    both(packed({**whole.files, name: b"x"}), whole, "unchanged")


# 九、E12 · Archives made to hurt ------------------------------------------------------------------------------


def entry(name, content, method=0, size=None, crc=None, version=20, attributes=0o100644 << 16, extra=b""):
    """(local header with content, central header without its offset)"""
    raw = name.encode()
    size = len(content) if size is None else size
    crc = zlib.crc32(content) if crc is None else crc
    local = struct.pack("<4s5H3I2H", b"PK\3\4", version, 0, method, 0, 0x21, crc, len(content), size,
                        len(raw), len(extra)) + raw + extra + content
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 0x0314, version, 0, method, 0, 0x21, crc,
                          len(content), size, len(raw), 0, 0, 0, 0, attributes, 0) + raw
    return local, central


def archive(*entries):
    body, directory, at = b"".join(local for local, _ in entries), [], 0
    for local, central in entries:
        directory.append(central[:42] + struct.pack("<I", at) + central[46:])
        at += len(local)
    directory = b"".join(directory)
    return body + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries),
                                          len(directory), len(body), 0)


def deflated(count):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(count)) + packer.flush()


HOSTILE = {
    "a bomb": lambda: archive(entry("manifest.json", deflated(256), 8, 256 << 20)),
    "a bomb that says 4 GiB": lambda: archive(entry("manifest.json", b"x", 0, 0xFFFFFFFE)),
    "ZIP64": lambda: archive(entry("manifest.json", b"x", 0, 0xFFFFFFFF, version=45,
                                   extra=struct.pack("<2H2Q", 1, 16, 10 << 30, 10 << 30))),
    "a link": lambda: archive(entry("manifest.json", b"/etc/passwd", attributes=0o120777 << 16)),
    "a way out": lambda: archive(entry("../../../../tmp/lookback-was-here", b"x")),
    "an absolute name": lambda: archive(entry("/tmp/lookback-was-here", b"x")),
    "a way out in a row's name": lambda: archive(entry("rows/../../x/y.txt", b"x")),
    "a drive": lambda: archive(entry("C:\\x", b"x")),
    "an empty name": lambda: archive(entry("", b"x")),
    "a folder": lambda: archive(entry("rows/", b"")),
    "nothing": lambda: b"",
    "an empty archive": lambda: archive(),
    "only its end": lambda: struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, 1 << 31, 1 << 31, 0),
    "65,000 entries": lambda: archive(*(entry(f"configuration/items/{i:064x}", b"")
                                        for i in range(65000))),
    "no archive": lambda: b"\x1f\x8b" + bytes(1000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_e12_a_hostile_archive_is_refuted_and_writes_nothing(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    both(HOSTILE[what](), claim="unchanged")
    assert os.listdir(tmp_path) == [] and not os.path.exists("/tmp/lookback-was-here")


# 十、E13 · An old bundle for a new case -------------------------------------------------------------------------


def test_e13_a_bundle_cannot_be_used_for_another_case(whole, made):
    for changes in ({"task": "93"}, {"to": "2030-01-01T00:00:00.000Z"}, {"form": "public"},
                    {"from": "2020-01-01T00:00:00.000Z"}, {"store": "0" * 32},
                    {"collector": "other"}, {"points": ["town-hall/pm/pm10"]}):
        both(packed(listed(whole.files, **changes)), whole, "unchanged")
    with Town(made) as town:
        other = opened(town.export("93", day(town, 20), day(town, 12)))
    both(packed({**whole.files, "issue.json": other["issue.json"]}), whole, "unchanged")
    stolen = {**other, **{name: whole.files[name] for name in ("heads.txt", "events.txt")}}
    both(packed(listed(stolen)), whole, "unchanged")


def test_e13_a_bundle_of_another_gateway_is_not_by_this_ones_key(whole):
    other = tamper_make.Made(3)
    for answer in both(other.bundle(), whole):
        assert answer.states["signed-by"] == "refuted", answer


# 十一、E14 · What cannot be proven away -----------------------------------------------------------------------


def test_e14_that_a_sensor_told_the_truth_is_said_to_be_unproven(whole, tmp_path):
    (tmp_path / "report.pdf").write_bytes(whole.files["report.pdf"])
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"], check=True,
                          capture_output=True, text=True).stdout
    assert re.search("不能证明|does not prove", text), text[-3000:]
    assert "What this does not prove" in whole.files["VERIFY.md"].decode()
    assert "That a sensor told the truth" in whole.files["SEAL.md"].decode()


# 十二、时间戳 · Time stamps -------------------------------------------------------------------------------------


class Responder:
    """OpenSSL's own responder, under an authority of its own."""

    def __init__(self, folder):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.ca = self.path("ca.pem")
        with open(self.path("ts.conf"), "w") as out:
            out.write("[tsa]\ndefault_tsa = one\n[one]\nserial = " + self.path("serial")
                      + "\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n"
                      "ess_cert_id_alg = sha256\n[stamp]\nextendedKeyUsage = critical,timeStamping\n")
        with open(self.path("serial"), "w") as out:
            out.write("01\n")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("ca.key"),
                 "-out", self.ca, "-subj", "/CN=Authority", "-days", "3650")
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("one.key"), "-out",
                 self.path("one.csr"), "-subj", "/CN=Responder")
        self.run("x509", "-req", "-in", self.path("one.csr"), "-CA", self.ca, "-CAkey",
                 self.path("ca.key"), "-CAcreateserial", "-days", "3650", "-extfile",
                 self.path("ts.conf"), "-extensions", "stamp", "-out", self.path("one.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def stamp(self, digest):
        self.run("ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", self.path("q"))
        self.run("ts", "-reply", "-config", self.path("ts.conf"), "-queryfile", self.path("q"),
                 "-signer", self.path("one.pem"), "-inkey", self.path("one.key"), "-out", self.path("r"))
        with open(self.path("r"), "rb") as file:
            return file.read()


@pytest.fixture(scope="module")
def responder(tmp_path_factory):
    return Responder(tmp_path_factory.mktemp("responder"))


def stamped(whole, response, segment):
    """The bundle with a stamp over one of its heads, sealed like the rest."""
    anchors = {"anchors": [{"kind": "time_stamp", "name": "tsa", "segment": segment,
                            "time": "2026-11-01T00:00:00.000Z"}]}
    files = {**whole.files, f"anchors/{segment:06d}.tsr": response,
             "anchors.json": (verify_bundle.canonical(anchors) + "\n").encode()}
    return packed(reissued(files, whole.key))


def test_a_time_stamp_proves_only_by_an_authority_that_is_trusted(whole, responder, tmp_path):
    heads = tamper.heads_of(whole.files["heads.txt"].decode())
    last = max(heads)
    good = stamped(whole, responder.stamp(heads[last].digest), last)
    for answer in both(good, whole, ca=responder.ca):
        assert answer.states["existed-before"] == "proven", answer
        assert not answer.refuted(), answer
    for ca in (None, Responder(tmp_path / "other").ca):
        for answer in both(good, whole, ca=ca):
            assert answer.states["existed-before"] == "not proven", answer
    early = stamped(whole, responder.stamp(heads[last - 3].digest), last - 3)
    for answer in both(early, whole, ca=responder.ca):
        assert answer.states["existed-before"] == "not proven", answer
    both(stamped(whole, responder.stamp(heads[last - 1].digest), last), whole, "existed-before",
         ca=responder.ca)


# 十三、随便怎么改 · By chance ---------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_bundle_forged_by_chance_is_found_by_both(whole, batch):
    rng = random.Random(SEED * 7 + batch)
    for number in range(BUNDLES // BATCHES):
        data, words = forged_bundle(whole.data, rng, whole.key)
        if data == whole.data:
            continue
        for name, answer in zip(("lookback", "second"), both(data, whole)):
            assert answer.refuted(), (f"LOOKBACK_SEED={SEED} batch {batch} number {number}", name, words,
                                      answer)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_store_forged_by_chance_is_found_by_both(made, batch):
    rng = random.Random(SEED * 11 + batch)
    for number in range(STORES // BATCHES):
        with Town(made) as town:
            words = forge_store(town, rng)
            where = f"LOOKBACK_SEED={SEED} batch {batch} number {number}: {words}"
            code, said = town.seals_verify()
            assert code == 1, (where, said)
            assert town.second_verify(), where
