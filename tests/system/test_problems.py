"""A broken rule becomes a problem, is told to everyone, and recovers by proof alone."""
import json
import threading

from lookback import iso_ms, profile
from oracle import uid_of

POINT = "yard/probe/cod.c0"


class Knob:
    """A device whose first register is what the test says."""

    def __init__(self):
        self.value = 10
        self.lock = threading.Lock()

    def words(self, request):
        with self.lock:
            return [self.value] * request.count

    def turn(self, value):
        with self.lock:
            self.value = value


def town_with(town, peers, rule):
    knob = Knob()
    device = peers.scripted(knob.words)
    town.device(port=device.port, every="100ms")
    town.rules = [{"name": "cod-high", "points": [POINT], **rule}]
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/zj-01/problem/#")
    town.output("mqtt", broker.url())
    town.start()
    town.wait_polls(5)
    return knob, broker, heard


def wait_state(town, state, seconds=20):
    return town.wait(lambda: [p for p in town.ask("problems")["problems"] if p["state"] == state],
                     seconds, f"a problem that is {state}")[0]


def settle(town, value, count=5):
    """Until readings of this value are stored."""
    seen = town.last_poll()
    town.wait(lambda: len([row for row in town.readings(POINT)
                           if row[0] > seen and row[3] == value]) >= count, 20, f"value {value}")


def test_a_breach_opens_a_problem_and_good_readings_end_it(town, peers):
    knob, broker, heard = town_with(town, peers, {"above": 50.0})
    assert town.ask("problems") == {"problems": []}
    knob.turn(100)
    problem = wait_state(town, "open")
    first = next(row for row in town.readings(POINT) if row[3] == 100)
    assert problem["uid"] == uid_of("zj-01", "cod-high", POINT, first[2])
    assert (problem["kind"], problem["nature"], problem["collector"]) == ("new", "breach", "zj-01")
    assert (problem["rule"], problem["point"]) == ("cod-high", POINT)
    assert problem["site"]["name"] == "yard" and problem["site"]["title"] == "点位一"
    assert (problem["parameter"]["key"], problem["parameter"]["unit"]) == ("cod", "mg/L")
    assert problem["bound"] == {"above": 50.0} and problem["limit"] is None
    assert iso_ms(problem["first"]) == first[2] and problem["ended"] is None
    assert problem["worst"]["value"] == 100.0 and problem["worst"]["multiple"] == 1.0
    assert problem["tasks"] == [] and problem["relapse_of"] == []
    assert problem["acknowledged"] is None and problem["simulated"] is False
    assert problem["episodes"] == 1

    knob.turn(20)
    ended = wait_state(town, "recovered")
    assert ended["uid"] == problem["uid"] and ended["version"] > problem["version"]
    good = next(row for row in town.readings(POINT) if row[0] > first[0] and row[3] == 20)
    assert iso_ms(ended["ended"]) == good[2]
    knob.turn(70)
    again = wait_state(town, "open")
    assert again["uid"] == problem["uid"] and again["episodes"] == 2
    assert again["worst"]["value"] == 100.0


def test_the_retained_topic_holds_the_latest_version(town, peers):
    knob, broker, heard = town_with(town, peers, {"above": 50.0})
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    knob.turn(20)
    wait_state(town, "recovered")
    heard.wait(lambda topic, payload: topic.endswith(uid) and b'"recovered"' in payload)
    versions = [json.loads(payload)["version"] for topic, payload, _ in heard.messages
                if topic == f"lookback/zj-01/problem/{uid}"]
    assert versions == sorted(versions)
    late = peers.subscriber(broker.port, "lookback/zj-01/problem/#")
    topic, payload = late.wait(lambda *_: True)
    assert topic == f"lookback/zj-01/problem/{uid}"
    assert json.loads(payload) == town.ask("problem", uid)
    assert json.loads(payload)["state"] == "recovered"


def test_a_value_at_the_bound_is_no_breach(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    knob.turn(50)
    settle(town, 50)
    assert town.ask("problems")["problems"] == []


def test_a_breach_shorter_than_for_is_no_problem(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0, "for": "2s"})
    knob.turn(100)
    settle(town, 100, 3)
    knob.turn(10)
    settle(town, 10)
    assert town.ask("problems")["problems"] == []
    knob.turn(100)
    problem = wait_state(town, "open")
    first = [row for row in town.readings(POINT) if row[3] == 10][-1][0]
    breach = next(row for row in town.readings(POINT) if row[0] > first and row[3] == 100)
    assert iso_ms(problem["first"]) == breach[2]


