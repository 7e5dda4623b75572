"""The design's paragraph on problems, sentence by sentence, and the acts byte by byte, on the real
program: what the contract promises to programs that are not ours."""
import hashlib
import json
import os
import socket
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone

from lookback import BINARY, profile
from oracle import utc_text
from test_problems import POINT, Knob, settle, wait_state
from test_tasks import day, load, quiet_town, row, task, watched_town

RULE = {"name": "cod-high", "points": [POINT], "above": 50.0}


def town_judging(town, peers, *rules, **device):
    knob = Knob()
    town.device(port=peers.scripted(knob.words).port, every="100ms", **device)
    town.rules = list(rules)
    town.start()
    town.wait_polls(5)
    return knob


def problems(town, *words):
    return town.ask("problems", *words)["problems"]


def speak(town, act, **args):
    """One act over the socket, as any program may: every line of the answer."""
    here = os.getcwd()
    os.chdir(town.store)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(30)
            wire.connect("lookback.sock")
            words = json.dumps({"act": act, "args": args, "by": "li"}, ensure_ascii=False)
            wire.sendall(words.encode() + b"\n")
            lines = []
            with wire.makefile() as answer:
                for line in answer:
                    lines.append(json.loads(line))
                    if "done" in lines[-1] or "error" in lines[-1]:
                        return lines
    finally:
        os.chdir(here)
    raise AssertionError(f"no last line: {lines}")


def event_at(town, seq):
    (kind, who, arguments), = town.rows("SELECT kind, who, arguments FROM event WHERE seq = ?", seq)
    return kind, who, json.loads(arguments)


# Acts.


