"""Lies of a gateway's owner that no byte shows: every file is the one the export recorded, every
signature good, and yet the case is another than the ledger's.

Whoever has the socket may have any digest recorded, and whoever has the file may edit the tables that
are not sealed. See tests/support/tamper_town.py.
"""
import json
import os

import pytest

import tamper_make
import tamper_town
from tamper import opened, packed, reissued
from tamper_town import Town, ours, second
from verify_seals import Wrong, time_text


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture
def forged(made):
    with Town(made) as town:
        yield town


def day(town, ago):
    (last,) = town.rows("SELECT max(time) FROM poll")[0]
    return time_text(last + 8 * 3600000 - ago * 86400000)[:10]


def both(data):
    return ours(data), second(data)


def task_with(town, task, **changes):
    """The ledger's table, which is not sealed, says something else of a task."""
    ((body,),) = town.rows("SELECT body FROM task WHERE id = ?", task)
    body = {**json.loads(body), **changes}
    return ("UPDATE task SET body = ? WHERE id = ?",
            (json.dumps(body, ensure_ascii=False, separators=(",", ":")), task))


# 一、任务被调换 · Another task than the ledger's ----------------------------------------------------------


def test_a_point_left_out_of_the_task_lets_nothing_be_proven(forged):
    forged.forge("DELETE FROM task_point WHERE task = '91' AND point = 'town-hall/pm/pm10'",
                 task_with(forged, "91", points=["town-hall/pm/pm2_5"]))
    data = forged.export("91", day(forged, 90), day(forged, 1))
    assert json.loads(opened(data)["manifest.json"])["points"] == ["town-hall/pm/pm2_5"]
    for answer in both(data):
        assert answer.states["verdict-recomputed"] == "not proven", answer
        assert "points" in answer.reasons["verdict-recomputed"], answer


def test_a_strike_off_moved_behind_the_relapse_lets_nothing_be_proven(forged):
    struck = forged.rows("SELECT struck_off FROM task WHERE id = '93'")[0][0] + 38 * 86400000
    until = struck + 5 * 86400000
    forged.forge(("UPDATE task SET struck_off = ?, watch_until = ? WHERE id = '93'", (struck, until)),
                 task_with(forged, "93", struck_off=time_text(struck), watch_until=time_text(until)))
    data = forged.export("93", day(forged, 20), day(forged, 1))
    assert json.loads(opened(data)["verdict.json"])["answer"] != "relapsed"
    for answer in both(data):
        assert answer.states["verdict-recomputed"] == "not proven", answer
        assert "ledger" in answer.reasons["verdict-recomputed"], answer


@pytest.mark.parametrize("changes", [{"watch_until": "2026-01-01T00:00:00.000Z"},
                                     {"category": "catering"}])
def test_a_shorter_watch_or_another_category_lets_nothing_be_proven(forged, changes):
    if "watch_until" in changes:
        forged.forge("UPDATE task SET watch_until = struck_off + 86400000 WHERE id = '71'")
        ((until,),) = forged.rows("SELECT watch_until FROM task WHERE id = '71'")
        changes = {"watch_until": time_text(until)}
    forged.forge(task_with(forged, "71", **changes))
    for answer in both(forged.export("71", day(forged, 90), day(forged, 1))):
        assert answer.states["verdict-recomputed"] == "not proven", answer


def test_a_public_bundle_says_that_the_ledger_is_not_in_it(forged):
    for answer in both(forged.export("71", day(forged, 20), day(forged, 1), "--public")):
        assert answer.states["verdict-recomputed"] == "proven", answer
        assert "manifest.json says" in answer.reasons["verdict-recomputed"], answer


# 二、清单说假话 · A manifest that lies -------------------------------------------------------------------


def test_simulated_readings_cannot_be_passed_off_as_measured(forged):
    with open(os.path.join(forged.store, "seal.key"), "rb") as file:
        key = tamper_make.Key(file.read())
    files = opened(forged.export("71", day(forged, 20), day(forged, 1)))
    assert json.loads(files["manifest.json"])["simulated"] is True
    for answer in both(packed(reissued(files, key, simulated=False))):
        assert answer.states["unchanged"] == "refuted", answer
        assert "simulated" in answer.reasons["unchanged"], answer


# 三、别人的库文件 · Somebody else's file -----------------------------------------------------------------

ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT"


@pytest.mark.parametrize("statements", [
    ("ALTER TABLE kept RENAME TO kept0", f"CREATE VIEW kept AS {ENDLESS} 1 AS segment, 1 AS point,"
     " 1 AS time, n AS seq, 1.0 AS value, 0 AS quality, 0 AS cause FROM r"),
    ("CREATE TRIGGER x AFTER INSERT ON event BEGIN DELETE FROM problem; END",)])
def test_a_store_that_computes_its_rows_is_refused_at_once(forged, statements):
    forged.forge(*statements)
    done = forged.command("seals", "verify", seconds=20)
    assert done.returncode not in (0, 1), done.stdout
    assert "did not make" in done.stderr, done.stderr
    with pytest.raises(Wrong):
        forged.second_verify()


def test_a_row_of_a_hundred_megabytes_is_refused_and_fills_no_memory(forged):
    forged.forge("UPDATE poll SET raw = zeroblob(100000000) WHERE seq = (SELECT max(seq) FROM poll)")
    done = forged.command("seals", "verify", seconds=20)
    assert done.returncode not in (0, -9, -6, -11), done.stdout


def test_a_segment_whose_numbers_cannot_be_stops_no_export(forged):
    forged.forge("UPDATE segment SET first_seq = -9223372036854775808, last_seq = 9223372036854775807,"
                 " leaves = 9223372036854775807 WHERE segment = 50")
    done = forged.command("evidence", "export", "--task", "71", "--from", day(forged, 90), "--to",
                          day(forged, 1), "--out", os.path.join(forged.folder, "b.zip"))
    assert 0 <= done.returncode <= 3, (done.returncode, done.stderr)
