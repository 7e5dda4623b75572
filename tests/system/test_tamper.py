"""Forgeries of stores and bundles, the classes E1 to E14 of what is done to evidence: each is found by
Lookback and by the second verifier, which share nothing, and what was found is right.

Forged are copies of one sealed town (tests/support/tamper_town.py); archives and texts in
test_tamper_archive.py, by chance in test_tamper_chance.py.
"""
import json
import os
import random
import re
import subprocess

import pytest

import tamper
import tamper_make
import tamper_town
from tamper import listed, opened, packed, reissued, replaced, resealed
from tamper_random import without_words
from tamper_stamps import Responder, stamped
from tamper_store import cut_tail, rebuild
from tamper_town import Town, Whole, both, day, found_in_store, named, ours, second
from verify_seals import time_text
from verify_verdict import differences, same

POINT = "chuanyang-03/nh3/ammonia_nitrogen"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture
def forged(made):
    """A copy of the town to forge."""
    with Town(made) as town:
        yield town


@pytest.fixture(scope="module")
def whole(made):
    return Whole(made)


# 一、没有动过的 · What nobody touched -------------------------------------------------------------------


def test_an_untouched_store_is_as_it_was_sealed(forged):
    code, said = forged.seals_verify()
    assert code == 0, said
    assert forged.second_verify() == []


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


ANSWERS = {"71": "not_proven", "91": "held", "93": "relapsed"}


@pytest.mark.parametrize("task", ANSWERS)
def test_a_verdict_that_does_not_follow_from_the_rows_is_refuted(made, whole, task):
    with Town(made) as town:
        files = opened(town.export(task, day(town, 94), day(town, 0)))
    assert json.loads(files["verdict.json"])["answer"] == ANSWERS[task]
    for answer in both(packed(files), whole):
        assert answer.states["verdict-recomputed"] == "proven", answer
    other = "not_proven" if ANSWERS[task] == "held" else "held"
    forged = replaced(files, "verdict.json", f'"answer":"{ANSWERS[task]}"'.encode(),
                      f'"answer":"{other}"'.encode(), -1)
    both(packed(reissued(forged, whole.key)), whole, "verdict-recomputed")


def forged_by_a_digit(text):
    """Each text that is JSON and says another thing for one other digit."""
    own = json.loads(text)
    for match in re.finditer(r"\d", text):
        for digit in "0123456789":
            try:
                forged = json.loads(text[:match.start()] + digit + text[match.end():])
            except ValueError:
                continue
            if without_words(forged) != without_words(own):
                yield forged, text[max(0, match.start() - 40):match.end() + 10]


def test_no_digit_of_a_verdict_can_be_changed_unseen(whole):
    text = opened(whole.data)["verdict.json"].decode()
    own = json.loads(text)
    unseen = [where for forged, where in forged_by_a_digit(text) if not any(differences(forged, own))]
    assert unseen == []


@pytest.mark.parametrize("said, own, agree", [
    (1234567, 1234567, True), (1234567, 1234568, False),
    (0.802458, 0.8024584, True), (0.802459, 0.8024584, False), (-0.802458, 0.8024584, False),
    (0.802458, 0.8024585 + 1e-12, True), (0.802459, 0.8024585 - 1e-12, True),  # reckoned in another order
    (0.0, 0, True), (1.1e-16, 0.0, True), (0.1, 0.0, False), (1e-9, 0.0, False),
    (3.2e-12, 3.2e-12, True), (3.3e-12, 3.2e-12, False)])
def test_a_real_is_held_to_the_digits_that_are_printed(said, own, agree):
    assert same(said, own) == agree


# 三、E1、E2 · Rows of a store ------------------------------------------------------------------------------