def test_an_act_becomes_an_event_with_its_arguments_before_the_answer(town, peers):
    knob = watched_town(town, peers)
    load(town, row(37))
    now = datetime.now(timezone.utc)
    window = {"from": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
              "to": (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    knob.turn(10)
    wait_state(town, "recovered")
    for act, args in (("task.note", {"id": "37", "note": "隔油池已清掏"}),
                      ("task.strike_off", {"id": "37", "note": "验收通过"}),
                      ("problem.acknowledge", {"uid": uid}),
                      ("problem.close", {"uid": uid, "note": "done"}),
                      ("device.maintenance", {"device": "yard/probe", "note": "换膜", **window})):
        *progress, last = speak(town, act, **args)
        kind, who, recorded = event_at(town, last["done"]["seq"])
        assert list(last) == ["done"] and list(last["done"]) == ["seq"]
        assert (kind, recorded["by"]) == (act, "li") and who  # who: the kernel's word
        assert recorded.items() >= {key: value for key, value in args.items()
                                    if key not in window}.items()
        assert {key: datetime.fromisoformat(recorded[key].replace("Z", "+00:00"))
                for key in window if key in args} == {
                    key: datetime.fromisoformat(args[key].replace("Z", "+00:00"))
                    for key in window if key in args}
        assert all(set(one) == {"progress", "text"} for one in progress)
    assert task(town, 37)["state"] == "struck_off"
    assert town.ask("problem", uid)["state"] == "closed"


def test_a_refused_act_says_so_in_one_line_and_leaves_no_event(town, peers):
    watched_town(town, peers)
    load(town, row(37))
    before = {kind for kind, in town.rows("SELECT DISTINCT kind FROM event")}
    for act, args, kind in (("task.strike_off", {"id": "9", "note": "x"}, "not_found"),
                            ("task.strike_off", {"id": "37"}, "wrong_use"),
                            ("task.note", {"id": "37", "note": 7}, "wrong_use"),
                            ("problem.close", {"uid": "0" * 32, "note": "x"}, "not_found"),
                            ("device.maintenance", {"device": "yard/nobody", "from": "2026-01-01",
                                                    "to": "2026-01-02", "note": "x"}, "not_found"),
                            ("task.publish", {}, "wrong_use")):
        last = speak(town, act, **args)[-1]
        assert set(last["error"]) == {"kind", "text", "where"}, act
        assert last["error"]["kind"] == kind and last["error"]["text"], (act, last)
    assert {kind for kind, in town.rows("SELECT DISTINCT kind FROM event")} == before


def test_a_refused_act_ends_with_3_whether_a_collector_runs_or_not(town, peers):
    knob = watched_town(town, peers)
    load(town, row(37, points=POINT))
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    for running in (True, False):
        if not running:
            town.stop()
        for words in (("task", "strike-off", "37", "--note", "x"),
                      ("problem", "close", uid, "--note", "x"), ("task", "note", "9", "x"),
                      ("device", "maintenance", "yard/nobody", "--from", "2026-01-01", "--to",
                       "2026-01-02", "--note", "x")):
            answer = town.command(*words, "--json")
            assert (answer.returncode, answer.stdout) == (3, ""), words
            said = json.loads(answer.stderr)
            assert list(said) == ["error"] and set(said["error"]) == {"kind", "text", "where"}
    for lang, sentence in (("zh", "不能销号"), ("en", "cannot be struck off")):
        answer = town.command("task", "strike-off", "37", "--note", "x", "--lang", lang)
        assert answer.returncode == 3 and sentence in answer.stderr


def test_a_store_that_is_locked_while_nobody_listens_ends_with_3(town, peers):
    watched_town(town, peers)
    load(town, row(37))
    os.unlink(os.path.join(town.store, "lookback.sock"))
    answer = town.command("task", "note", "37", "x", "--json")
    assert answer.returncode == 3 and answer.stdout == ""
    assert json.loads(answer.stderr)["error"]["kind"] == "store"


def test_an_error_leaves_standard_output_empty_and_an_option_stands_anywhere(town):
    quiet_town(town)
    load(town, row(1))
    for words, code in ((("readings",), 2), (("readings", "--point", "no/such/point"), 3),
                        (("limits", "--at", "soon"), 2), (("limits", "--point", "no/such/ph"), 3),
                        (("problems", "--state", "x"), 2), (("problem", "0" * 32), 3),
                        (("task", "9"), 3), (("tasks", "import", "/nowhere.csv"), 3),
                        (("tasks", "--state", "x"), 2), (("task", "strike-off", "1"), 2),
                        (("replay", "--from", "soon"), 2), (("watch", "7"), 2),
                        (("replay", "--from", "2026-01-02", "--to", "2026-01-01"), 2),
                        (("readings", "--point", POINT, "--from", "2026-01-02", "--to",
                          "2026-01-01"), 2)):
        answer = town.command(*words, "--json")
        assert (answer.returncode, answer.stdout) == (code, ""), (words, answer.stdout)
        assert set(json.loads(answer.stderr)["error"]) == {"kind", "text", "where"}, words
    for words in (("--json", "-c", town.dir, "task", "1"), ("task", "--json", "1", "-c", town.dir),
                  ("task", "1", "--lang", "zh", "-c", town.dir, "--json")):
        answer = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=30)
        assert answer.returncode == 0 and json.loads(answer.stdout)["id"] == "1", words


# Problems.


def test_one_breach_is_one_problem_whatever_the_number_of_tasks(town, peers):
    knob = town_judging(town, peers, RULE)
    load(town, row(1, points=POINT), row(2, points=POINT), row(3, points="yard/probe/cod.c1"))
    knob.turn(100)
    problem = wait_state(town, "open")
    assert len(problems(town)) == 1
    assert (problem["kind"], problem["tasks"]) == ("ongoing", ["1", "2"])
    first = next(reading for reading in town.readings(POINT) if reading[3] == 100)
    words = "\n".join(("zj-01", "cod-high", POINT, utc_text(first[2])))
    assert problem["uid"] == hashlib.sha256(words.encode()).hexdigest()[:32]


def test_the_kind_follows_from_the_tasks_that_watch_at_the_opening(town, peers):
    knob = town_judging(town, peers, RULE)
    for number, (rows, kind, tasks, relapse_of) in enumerate((
            ([], "new", [], []),
            ([row(1, points=POINT, state="已销号", struck_off=day(-91))], "new", [], []),
            ([row(2, points=POINT)], "ongoing", ["2"], []),
            ([row(3, points=POINT, state="已销号", struck_off=day(-89))], "relapse", ["2", "3"],
             ["3"]))):
        if rows:
            load(town, *rows)
        knob.turn(100 + number)
        problem = wait_state(town, "open")
        assert (problem["kind"], problem["relapse_of"]) == (kind, relapse_of), number
        assert problem["tasks"] == tasks, number
        knob.turn(10)
        uid = wait_state(town, "recovered")["uid"]
        assert town.command("problem", "close", uid, "--note", "next").returncode == 0
    assert len({one["uid"] for one in problems(town)}) == 4
    assert town.command("watch").returncode == 1


def test_a_breach_joins_until_the_problem_is_closed_and_is_a_new_one_after(town, peers):
    knob = town_judging(town, peers, RULE)
    seen = []
    for value in (100, 101):
        knob.turn(value)
        seen.append(wait_state(town, "open"))
        knob.turn(10)
        wait_state(town, "recovered")
    assert seen[0]["uid"] == seen[1]["uid"] and seen[1]["episodes"] == 2
    assert town.command("problem", "close", seen[0]["uid"][:8], "--note", "x").returncode == 0
    knob.turn(102)
    assert wait_state(town, "open")["uid"] != seen[0]["uid"]


def test_the_machine_closes_only_what_no_task_watches(town, peers):
    knob = town_judging(town, peers, {**RULE, "gather": "2s"},
                        {"name": "other", "points": ["yard/probe/cod.c1"], "above": 50.0,
                         "gather": "2s"})
    load(town, row(1, points=POINT))
    knob.turn(100)
    town.wait(lambda: len(problems(town, "--state", "open")) == 2, 20, "two problems")
    knob.turn(10)
    closed = wait_state(town, "closed")
    assert (closed["rule"], closed["tasks"]) == ("other", [])
    settle(town, 10, 30)  # three seconds more of good readings
    watched, = problems(town, "--state", "recovered")
    assert (watched["rule"], watched["tasks"]) == ("cod-high", ["1"])


def test_taking_in_a_ledger_closes_nothing_that_a_task_goes_on_watching(town, peers):
    knob = town_judging(town, peers, {**RULE, "gather": "2s"})
    load(town, row(1, points=POINT), row(2))
    knob.turn(100)
    wait_state(town, "open")
    knob.turn(10)
    uid = wait_state(town, "recovered")["uid"]
    settle(town, 10, 30)
    load(town, row(1, points=POINT, deadline="2027-02-28"), row(2, points=POINT), row(3))
    town.stop()
    town.start()
    settle(town, 10, 30)
    assert town.ask("problem", uid)["state"] == "recovered"
    load(town, row(1, points=POINT, state="已销号", struck_off=day(-1)))
    assert town.ask("problem", uid)["state"] == "closed"  # a person's strike-off: the next relapses


def test_over_range_is_judged_as_at_least_this(town, peers):
    model = profile("short", {"cod.c0": ("holding", 0, "uint16", {"valid": (0.0, 60.0)})})
    knob = town_judging(town, peers, RULE, {"name": "low", "points": [POINT], "below": 200.0},
                        {"name": "high", "points": [POINT], "above": 150.0}, model=model)
    knob.turn(100)
    wait_state(town, "open")
    settle(town, 100)
    assert {letter for _, _, _, value, letter, _ in town.readings(POINT) if value == 100} == {"T"}
    high = [one for one in problems(town) if one["rule"] == "high"]
    assert high == [] and "cod-high" in {one["rule"] for one in problems(town, "--state", "open")}
    low, = [one for one in problems(town) if one["rule"] == "low"]
    assert low["worst"]["value"] == 10.0  # 100 "or more" may be above 200: it breaches nothing


def test_maintenance_suppresses_judgement_and_not_storage(town, peers):
    knob = town_judging(town, peers, RULE)
    now = datetime.now(timezone.utc).replace(microsecond=0)  # the store knows milliseconds
    until = now + timedelta(seconds=7)
    answer = town.command("device", "maintenance", "yard/probe", "--from",
                          (now - timedelta(minutes=1)).isoformat(), "--to", until.isoformat(),
                          "--note", "校准", "--json")
    assert answer.returncode == 0 and list(json.loads(answer.stdout)) == ["done"]
    knob.turn(100)
    settle(town, 100)
    assert problems(town) == []
    first = wait_state(town, "open")["first"]
    assert datetime.fromisoformat(first.replace("Z", "+00:00")) >= until


def test_a_problem_tells_of_the_windows_since_it_began(town, peers):
    knob = town_judging(town, peers, RULE)
    now = datetime.now(timezone.utc)

    def window(hours, note):
        done = town.command("device", "maintenance", "yard/probe", "--from", (now + timedelta(hours=hours)).isoformat(),
                            "--to", (now + timedelta(hours=hours + 1)).isoformat(), "--note", note)
        assert done.returncode == 0, done
    window(-3, "long over")
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    window(2, "to come")
    window(-3, "said too late")
    told = town.command("problem", uid).stdout
    assert "to come" in told and "said too late" in told and "long over" not in told, told


def zone_where_it_is(hour):
    """A zone in which it is about that hour now (POSIX counts its signs westward)."""
    east = (hour - time.gmtime().tm_hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}" if east else "Etc/UTC"


def test_so_many_times_a_day_are_allowed(town, peers):
    once = []  # values that are read one time each
    device = peers.scripted(lambda request: [once.pop() if once else 10] * request.count)
    town.device(port=device.port, every="100ms")
    town.rules = [{**RULE, "per_day": 2}]
    town.settings["collector"]["timezone"] = zone_where_it_is(12)  # no day ends meanwhile
    town.start()
    for value in (101, 102):
        once.append(value)
        settle(town, value, 1)
        settle(town, 10)
        assert problems(town) == []
    once.append(103)
    problem = town.wait(lambda: problems(town), 20, "the third of the day")[0]
    first, = [reading[2] for reading in town.readings(POINT) if reading[3] == 101]
    assert (problem["first"], problem["worst"]["value"]) == (utc_text(first), 103)


def test_day_and_night_are_those_of_the_collectors_zone(town, peers):
    town.settings["collector"]["timezone"] = zone_where_it_is(1)
    knob = town_judging(town, peers, {**RULE, "name": "by-day", "when": "day"},
                        {**RULE, "name": "by-night", "when": "night"})
    knob.turn(100)
    assert wait_state(town, "open")["rule"] == "by-night"
    town.stop()
    town.settings["collector"]["timezone"] = zone_where_it_is(12)
    town.start()
    town.wait(lambda: "by-day" in {one["rule"] for one in problems(town)}, 20, "the day's rule")


def test_an_edited_rule_ends_its_open_episode_with_that_reason(town, peers):
    knob = town_judging(town, peers, RULE)
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    town.stop()
    town.rules = [{**RULE, "above": 60.0}]
    town.start()
    town.wait(lambda: town.rows("SELECT 1 FROM episode WHERE uid = ? AND ended_by <> ''", uid), 20,
              "the episode's end")
    reason, = town.rows("SELECT ended_by FROM episode WHERE uid = ? ORDER BY number", uid)[0]
    assert "rule" in reason, reason


def test_a_doubt_is_published_nowhere(town, peers):
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/zj-01/problem/#")
    town.output("mqtt", broker.url())
    knob = town_judging(town, peers, {**RULE, "name": "odd", "nature": "doubt"},
                        {**RULE, "above": 200.0})
    knob.turn(100)
    assert wait_state(town, "open")["nature"] == "doubt"
    knob.turn(300)
    heard.wait(lambda topic, payload: b'"cod-high"' in payload)
    assert {json.loads(payload)["rule"] for _, payload, _ in heard.messages} == {"cod-high"}


def test_replay_gives_the_story_again_and_names_what_was_touched(town, peers):
    knob = town_judging(town, peers, RULE)
    load(town, row(1, points=POINT, state="已销号", struck_off=day(-3)))
    knob.turn(100)
    wait_state(town, "open")
    knob.turn(10)
    wait_state(town, "recovered")
    words = ("replay", "--from", "2020-01-01", "--to", "2099-01-01")
    assert town.command(*words).returncode == 0
    town.stop()
    answer = town.command(*words, "--json")
    shown = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr, shown["equal"]) == (0, "", True)
    assert shown["problems"] == shown["episodes"] == {"same": 1, "differ": 0, "unprovable": 0}
    path = os.path.join(town.store, "lookback.db")
    with open(path, "rb") as file:
        untouched = file.read()
    for forgery in ("UPDATE problem SET uid = '00000000000000000000000000000000'",
                    "UPDATE problem SET kind = 'new'", "UPDATE problem SET state = 'closed'",
                    "UPDATE problem SET body = replace(body, 'relapse', 'new')",
                    "DELETE FROM problem", "DELETE FROM problem_version", "DELETE FROM episode",
                    "UPDATE episode SET first = first + 1", "UPDATE kept SET value = 10"):
        db = sqlite3.connect(path)
        db.execute(forgery)
        db.commit()
        db.close()
        answer = town.command(*words, "--json")
        assert answer.returncode == 1, forgery
        shown = json.loads(answer.stdout)
        assert shown["equal"] is False and shown["differences"], forgery
        for name in os.listdir(town.store):
            if name.startswith("lookback.db"):
                os.unlink(os.path.join(town.store, name))
        with open(path, "wb") as file:
            file.write(untouched)
    assert town.command(*words).returncode == 0


def test_the_card_of_a_problem_names_its_standard_and_its_tasks(town, peers):
    town.sites[0].update(kind="river_section", section={"river": "chuan", "target": "IV"})
    knob = town_judging(town, peers, {"name": "cod-iv", "points": [POINT], "limit": "GB 3838"})
    load(town, row(37, points=POINT, state="已销号", struck_off=day(-3)), row(38, points=POINT))
    knob.turn(100)
    problem = wait_state(town, "open")
    assert problem["limit"] == {"standard": "GB 3838", "edition": "2002", "clause": "表1",
                                "class": "IV", "period": "reading", "verified": True}
    for lang, lines in (("zh", ("GB 3838-2002 表1 IV", "有关任务      37、38", "回潮任务      37")),
                        ("en", ("GB 3838-2002 表1 IV", "tasks         37, 38",
                                "relapse of    37"))):
        shown = town.command("problem", problem["uid"], "--lang", lang).stdout
        for line in lines:
            assert line in shown, (lang, line, shown)
