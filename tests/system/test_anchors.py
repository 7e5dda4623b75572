"""Heads of seals leave the gateway: at the broker, at the rectification system, and stamped by an
authority. What left is what stands in the store, and openssl agrees."""
import json

import pytest
from rectification_server import Rectification
from time_stamp_server import WAYS, TimeStamps

TOPIC = "lookback/zj-01/seal"


class Knob:
    """A device whose first register is what the test says."""

    def __init__(self):
        self.value = 10

    def words(self, request):
        return ([self.value] + [0] * request.count)[request.address:request.address + request.count]


def town_that_seals(town, peers, every="1s"):
    knob = Knob()
    device = peers.scripted(knob.words)
    town.device(port=device.port, every="200ms")
    town.settings["seal"] = {"every": every}
    town.rules = [{"name": "cod-high", "points": ["yard/probe/cod.c0"], "above": 50.0}]
    return knob


def sealed(town):
    """{segment: (head, previous, signature, key)} of what is sealed, in hex."""
    return {row[0]: (row[1].hex(), row[2].hex(), row[3].hex(), row[4]) for row in town.rows(
        "SELECT segment, head, previous, signature, key FROM segment WHERE head IS NOT NULL")}


def newest(town):
    return max(sealed(town), default=0)


def wait_sealed(town, beyond=0):
    return town.wait(lambda: newest(town) > beyond and newest(town), 30,
                     f"a segment sealed after {beyond}")


def anchors(town, kind):
    """{segment: (name, body)}"""
    return {row[0]: row[1:] for row in town.rows(
        "SELECT segment, name, body FROM anchor WHERE kind = ? ORDER BY segment", kind)}


def check_heads(town, messages):
    """Every head that was heard is the one of the store."""
    known = sealed(town)
    for message in messages:
        assert set(message) == {"segment", "head", "previous", "time", "signature", "key"}
        assert (message["head"], message["previous"], message["signature"],
                message["key"]) == known[message["segment"]]


def heads(heard):
    with heard.news:
        return [(json.loads(payload), retained) for topic, payload, retained in heard.messages
                if topic == TOPIC]


def wait_head(heard, segment):
    return json.loads(heard.wait(
        lambda topic, payload: topic == TOPIC and json.loads(payload)["segment"] >= segment, 30,
        f"the head of segment {segment}")[1])


# At the broker.

def test_each_new_head_stands_at_the_broker_and_is_noted_as_left_there(town, peers):
    town_that_seals(town, peers)
    broker = peers.mosquitto().start()
    town.output("mqtt", broker.url())
    heard = peers.subscriber(broker.port, TOPIC)
    town.start()
    first = wait_head(heard, 1)
    second = wait_head(heard, first["segment"] + 1)
    check_heads(town, [first, second])
    town.wait(lambda: {first["segment"], second["segment"]} <= set(anchors(town, "mqtt")), 20,
              "both to be noted")
    assert anchors(town, "mqtt")[second["segment"]][0] == "town-mqtt"
    late = peers.subscriber(broker.port, TOPIC)
    wait_head(late, second["segment"])
    assert heads(late)[0][1]  # retained: who asks only now hears it, too


def test_a_broker_that_lost_everything_is_told_the_newest_head_again(town, peers):
    town_that_seals(town, peers, "1h")
    broker = peers.mosquitto().start()
    town.output("mqtt", broker.url())
    town.start()
    town.wait_polls(3)
    town.stop()  # which seals
    segment = newest(town)
    assert segment > 0
    town.start()
    wait_head(peers.subscriber(broker.port, TOPIC), segment)
    broker.kill()
    broker.start()  # it kept nothing
    message = wait_head(peers.subscriber(broker.port, TOPIC), segment)
    check_heads(town, [message])
    town.wait(lambda: segment in anchors(town, "mqtt"), 20, "the head to be noted")


def test_after_an_outage_the_newest_head_goes_and_covers_the_others(town, peers):
    town_that_seals(town, peers)
    broker = peers.mosquitto().start()
    town.output("mqtt", broker.url())
    town.start()
    before = wait_head(peers.subscriber(broker.port, TOPIC), 1)["segment"]
    broker.kill()
    missed = wait_sealed(town, wait_sealed(town, wait_sealed(town, before)))
    broker.start()
    heard = peers.subscriber(broker.port, TOPIC)
    wait_head(heard, missed)
    check_heads(town, [message for message, _ in heads(heard)])
    assert min(message["segment"] for message, _ in heads(heard)) >= missed - 1
    town.wait(lambda: max(anchors(town, "mqtt"), default=0) >= missed, 20, "it to be noted")