COLUMNS = [("kept", change) for change in ("value = value + 1", "quality = 3", "cause = 1",
                                           "time = time + 1", "seq = seq + 1000000")] + \
          [("poll", change) for change in ("time = time + 1", "mono = mono + 1", "boot = boot + 7",
                                           "raw = x'0300000001'", "device = device + 1",
                                           "seq = seq + 1000000")] + \
          [("event", change) for change in ("kind = 'gap'", "time = time + 1", "mono = mono + 1",
                                            "boot = boot + 7", "who = 'somebody'",
                                            "arguments = '{}'")] + \
          [("problem_version", change) for change in ("uid = iif(uid < 'f', 'f', 'e') || substr(uid, 2)", "version = 9999",
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


# 五、E6、E7、E9 · Signatures, versions, keys -------------------------------------------------------------


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


def to_tomorrow(town):
    """A span whose last segment is the newest."""
    return day(town, 5), time_text(town.rows("SELECT max(time) FROM event")[0][0] + 86400000)


def test_e9_a_key_that_was_handed_over_is_explained_and_one_that_was_not_is_refuted(forged):
    old = forged.key()
    assert forged.command("seal", "--new-key").returncode == 0
    new = forged.key()
    data = forged.export("71", *to_tomorrow(forged))
    for key, state in ((old, "proven"), (new, "not proven"), (tamper.Key(), "refuted")):
        for answer in (ours(data, key.fingerprint), second(data, key.fingerprint)):
            assert answer.states["signed-by"] == state, answer
    stolen = tamper.Key()
    with open(os.path.join(forged.store, "seal.key"), "wb") as out:
        out.write(stolen.pem)
    os.remove(os.path.join(forged.store, "seal.pub"))
    assert forged.command("seal").returncode == 0
    found_in_store(forged, stolen.fingerprint[:4])
    data = forged.export("71", *to_tomorrow(forged))
    for answer in (ours(data, old.fingerprint), second(data, old.fingerprint)):
        assert answer.states["signed-by"] == "refuted", answer
        assert stolen.fingerprint in answer.reasons["signed-by"], answer


# 六、E8、E10 · Clock and settings --------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", ["task.strike_off", "device.maintenance", "clock.step"])
def test_an_event_that_was_edited_is_named_by_its_segment(long_one, whole, kind):
    files = tamper.with_event(long_one, kind, lambda said: {**said, "note": "another"})
    changed = files["events.txt"].decode()
    line = next(line for line in changed.split("\n") if re.match(rf"event,\d+,{kind},", line))
    segment = re.findall(r"(?m)^segment (\d+)$", changed[:changed.index(line)])[-1]
    named(both(packed(reissued(files, whole.key)), whole, "unchanged"), "unchanged", rf"\b{segment}\b")


def test_a_segment_that_was_taken_out_leaves_a_hole_in_the_chain(whole):
    segment = sorted(tamper.heads_of(whole.files["heads.txt"].decode()))[4]
    files = tamper.without_segment(whole.files, segment)
    named(both(packed(reissued(files, whole.key)), whole, "complete"), "complete",
          rf"\b({segment}|{segment + 1})\b")


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


@pytest.mark.parametrize("change, told", [
    (lambda words: words.replace("rate_bound = 5.0;", "rate_bound = 95.0;"), True),
    (lambda words: words.replace("rate_bound = 5.0;", "rate_bound = 5.0 ; # 本镇核定"), False)])
def test_e10_numbers_of_the_verdict_softened_and_sealed_inside_the_window_let_nothing_be_proven(
        forged, change, told):
    with open(os.path.join(tamper_town.ROOT, "config", "verdict.conf"), encoding="utf-8") as file:
        words = file.read()
    assert change(words) != words
    with open(os.path.join(forged.dir, "verdict.conf"), "w", encoding="utf-8") as file:
        file.write(change(words))
    assert forged.command("seal").returncode == 0
    data = forged.export("91", day(forged, 60), time_text(
        forged.rows("SELECT max(time) FROM event")[0][0] + 86400000))
    verdict = json.loads(opened(data)["verdict.json"])
    doubts = [one for one in verdict["doubts"] if one["kind"] == "terms_changed"]
    assert [one["blocks"] for one in doubts] == ([True] if told else [])
    assert not told or verdict["answer"] == "not_proven"
    for answer in both(data):
        assert answer.states["verdict-recomputed"] == "proven", answer


# 七、E13 · An old bundle for a new case -------------------------------------------------------------------------


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


# 八、E14 · What cannot be proven away -----------------------------------------------------------------------


def test_e14_that_a_sensor_told_the_truth_is_said_to_be_unproven(whole, tmp_path):
    (tmp_path / "report.pdf").write_bytes(whole.files["report.pdf"])
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"], check=True,
                          capture_output=True, text=True).stdout
    assert re.search("不能证明|does not prove", text), text[-3000:]
    assert "What this does not prove" in whole.files["VERIFY.md"].decode()
    assert "That a sensor told the truth" in whole.files["SEAL.md"].decode()


# 九、时间戳 · Time stamps -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def responder(tmp_path_factory):
    return Responder(tmp_path_factory.mktemp("responder"))


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