def test_between_bound_and_recovery_bound_nothing_ends(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0, "recover": 30.0, "recover_for": "1s"})
    knob.turn(100)
    wait_state(town, "open")
    knob.turn(40)
    settle(town, 40, 15)
    assert town.ask("problems")["problems"][0]["state"] == "open"
    knob.turn(20)
    ended = wait_state(town, "recovered")
    good = next(row for row in town.readings(POINT) if row[3] == 20)
    assert iso_ms(ended["ended"]) == good[2]


def test_missing_data_neither_opens_nor_ends(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    knob.turn(100)
    wait_state(town, "open")
    device = next(peer for peer in peers.made if hasattr(peer, "script"))
    device.script = lambda request, honest: []
    town.wait(lambda: town.readings(POINT)[-1][4] == "B", 20, "silence")
    assert town.ask("problems")["problems"][0]["state"] == "open"
    device.script = lambda request, honest: [(0, honest)]
    knob.turn(10)
    wait_state(town, "recovered", 40)


def test_a_person_closes_a_problem_and_the_next_breach_is_a_new_one(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    assert town.command("problem", "acknowledge", uid).returncode == 0
    assert town.ask("problem", uid)["acknowledged"]["by"]
    knob.turn(10)
    wait_state(town, "recovered")
    assert town.command("problem", "close", uid, "--note", "pump replaced").returncode == 0
    assert town.ask("problem", uid)["state"] == "closed"
    kinds = [kind for kind, in town.rows("SELECT kind FROM event")]
    assert "problem.acknowledge" in kinds and "problem.close" in kinds
    knob.turn(100)
    other = wait_state(town, "open")
    assert other["uid"] != uid


def test_doubt_is_named_as_doubt(town, peers):
    knob, *_ = town_with(town, peers, {"below": 5.0, "nature": "doubt"})
    knob.turn(1)
    problem = wait_state(town, "open")
    assert problem["nature"] == "doubt" and problem["bound"] == {"below": 5.0}


def test_a_problem_nobody_knows_is_not_found(town, peers):
    town_with(town, peers, {"above": 50.0})
    answer = town.command("problem", "0" * 32, "--json")
    assert answer.returncode == 3
    assert json.loads(answer.stderr)["error"]["kind"] == "not_found"


def test_states_and_kinds_choose_problems(town, peers):
    knob, *_ = town_with(town, peers, {"above": 50.0})
    knob.turn(100)
    wait_state(town, "open")
    assert len(town.ask("problems", "--state", "open")["problems"]) == 1
    assert town.ask("problems", "--state", "closed")["problems"] == []
    assert len(town.ask("problems", "--kind", "new")["problems"]) == 1
    assert town.ask("problems", "--kind", "relapse")["problems"] == []


def test_a_doubt_of_the_screening_is_no_problem_and_stands_beside_its_readings(town, peers):
    knob = Knob()
    device = peers.scripted(knob.words)
    town.device(port=device.port, every="100ms",
                model=profile("acid", {"ph": ("holding", 0, "uint16", {})}))
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/zj-01/problem/#")
    town.output("mqtt", broker.url())
    knob.turn(7)
    town.start()
    town.wait_polls(5)
    point = "yard/probe/ph"
    assert town.ask("problems", "--doubts") == {"problems": []}
    knob.turn(12)  # outside 5-10, inside what the sensor can show
    town.wait(lambda: any(p["rule"] == "screen-span" and p["state"] == "open"
                          for p in town.ask("problems", "--doubts")["problems"]), 20, "a doubt")
    knob.turn(7)
    doubt = town.wait(lambda: [p for p in town.ask("problems", "--doubts")["problems"]
                               if p["rule"] == "screen-span" and p["state"] != "open"],
                      20, "its end")[0]
    assert (doubt["nature"], doubt["point"]) == ("doubt", point)
    assert doubt["worst"]["value"] == 12
    assert town.ask("problems") == {"problems": []}
    listed = town.command("problems", "--lang", "zh").stdout
    assert "没有问题" in listed and "需核查：lookback problems --doubts" in listed
    card = town.command("problem", doubt["uid"], "--lang", "zh").stdout
    assert "数值超出通常范围，需核查" in card and "超标" not in card
    rows = town.ask("readings", "--point", point)["readings"]
    for row in rows:
        assert ("span" in (row["doubt"] or "")) == (row["value"] == 12), row
    assert any(row["doubt"] for row in rows) and any(row["doubt"] is None for row in rows)
    town.stop()
    assert [topic for topic, payload, _ in heard.messages if b"screen" in payload] == []
