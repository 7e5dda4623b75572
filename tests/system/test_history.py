"""A made-up fortnight, and everything concluded of it worked out anew in plain Python from what is
stored: every aggregate, episode and problem. An interval that divides no hour, a zone three
quarters of an hour askew, a clock set back three hours and forth five, maintenance, silence."""
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from bisect import bisect_left

import pytest

from lookback import BINARY, ROOT
from oracle_aggregates import HOUR, Calendar, Store, Tally, differs, stored
from oracle_problems import HOLE_MS, Lane, Rule, Track, Value, play
from waiting import free_port

ZONE = "Asia/Kathmandu"
RULES = """rules = (
    { name = "nh3-iv"; points = ["chuanyang-03/*/ammonia_nitrogen"]; limit = "GB 3838";
      for = "4s"; recover = 1.4; recover_for = "6s"; },
    { name = "school-night"; points = ["school-gate/*/la"]; limit = "GB 3096";
      on = "1h"; },
    { name = "town-air"; points = ["town-hall/*/*"]; limit = "GB 3095"; },
    { name = "yard-dust"; points = ["east-yard/*/pm10"]; above = 98.0; for = "20min";
      recover = 92.5; recover_for = "30min"; },
    { name = "ph-8h"; points = ["chuanyang-03/*/ph"]; above = 7.5; on = "8h"; recover = 7.45; },
    { name = "low-oxygen"; points = ["chuanyang-03/*/dissolved_oxygen"]; below = 5.6; }
);
"""
HAPPENINGS = """
    { point = "chuanyang-03/nh3/ammonia_nitrogen"; kind = "level"; ago = "13d"; lasts = "2d";
      to = 2.2; },
    { point = "chuanyang-03/nh3/ammonia_nitrogen"; kind = "drift"; ago = "7d"; lasts = "6d";
      to = 2.0; },
    { point = "school-gate/meter/la"; kind = "night"; ago = "12d"; lasts = "10d"; to = 54.0; },
    { point = "town-hall/pm/pm2_5"; kind = "level"; ago = "9d"; lasts = "3d"; to = 130.0; },
    { point = "town-hall/pm/pm10"; kind = "silent"; ago = "8d"; lasts = "30h"; },
    { point = "east-yard/station/pm10"; kind = "hiding"; ago = "11d"; lasts = "4d"; to = 150.0; },
    { point = "chuanyang-03/sonde/conductivity"; kind = "stuck"; ago = "6d"; lasts = "1d"; }
"""
DEEDS = """
    { kind = "strike_off"; ago = "10d"; task = "71"; note = "a"; },
    { kind = "maintenance"; ago = "9d"; device = "chuanyang-03/sonde"; lasts = "5h"; note = "b"; },
    { kind = "clock"; ago = "5d"; back = "3h"; },
    { kind = "maintenance"; ago = "4d"; device = "school-gate/meter"; lasts = "200min";
      note = "c"; },
    { kind = "clock"; ago = "3d"; forward = "5h"; }
"""
WIND = """values = (
    { point = "east-yard/station/wind_direction"; base = 180.0; daily = 120.0; noise = 30.0; },"""
WANTED = {"chuanyang-03/sonde/ph": [("8h", "1h", 6)]}
AIR = Rule("town-air", [Lane("day", "always", 60, None, 0)])
JUDGED = {
    "chuanyang-03/nh3/ammonia_nitrogen":
        [Rule("nh3-iv", [Lane("reading", "always", 1.5, None, 1)], 4000, 1.4, 6000)],
    "school-gate/meter/la": [Rule("school-night", [Lane("1h", "day", 55, None, 0),
                                                   Lane("1h", "night", 45, None, 0),
                                                   Lane("1h", "night", 60, None, 0, "max")])],
    "town-hall/pm/pm2_5": [AIR],
    "town-hall/pm/pm10": [AIR._replace(lanes=[Lane("day", "always", 120, None, 0)])],
    "east-yard/station/pm10":
        [Rule("yard-dust", [Lane("reading", "always", 98.0, None, None)], 20 * 60000, 92.5,
              30 * 60000)],
    "chuanyang-03/sonde/ph": [Rule("ph-8h", [Lane("8h", "always", 7.5, None, None)], 0, 7.45)],
    "chuanyang-03/sonde/dissolved_oxygen":
        [Rule("low-oxygen", [Lane("reading", "always", None, 5.6, None)])],
}
LATENESS_MS = 2 * 60000  # what the judge waits for whose readings come late
LENGTHS = {"1h": HOUR, "8h": HOUR, "day": 24 * HOUR}  # from one value of a lane to the next