# In problems.

def test_a_problem_takes_the_newest_head_to_the_broker_and_to_the_rectification_system(town, peers):
    knob = town_that_seals(town, peers)
    broker = peers.mosquitto().start()
    server = peers.keep(Rectification())
    town.output("mqtt", broker.url())
    town.output("rectification", server.url, timeout="1s", pull="1s")
    heard = peers.subscriber(broker.port, "lookback/zj-01/problem/#")
    town.start()
    wait_sealed(town)
    knob.value = 100
    told = json.loads(heard.wait(lambda *_: True, 30, "the problem")[1])
    town.wait(lambda: server.problems, 30, "the problem at the server")
    kept = next(iter(server.problems.values()))
    known = sealed(town)
    for problem in (told, kept):
        assert set(problem["seal"]) == {"segment", "head"}
        assert known[problem["seal"]["segment"]][0] == problem["seal"]["head"]
    town.wait(lambda: anchors(town, "rectification"), 20, "the head to be noted")
    segment, (name, body) = next(iter(anchors(town, "rectification").items()))
    assert (name, bytes(body).decode()) == ("town-rectification", kept["uid"])
    assert segment <= max(known)
    # What is stored is the judge's alone.
    stored = json.loads(town.rows("SELECT body FROM problem_version")[0][0])
    assert stored["seal"] is None and stored | {"seal": 0} == told | {"seal": 0}
    assert server.faults == [] and set(server.created.values()) == {1}


def test_before_the_first_seal_a_problem_says_that_there_is_none(town, peers):
    knob = town_that_seals(town, peers, "1h")
    broker = peers.mosquitto().start()
    town.output("mqtt", broker.url())
    heard = peers.subscriber(broker.port, "lookback/zj-01/#")
    town.start()
    town.wait_polls(2)
    knob.value = 100
    told = json.loads(heard.wait(lambda topic, _: "/problem/" in topic, 30, "the problem")[1])
    assert told["seal"] is None
    assert heads(heard) == [] and anchors(town, "mqtt") == {}


# Stamped.

@pytest.fixture
def authority(folder, peers):
    return peers.keep(TimeStamps(folder))


def expect_stamp(town, authority, segment):
    response = bytes(anchors(town, "time_stamp")[segment][1])
    assert authority.verify(sealed(town)[segment][0], response) == "Verification: OK"
    assert response in authority.answered


def test_a_head_is_stamped_once_and_openssl_verifies_what_was_kept(town, peers, authority):
    town_that_seals(town, peers, "1h")
    town.settings["seal"]["time_stamp"] = authority.url
    town.start()
    town.wait_polls(2)
    town.stop()  # which seals
    segment = newest(town)
    town.start()
    town.wait(lambda: segment in anchors(town, "time_stamp"), 20, "a stamp")
    expect_stamp(town, authority, segment)
    town.wait_polls(5)
    town.stop()
    # Of the segments sealed since only the newest is stamped, and none twice.
    town.start()
    town.wait(lambda: newest(town) in anchors(town, "time_stamp"), 20, "another stamp")
    expect_stamp(town, authority, newest(town))
    assert len(authority.asked) == len(anchors(town, "time_stamp")) == 2


@pytest.mark.parametrize("way", WAYS)
def test_an_authority_that_misbehaves_leaves_nothing_and_is_asked_again(
        town, peers, authority, way):
    town_that_seals(town, peers, "1h")
    town.settings["seal"]["time_stamp"] = authority.url
    town.start()
    town.wait_polls(2)
    town.stop()
    if way == "old":  # there has to be one
        town.start()
        town.wait(lambda: anchors(town, "time_stamp"), 20, "a stamp")
        town.stop()
    before = set(anchors(town, "time_stamp"))
    segment = newest(town)
    times = 1 if way == "slow" else 2  # a slow one costs its whole timeout
    authority.misbehave(*[way] * times)
    town.start()
    town.wait(lambda: authority.met.count(way) == times, 40, f"requests met by {way!r}")
    assert set(anchors(town, "time_stamp")) == before
    town.wait(lambda: segment in anchors(town, "time_stamp"), 40, "a stamp after all")
    expect_stamp(town, authority, segment)
    assert f"none for segment {segment}" in town.log()
    assert set(anchors(town, "time_stamp")) == before | {segment}
