"""kill -9 at any moment: what was committed stays, arrives, and is judged as if nothing had been.

LOOKBACK_KILLS says how many (default 100).
"""
import json
import os
import random
import signal
import sqlite3

from accounting import all_arrived
from lookback import simple_profile
from oracle import problem_above
from waiting import run_out

KILLS = int(os.environ.get("LOOKBACK_KILLS", "100"))
DEVICES = 5


def coming_and_going(request):
    """Five readings at 10, then five at 100 or, every third time, at 60: breaches that come and go."""
    stretch = request.number // 5
    return [10 if stretch % 2 == 0 else 60 if stretch % 3 == 0 else 100] * request.count


def committed(town):
    """What anybody can read at this moment: {seq: (device, time, mono, boot, raw)} and its readings."""
    path = os.path.join(town.store, "lookback.db")
    if not os.path.exists(path):
        return {}, {}
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        db.execute("BEGIN")
        polls = {row[0]: row[1:] for row in
                 db.execute("SELECT seq, device, mono, boot, raw FROM poll")}
        readings = set(db.execute("SELECT seq, point, value, quality, cause FROM reading"))
        return polls, readings
    except sqlite3.OperationalError as why:
        assert "no such table" in str(why), why
        return {}, {}
    finally:
        db.close()


def test_a_hundred_kills_lose_nothing_and_change_no_judgement(town, peers):
    throws = random.Random(20261122)
    for number in range(DEVICES):
        device = peers.scripted(coming_and_going)
        town.device(port=device.port, name=f"probe{number}", model=simple_profile(),
                    every=f"{100 + 25 * number}ms")
    town.rules = [
        {"name": "quick", "points": ["yard/*/cod.c0"], "above": 50.0},
        {"name": "slow", "points": ["yard/*/cod.c1"], "above": 80.0, "for": "300ms",
         "recover": 50.0},
    ]
    broker, influx, victoria = (peers.mosquitto().start(), peers.influx().start(),
                                peers.victoria().start())
    heard = peers.subscriber(broker.port, "lookback/+/reading/#")
    town.output("mqtt", broker.url())
    town.output("line", influx.write_url(), name="influx")
    town.output("line", victoria.write_url(), name="victoria")

    polls, readings, cursors = {}, set(), {}
    for _ in range(KILLS):
        town.start()
        # Commits come about once a second: some lives end before their first, some around it, some
        # after a few.
        run_out(throws.uniform(0.2, 1.6))
        assert town.is_running(), town.log()
        before_polls, before_readings = committed(town)
        town.running.send_signal(signal.SIGKILL)
        town.kill()
        after_polls, after_readings = committed(town)
        assert before_polls.items() <= after_polls.items(), "a committed poll is gone or changed"
        assert before_readings <= after_readings, "a committed reading is gone or changed"
        assert polls.items() <= before_polls.items(), "a poll of an earlier life is gone"
        assert readings <= before_readings, "a reading of an earlier life is gone"
        polls, readings = after_polls, after_readings
        now = dict(town.rows("SELECT name, seq FROM cursor"))
        assert all(now.get(name, 0) >= seq for name, seq in cursors.items()), (cursors, now)
        assert all(seq <= town.last_seq() for seq in now.values())
        cursors = now

    town.start()
    town.wait_polls(20)
    for output in ("town-mqtt", "influx", "victoria"):
        town.wait_sent(output)
    town.wait(lambda: town.cursor("judge") >= town.last_poll() - 20, 20, "the judge")
    town.stop()

    assert len(polls) >= KILLS, "the load was too small to prove anything"
    sequence = town.sequence()
    assert sequence == list(range(1, len(sequence) + 1)), "a number is missing or twice"
    assert town.rows("PRAGMA integrity_check") == [("ok",)]
    all_arrived(town, heard, influx, victoria)
    same_problems_as_undisturbed(town)


def same_problems_as_undisturbed(town):

    held = {}
    for body, in town.rows("SELECT body FROM problem"):
        problem = json.loads(body)
        assert (problem["rule"], problem["point"]) not in held, "one breach became two problems"
        held[problem["rule"], problem["point"]] = problem
    judged_to = town.cursor("judge") or town.last_seq()
    for rule, channel, above, for_ms, recover in (("quick", "cod.c0", 50.0, 0, None),
                                                  ("slow", "cod.c1", 80.0, 300, 50.0)):
        for number in range(DEVICES):
            point = f"yard/probe{number}/{channel}"
            readings = [(row[2], row[3], row[4]) for row in town.readings(point)
                        if row[0] <= judged_to]
            expected = problem_above(town.name, rule, point, readings, above, for_ms, recover)
            problem = held.pop((rule, point), None)
            if expected is None:
                assert problem is None
                continue
            row = town.rows("SELECT uid, first, ended FROM problem WHERE rule = ? AND point ="
                            " (SELECT id FROM point WHERE name = ?)", rule, point)[0]
            assert row == (expected.uid, expected.first, expected.ended)
            assert (problem["uid"], problem["episodes"]) == (expected.uid, expected.episodes)
            assert problem["state"] == ("open" if expected.ended is None else "recovered")
            assert problem["worst"]["value"] == expected.worst
            assert len(town.rows("SELECT 1 FROM episode WHERE uid = ?",
                                 expected.uid)) == expected.episodes
            versions = [version for version, in town.rows(
                "SELECT version FROM problem_version WHERE uid = ? ORDER BY seq", expected.uid)]
            assert versions == list(range(1, len(versions) + 1))
    assert not held, held


def test_what_the_oracle_calls_a_problem():
    """The measuring stick itself: openings, joins and ends worked out by hand."""
    readings = [(0, 10, "N"), (100, 100, "N"), (200, 100, "N"), (300, None, "B"), (400, 90, "N"),
                (500, 60, "N"), (600, 10, "N"), (700, 120, "T"), (800, 10, "T"), (900, 10, "N")]
    quick = problem_above("zj", "r", "a/b/c", readings, 50.0)
    assert (quick.first, quick.episodes, quick.last, quick.ended, quick.worst) == (
        100, 2, 700, 900, 120)
    slow = problem_above("zj", "r", "a/b/c", readings, 80.0, 300, 50.0)
    assert (slow.first, slow.episodes, slow.ended) == (100, 1, 600)
    assert problem_above("zj", "r", "a/b/c", readings, 80.0, 400, 50.0) is None