def between(words, begin, end, inside):
    first, rest = words.split(begin, 1)
    return first + begin + inside + end + rest.split(end, 1)[1]


def rewrite(folder, name, change):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        words = file.read()
    changed = change(words)
    assert changed != words, name
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


def tell_ours(words):
    words = words.replace('every = "5min"', 'every = "7min"', 1).replace("values = (", WIND, 1)
    return between(between(words, "happenings = (", "\n);", HAPPENINGS), "deeds = (", "\n);", DEEDS)


@pytest.fixture(scope="module")
def demo():
    folder = tempfile.mkdtemp(prefix="lookback-history-")
    for name in ("config", "deploy", "drivers/profiles"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    rewrite(folder, "deploy/demo/collector.conf",
            lambda words: words.replace('name = "demo";', f'name = "demo"; timezone = "{ZONE}";'))
    rewrite(folder, "deploy/demo/devices.conf",
            lambda words: words.replace('"wind_speed", ', '"wind_speed", "wind_direction", '))
    rewrite(folder, "deploy/demo/rules.conf", lambda words: RULES)
    rewrite(folder, "deploy/demo/history.conf", tell_ours)
    done = subprocess.run([BINARY, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                           str(free_port()), "--history", "14d", "--seconds", "1", "--plain"],
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LOOKBACK_DATA": folder})
    assert done.returncode == 0, done.stdout + done.stderr
    yield os.path.join(folder, "demo")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def store(demo):
    return Store(os.path.join(demo, "store", "lookback.db"))


@pytest.fixture(scope="module")
def tallies(store):
    calendar = Calendar(ZONE)
    return {name: Tally(store, point, calendar, WANTED.get(name, ()))
            for point, name in store.points.items()}


def turn(store):
    """When the past ends and the demo begins, with other intervals."""
    return max(time for _, kind, time, _ in store.events if kind == "device.every")


def test_every_period_comes_to_what_its_readings_come_to(store, tallies):
    compared, until = 0, turn(store)
    for tally in tallies.values():
        rows = stored(store, tally.point)
        past = {key for key in tally.found if key[2] <= tally.last_before(until)}
        assert past <= set(rows) <= set(tally.found)
        for key in rows:  # and what was open when the intervals changed
            names = differs(tally.found[key], rows[key][-1][2])
            assert not names, (tally.name, key, names, tally.found[key], rows[key])
        compared += len(past)
    assert compared > 40000


def test_what_was_written_again_says_why_and_both_stay(store):
    causes = set()
    for point in store.points:
        for versions in stored(store, point).values():
            assert [version for version, _, _ in versions] == list(range(1, len(versions) + 1))
            assert versions[0][1] == "" and all(cause for _, cause, _ in versions[1:])
            for (_, _, before), (_, _, after) in zip(versions, versions[1:]):
                assert differs(before, after)
            causes.update(cause for _, cause, _ in versions)
    assert causes == {"", "late"}


def rising(entries):
    """Of (seq, time) in order of seq: the newest time so far, and the seqs."""
    times, seqs, known = [], [], 0
    for seq, time in entries:
        known = max(known, time)
        times.append(known)
        seqs.append(seq)
    return times, seqs


def first_at(end, entries):
    times, seqs = entries
    at = bisect_left(times, end)
    return seqs[at] if at < len(seqs) else None


def time_of_all(store, device):
    """What moves time on for a device that says nothing: any poll, and its being asked otherwise."""
    told = [(seq, time) for seq, kind, time, said in store.events
            if kind == "device.every" and said["device"] == device]
    polls = store.db.execute("SELECT seq, time FROM poll WHERE time IS NOT NULL").fetchall()
    return rising(sorted(told + polls))


def values_of(lane, tally):
    """What a lane judges, each with the seq of what made it known: a reading of the device at or after
    the end of a period, or anything LATENESS_MS after it. A period is judged as it was when it
    closed: what came late is a second version and judged no more."""
    by_seq = sorted(tally.readings, key=lambda reading: reading.seq)
    if lane.on == "reading":
        return [Value(r.seq, r.time, r.value, r.heard) for r in by_seq]
    own = rising((reading.seq, reading.time) for reading in by_seq)
    everybody = time_of_all(tally.store, tally.store.device(tally.point))
    values, rows = [], stored(tally.store, tally.point)
    for key in sorted(key for key in rows if key[0] == lane.on):
        first = rows[key][0][2]
        known = [seq for seq in (first_at(key[2], own), first_at(key[2] + LATENESS_MS, everybody))
                 if seq is not None]
        if first.enough and known:
            values.append(Value(min(known), key[1], getattr(first, lane.statistic), 0))
    return values


def gap_of(intervals):
    def gap(lane, time):
        if lane.on != "reading":
            return 3 * LENGTHS[lane.on]
        return max(3 * [every for since, every in intervals if since <= time][-1], HOLE_MS)
    return gap


def in_store(store, rule, point):
    found = {}
    for uid, kind, state, first, last, ended, body in store.db.execute(
            "SELECT uid, kind, state, first, last, ended, body FROM problem"
            " WHERE rule = ? AND point = ?", (rule, point)):
        body = json.loads(body)
        found[uid] = (kind, state, first, last, ended, body["tasks"], body["relapse_of"],
                      [(number, first, last, ended, round(worst, 6), by) for
                       number, first, last, ended, worst, by in store.db.execute(
                           "SELECT number, first, last, ended, worst, ended_by FROM episode"
                           " WHERE uid = ? ORDER BY number", (uid,))])
    return found


def worked_out(problem):
    return (problem.kind, problem.state, problem.first, problem.last, problem.ended, problem.tasks,
            problem.relapse_of,
            [(number, e.first, e.last, e.ended, round(e.worst, 6), e.ended_by)
             for number, e in enumerate(problem.episodes, 1)])


def late(ours, kept):
    """A problem that goes on is told anew at least each 64th of its length: until then the row of it,
    and of the episode that runs, may lie so far behind."""
    def may_lag(true, told):
        return 0 <= true - told <= max(60000, (true - ours[2]) / 64)

    if ours[1] != "open" or kept[1] != "open" or not may_lag(ours[3], kept[3]):
        return ours
    last, runs = ours[7][-1], kept[7][-1]
    if last[3] is None and may_lag(last[2], runs[2]):
        last = last[:2] + (runs[2], None, runs[4], last[5])
    return ours[:3] + (kept[3],) + ours[4:7] + (ours[7][:-1] + [last],)


@pytest.mark.parametrize("name", JUDGED)
def test_episodes_and_problems_are_those_of_the_rules(store, tallies, name):
    tally = tallies[name]
    for rule in JUDGED[name]:
        track = Track("demo", rule, name, gap_of(tally.intervals), tally.calendar.is_night)
        ours = play(track, {i: values_of(lane, tally) for i, lane in enumerate(rule.lanes)},
                    store.events)
        kept = in_store(store, rule.name, tally.point)
        assert {one.uid: late(worked_out(one), kept[one.uid]) if one.uid in kept else None
                for one in ours} == kept


def test_the_story_strikes_off_and_not_the_days_of_the_sample(store):
    """The sample strikes 71 off before this fortnight begins."""
    imported = next(said for _, kind, _, said in store.events if kind == "tasks.import")
    struck = [said["id"] for _, kind, _, said in store.events if kind == "task.strike_off"]
    assert struck == ["71"]
    assert all(task["struck_off"] is None for task in imported["tasks"])


def test_there_was_something_to_judge(store):
    kinds = {kind for (kind,) in store.db.execute("SELECT DISTINCT kind FROM problem")}
    rules = {rule for (rule,) in store.db.execute("SELECT DISTINCT rule FROM problem")}
    assert kinds == {"new", "ongoing", "relapse"}
    assert rules >= {"nh3-iv", "school-night", "town-air", "yard-dust", "ph-8h", "low-oxygen"}


def test_the_replay_agrees(demo):
    answer = subprocess.run([BINARY, "replay", "-c", os.path.join(demo, "config"), "--json"],
                            capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert json.loads(answer.stdout)["equal"] is True


@pytest.mark.parametrize("words", [
    ("problems",), ("problems", "--doubts"), ("tasks",), ("task", "71"), ("watch",), ("status",),
    ("readings", "--point", "school-gate/meter/la"), ("replay",),
    ("readings", "--point", "school-gate/meter/la", "--every", "day")])
def test_what_is_made_up_says_so_in_its_head(demo, words):
    answer = subprocess.run([BINARY, *words, "-c", os.path.join(demo, "config")],
                            capture_output=True, text=True, timeout=60)
    assert answer.stdout.splitlines()[0] == "模拟数据 / SIMULATED", answer.stdout + answer.stderr


FORGERIES = {
    "a reading": ("UPDATE kept SET value = value + 0.5 WHERE (segment, point, time, seq) IN (SELECT"
                  " segment, point, time, seq FROM kept WHERE point = {ph} LIMIT 1 OFFSET 900)",
                  "sonde/ph"),
    "a mean": ("UPDATE aggregate SET mean = mean + 0.01 WHERE period = 'day' AND point = {ph}",
               "sonde/ph day"),
    "a lost mean": ("DELETE FROM aggregate WHERE period = '1h' AND point = {ph}", "sonde/ph 1h"),
    "an episode": ("UPDATE episode SET worst = 9.0 WHERE number = 2 AND uid = '{uid}'",
                   "episode 2 is not as replayed"),
    "a lost episode": ("DELETE FROM episode WHERE number = 2 AND uid = '{uid}'",
                       "episode 2: the replay gives it"),
    "a problem": ("UPDATE problem SET kind = 'new', body = json_set(body, '$.kind', 'new')"
                  " WHERE uid = '{uid}'", "the table of problems does not say"),
    "a lost problem": ("DELETE FROM problem WHERE uid = '{uid}'", "not in the table of problems"),
    "its last version": ("UPDATE problem_version SET body = json_set(body, '$.tasks', '[]')"
                         " WHERE uid = '{uid}' AND version ="
                         " (SELECT max(version) FROM problem_version WHERE uid = '{uid}')",
                         "is not as replayed"),
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_what_was_forged_is_named(demo, store, forged):
    sql, said = FORGERIES[forged]
    (uid,) = store.db.execute("SELECT uid FROM problem WHERE rule = 'school-night'"
                              " AND kind <> 'new' ORDER BY first DESC").fetchone()
    ph = next(point for point, name in store.points.items() if name.endswith("/ph"))
    copy = tempfile.mkdtemp(prefix="lookback-forged-")
    try:
        shutil.copytree(os.path.join(demo, "store"), os.path.join(copy, "store"),
                        ignore=shutil.ignore_patterns("*.sock"))
        shutil.copytree(os.path.join(demo, "config"), os.path.join(copy, "config"))
        path = os.path.join(copy, "config", "collector.conf")
        with open(path, encoding="utf-8") as file:
            words = file.read().replace(demo + "/store", copy + "/store")
        with open(path, "w", encoding="utf-8") as file:
            file.write(words)
        with sqlite3.connect(os.path.join(copy, "store", "lookback.db")) as db:
            assert db.execute(sql.format(uid=uid, ph=ph)).rowcount > 0
        db.close()
        answer = subprocess.run([BINARY, "replay", "-c", os.path.join(copy, "config"), "--lang",
                                 "en"], capture_output=True, text=True, timeout=60)
        assert answer.returncode == 1, answer.stdout + answer.stderr
        assert said in answer.stdout, answer.stdout
    finally:
        shutil.rmtree(copy)
