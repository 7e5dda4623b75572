"""What was concluded comes out again from what is stored; maintenance suspends judging, not storing."""
import datetime
import json
import os
import sqlite3

from test_problems import settle, town_with, wait_state


def replay(town, *words):
    answer = town.command("replay", "--json", *words)
    assert answer.returncode in (0, 1), answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def breach_and_recover(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    knob.turn(100)
    wait_state(town, "open")
    knob.turn(10)
    wait_state(town, "recovered")
    return knob


def test_a_replay_agrees_beside_the_running_collector_and_after_a_kill(town, peers):
    knob = breach_and_recover(town, peers)
    code, answer = replay(town)
    assert code == 0 and answer["equal"] is True and answer["differences"] == []
    assert answer["problems"] == {"same": 1, "differ": 0, "unprovable": 0}
    assert answer["readings"] > 0 and answer["provable_from"] is None
    knob.turn(100)
    wait_state(town, "open")
    town.kill()
    code, answer = replay(town)
    assert code == 0 and answer["episodes"]["same"] == 2
    words = town.command("replay", "--lang", "en")
    assert words.returncode == 0 and "agrees with the store" in words.stdout


def test_a_touched_row_is_named(town, peers):
    breach_and_recover(town, peers)
    town.stop()
    uid = town.ask("problems")["problems"][0]["uid"]
    with sqlite3.connect(os.path.join(town.store, "lookback.db")) as store:
        store.execute("UPDATE episode SET worst = 51 WHERE uid = ?", (uid,))
    code, answer = replay(town)
    assert code == 1 and answer["equal"] is False
    assert answer["episodes"]["differ"] == 1 and uid[:12] in answer["differences"][0]


def test_an_edited_rule_is_replayed_from_then_on(town, peers):
    breach_and_recover(town, peers)
    town.stop()
    town.rules[0]["above"] = 60.0
    town.start()
    town.wait_polls(3)
    code, answer = replay(town)
    assert code == 0 and answer["problems"] == {"same": 0, "differ": 0, "unprovable": 1}
    assert [rule["rule"] for rule in answer["changed"]
            if not rule["rule"].startswith("screen-")] == ["cod-high"]


def moment(minutes):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def maintenance(town, device="yard/probe", begins=-10, ends=10, note="cleaned"):
    return town.command("device", "maintenance", device, "--from", moment(begins), "--to",
                        moment(ends), "--note", note, "--json")


def test_maintenance_suspends_judging_and_not_storing(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    answer = maintenance(town)
    assert answer.returncode == 0 and json.loads(answer.stdout)["done"]["seq"] > 0
    knob.turn(100)
    settle(town, 100)
    assert town.ask("problems") == {"problems": []}
    rows = town.rows("SELECT arguments FROM event WHERE kind = 'device.maintenance'")
    assert json.loads(rows[0][0])["note"] == "cleaned"
    assert replay(town)[0] == 0


def test_a_window_nobody_can_mean_is_refused(town, peers):
    town_with(town, peers, {"above": 50.0})
    assert maintenance(town, device="yard/nobody").returncode == 3
    assert maintenance(town, begins=10, ends=-10).returncode == 2
    assert maintenance(town, ends=32 * 24 * 60).returncode == 3
    assert town.command("device", "maintenance", "yard/probe", "--from", "soon", "--to", "later",
                        "--note", "x").returncode == 2
    assert town.rows("SELECT count(*) FROM event WHERE kind = 'device.maintenance'") == [(0,)]
