"""Raw truth: what was said on the line is kept for points that watch a task, sealed, shown, and the
whole store is decoded again from it."""
import datetime
import json
import shutil
import sqlite3
import struct

import pytest

from devices import rtu
from fixtures import Peers
from lookback import Town, profile
from test_tasks import load, row
from verify_store import Check

TIMEOUT = 0.2
POINT = "yard/probe/ph.a"


def blocks():
    """Two blocks that are no neighbours: two requests a poll."""
    return profile("blocks", {"ph.a": ("holding", 0, "float32", {}),
                              "cod.b": ("holding", 500, "uint16", {})})


def words(request):
    return [0x40EA, 0x3D71][:request.count] if request.address == 0 else [1234]


class Recorder:
    """A script that is late, noisy or honest by the number of the request, and keeps what it sent."""

    def __init__(self, lies):
        self.lies, self.told = lies, []

    def __call__(self, request, honest):
        pieces = self.lies.get(request.number, lambda frame: [(0, frame)])(honest)
        self.told.append((request, honest, b"".join(piece for _, piece in pieces)))
        return pieces


def entries(content):
    found, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at + 1:at + 3], "big")
        found.append((chr(content[at]), bytes(content[at + 3:at + 3 + size])))
        at += 3 + size
    return found


def asked(request):
    return rtu(request.unit, bytes((request.function,)) + request.address.to_bytes(2, "big")
               + request.count.to_bytes(2, "big"))


def iso(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")


def frames(town):
    return dict(town.rows("SELECT seq, bytes FROM frame"))


def watched_line(town, peers, lies=None, **more):
    """A probe on a serial line whose first channel watches task 37 from the start."""
    script = Recorder(lies or {})
    peer = peers.scripted(words, script, serial=town.folder + "/line")
    town.device(path=peer.serial, model=blocks(), every="300ms", timeout=f"{int(TIMEOUT * 1000)}ms",
                **more).write()
    load(town, row(37, points=POINT))
    return script


def test_the_frames_of_a_late_answer_are_kept_as_the_device_sent_them(town, peers):
    late = lambda frame: [(TIMEOUT * 1.5, frame)]  # noqa: E731
    noisy = lambda frame: [(0, b"\x00\xff\x55" + frame)]  # noqa: E731
    script = watched_line(town, peers, {2: late, 5: noisy})
    town.start()
    town.wait(lambda: len(frames(town)) >= 4, what="four polls with frames")
    town.stop()
    kept = [entries(content) for _, content in sorted(frames(town).items())]
    said = [one for poll in kept for one in poll]
    expected = [one for request, _, sent in script.told
                for one in (("S", asked(request)), ("H", sent))]
    assert len(said) >= 9 and said == expected[:len(said)]
    # the poll of the late answer asked its first block twice
    assert [what for what, _ in kept[1]] == ["S", "H"] * 3
    assert kept[1][0] == kept[1][2] and kept[1][1] == kept[1][3]
    cause, = {cause for _, name, _, _, _, cause in town.readings(POINT) if cause}
    assert cause == "after_timeout"


def test_a_task_takes_and_ends_frames_without_a_restart(town, peers):
    peer = peers.scripted(words)
    other = peers.scripted(words)
    town.device(port=peer.port, model=blocks(), every="100ms")
    town.device(port=other.port, name="other", model=blocks(), every="100ms")
    town.start()
    town.wait_polls(4)
    assert frames(town) == {}
    load(town, row(37, points=POINT))
    town.wait(lambda: len(frames(town)) >= 2, what="frames of the watching device")
    device, = town.rows("SELECT DISTINCT d.name FROM frame f JOIN poll p ON p.seq = f.seq"
                        " JOIN device d ON d.id = p.device")
    assert device == ("probe",)
    load(town, row(37, points="yard/other/ph.a"))
    town.wait(lambda: len(town.rows("SELECT DISTINCT p.device FROM frame f JOIN poll p"
                                    " ON p.seq = f.seq")) == 2, what="frames of the other one")
    last, = town.rows("SELECT max(f.seq) FROM frame f JOIN poll p ON p.seq = f.seq JOIN device d"
                      " ON d.id = p.device WHERE d.name = 'probe'")[0]
    town.wait(lambda: town.rows("SELECT count(*) FROM poll p JOIN device d ON d.id = p.device"
                                " WHERE d.name = 'probe' AND p.seq > ?", last)[0][0] >= 5,
              what="polls without frames")
    assert town.rows("SELECT max(f.seq) FROM frame f JOIN poll p ON p.seq = f.seq JOIN device d"
                     " ON d.id = p.device WHERE d.name = 'probe'")[0] == (last,)


def second_verifier(town):
    return Check(town.store).run()


def test_frames_are_sealed_and_both_verifiers_find_a_changed_one(town, peers):
    town.device(port=peers.scripted(words).port, model=blocks(), every="100ms").write()
    load(town, row(37, points=POINT))
    town.start()
    town.wait(lambda: len(frames(town)) >= 3, what="frames")
    town.stop()  # seals what it has
    assert town.command("seals", "verify").returncode == 0
    assert second_verifier(town) == []
    seq, content = sorted(frames(town).items())[1]
    with sqlite3.connect(town.store + "/lookback.db") as db:
        db.execute("UPDATE frame SET bytes = ? WHERE seq = ?", (content[:-1] + b"\x00", seq))
    answer = town.command("seals", "verify")
    assert answer.returncode == 1 and "frames of yard/probe" in answer.stdout, answer.stdout
    fault, = second_verifier(town)
    assert "frames yard/probe" in fault and str(seq) in fault


# Decoding the whole store again.


def decoded(town, *words):
    answer = town.command("decode", "--json", *words)
    assert answer.returncode in (0, 1), answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def change(town, *queries):
    with sqlite3.connect(town.store + "/lookback.db") as db:
        for query, *values in queries:
            assert db.execute(query, values).rowcount == 1, query


@pytest.fixture(scope="module")
def made_store(tmp_path_factory):
    """A store with frames, a late answer, a silent stretch, and spans of the device's own."""
    late = lambda frame: [(TIMEOUT * 1.5, frame)]  # noqa: E731
    silent = lambda frame: []  # noqa: E731
    folder = tmp_path_factory.mktemp("line")
    peers, town = Peers(folder), Town(folder)
    watched_line(town, peers, {2: late, 9: silent, 10: silent},
                 ranges=[{"channel": "ph.a", "valid": (0, 5)}])
    town.start()
    town.wait(lambda: len(frames(town)) >= 9, what="polls with frames")
    town.stop()
    peers.end()
    shutil.copytree(town.store, town.store + ".made")
    return town


@pytest.fixture
def line_store(made_store):
    """Each test has it as it was made."""
    shutil.rmtree(made_store.store)
    shutil.copytree(made_store.store + ".made", made_store.store)
    return made_store


def a_whole_poll(store):
    """(seq, raw words) of one with both blocks: on a busy machine the silence may hit another request."""
    return store.rows("SELECT p.seq, p.raw FROM poll p JOIN kept k ON k.seq = p.seq JOIN point ON point.id = k.point"
                      " WHERE point.name = 'yard/probe/cod.b' AND k.value = 1234 AND p.raw IS NOT NULL"
                      " ORDER BY p.seq LIMIT 1 OFFSET 2")[0]


def test_a_store_decoded_again_is_equal_and_what_raw_words_do_not_say_is_counted(line_store):
    code, answer = decoded(line_store)
    rows = line_store.readings()
    assert (code, answer["equal"], answer["differ"], answer["made_up"]) == (0, True, 0, 0), answer
    assert answer["readings"] == len(rows) and answer["frames"] == answer["polls"]
    silent = [row for row in rows if row[4] == "B"]
    late = [row for row in rows if row[5] == "after_timeout"]
    assert {cause for *_, cause in silent} == {"timeout"} and silent
    assert answer["not_in_raw"] == {"timeout": len(silent), **({"after_timeout": len(late)} if late else {})}
    assert answer["same"] == len(rows) - len(silent) - len(late)
    # 7.32 is above the span of the device's own, which only the stored text says
    assert any(row[4] == "T" or row[5] == "above_span" for row in rows)
    text = line_store.command("decode")
    assert text.returncode == 0 and "all readings agree" in text.stdout


def test_only_what_lies_in_the_span_is_decoded(line_store):
    times = sorted({row[2] for row in line_store.readings()})
    code, answer = decoded(line_store, "--from", iso(times[2]), "--to", iso(times[5]))
    assert (code, answer["polls"], answer["pruned"]) == (0, 3, False)
    assert decoded(line_store, "--from", iso(times[-1] + 1))[1]["polls"] == 0
    assert "no readings" in line_store.command("decode", "--to", iso(times[0])).stdout


def test_one_flipped_bit_of_a_value_is_found_and_named(line_store):
    (segment, seq, value), = line_store.rows(
        "SELECT k.segment, k.seq, k.value FROM kept k JOIN point p ON p.id = k.point WHERE p.name = ?"
        " AND k.value IS NOT NULL ORDER BY k.seq LIMIT 1 OFFSET 2", "yard/probe/cod.b")
    flipped, = struct.unpack("<d", struct.pack("<Q", struct.unpack("<Q", struct.pack("<d", value))[0] ^ 1))
    assert flipped != value
    change(line_store, ("UPDATE kept SET value = ? WHERE segment = ? AND seq = ? AND point ="
                        " (SELECT id FROM point WHERE name = 'yard/probe/cod.b')", flipped, segment, seq))
    code, answer = decoded(line_store)
    difference, = answer["differences"]
    assert (code, answer["equal"], answer["differ"]) == (1, False, 1)
    assert (difference["point"], difference["seq"]) == ("yard/probe/cod.b", seq)
    assert difference["stored"].startswith(repr(flipped)) and difference["decoded"] == "1234 N"


def test_one_edited_raw_byte_is_found_by_the_value_and_by_the_frames(line_store):
    seq, raw = a_whole_poll(line_store)
    change(line_store, ("UPDATE poll SET raw = ? WHERE seq = ?", raw[:-1] + bytes((raw[-1] ^ 1,)), seq))
    code, answer = decoded(line_store)
    assert code == 1 and answer["differ"] == 2
    reading, poll = answer["differences"]
    assert reading["point"] == "yard/probe/cod.b" and reading["decoded"] == "1235 N"
    assert poll["point"] is None and poll["seq"] == seq and "frames" in poll["text"]


def test_raw_words_and_value_changed_together_are_found_by_the_frames(line_store):
    seq, raw = a_whole_poll(line_store)
    change(line_store, ("UPDATE poll SET raw = ? WHERE seq = ?", raw[:-1] + bytes((raw[-1] ^ 1,)), seq),
           ("UPDATE kept SET value = 1235 WHERE seq = ? AND value = 1234", seq))
    code, answer = decoded(line_store)
    assert code == 1 and [one["seq"] for one in answer["differences"]] == [seq]
    assert "frames" in answer["differences"][0]["text"]


@pytest.mark.parametrize("old, new", [("0 5\n", "0 9\n"), ("500", "501"), ("1e+09", "1.1e+09")])
def test_a_changed_profile_text_is_found(line_store, old, new):
    (text,), = line_store.rows("SELECT text FROM profile")
    old = old if old in text else {"1e+09": "1000000000.0"}[old]
    change(line_store, ("UPDATE profile SET text = replace(text, ?, ?)", old, new))
    code, answer = decoded(line_store)
    assert code == 1 and answer["differ"] >= 1
    assert "profile 1" in answer["differences"][0]["text"]


def test_a_value_without_raw_words_is_a_difference(line_store):
    seq, _ = a_whole_poll(line_store)
    change(line_store, ("UPDATE poll SET raw = NULL WHERE seq = ?", seq))
    code, answer = decoded(line_store)
    assert code == 1 and {one["seq"] for one in answer["differences"]} == {seq}


def test_what_is_not_sealed_yet_is_decoded_too(town, peers):
    town.device(port=peers.scripted(words).port, model=blocks(), every="100ms").start()
    town.wait_polls(5)
    code, answer = decoded(town)
    assert code == 0 and answer["same"] == answer["readings"] >= 10


# Shown.


def test_readings_with_raw_words_and_frames_are_shown_in_every_form(line_store):
    rows = line_store.readings(POINT)
    shown = line_store.ask("readings", "--point", POINT, "--raw")["readings"]
    assert [one["seq"] for one in shown] == [row[0] for row in rows]
    kept = frames(line_store)
    for one, row in zip(shown, rows):
        assert one["raw"] == (None if row[4] == "B" else
                              {"area": "holding", "address": 0, "words": ["0x40EA", "0x3D71"]})
        assert one["frames"] == [{"what": {"S": "sent", "H": "heard"}[what], "hex": content.hex().upper()}
                                 for what, content in entries(kept[one["seq"]])]
    assert None in [one["raw"] for one in shown]
    plain = line_store.ask("readings", "--point", POINT)["readings"]
    assert plain == [{key: one[key] for key in plain[0]} for one in shown]

    table = line_store.command("readings", "--point", POINT, "--raw").stdout
    assert "holding 0: 40EA 3D71" in table and "none: did not answer" in table
    first = entries(kept[rows[0][0]])
    assert f"{first[0][1].hex().upper()} -> {first[1][1].hex().upper()}; " in table

    head, *lines = line_store.command("readings", "--point", POINT, "--raw", "--csv").stdout.splitlines()
    assert head.endswith("seq,time,value,quality,cause,doubt,area,address,words,frames")
    assert all(line.count(",") == 9 for line in lines)
    assert ",holding,0,0x40EA 0x3D71,0103" in lines[0]


def test_a_point_that_watches_nothing_has_words_but_no_frames(town, peers):
    town.device(port=peers.scripted(words).port, model=blocks(), every="100ms").start()
    town.wait_polls(2)
    one = town.ask("readings", "--point", POINT, "--raw")["readings"][0]
    assert one["raw"]["words"] == ["0x40EA", "0x3D71"] and one["frames"] is None
    assert "watch a task" in town.command("readings", "--point", POINT, "--raw").stdout
    assert "watch a task" not in town.command("readings", "--point", POINT).stdout
    answer = town.command("readings", "--point", POINT, "--raw", "--every", "1h")
    assert answer.returncode == 2 and "--raw" in answer.stderr
