"""Lays what arrived beside what was stored: nothing missing, nothing twice, nothing else.

The store is the truth. A poll up to an output's cursor must be at its peer; one beyond it may be there
already (accepted, its confirmation not yet noted), and then with the same contents.
"""
import json
import math

from lookback import LETTERS, iso_ms
from waiting import TooLate, wait_for


class Stored:
    """One poll as the store has it."""

    def __init__(self, seq, site, device, time):
        self.seq, self.site, self.device, self.time = seq, site, device, time
        self.readings = {}  # channel: (value, letter, cause)


def stored(town):
    """{seq: Stored} of every poll that has a reading."""
    polls = {}
    for seq, name, time, value, letter, cause in town.readings():
        site, device, channel = name.split("/")
        poll = polls.setdefault(seq, Stored(seq, site, device, time))
        poll.readings[channel] = (value, letter, cause)
    return polls


def unlike_mqtt(polls, confirmed, subscriber, collector):
    """What is wrong with the messages heard, as sentences; none is good. A message may come twice
    (QoS 1), with the same contents only."""
    wrong, heard = [], {}
    for topic, message in subscriber.readings():
        seq = message["seq"]
        if heard.setdefault(seq, (topic, message)) != (topic, message):
            wrong.append(f"seq {seq} came with two contents: {heard[seq]} and {message}")
    for seq in sorted(set(polls) - set(heard)):
        if seq <= confirmed:
            wrong.append(f"seq {seq} never came")
    for seq in sorted(set(heard) - set(polls)):
        wrong.append(f"seq {seq} came and is not in the store")
    for seq in sorted(set(heard) & set(polls)):
        topic, message = heard[seq]
        poll = polls[seq]
        expected = {
            "seq": seq,
            "time": poll.time,
            "values": {c: value for c, (value, _, _) in poll.readings.items()},
            "quality": {c: letter for c, (_, letter, _) in poll.readings.items()},
            "cause": {c: cause for c, (_, _, cause) in poll.readings.items() if cause},
        }
        if topic != f"lookback/{collector}/reading/{poll.site}/{poll.device}":
            wrong.append(f"seq {seq} came on {topic}")
        if {**message, "time": iso_ms(message["time"])} != expected:
            wrong.append(f"seq {seq}: stored {expected}, came {message}")
    return wrong


def unlike_influx(polls, confirmed, points, measurement="water"):
    """The same for what InfluxDB holds."""
    wrong, points = [], dict(points)
    for poll in polls.values():
        expected = {}
        for channel, (value, letter, _) in poll.readings.items():
            expected[channel + "_q"] = LETTERS.index(letter)
            if value is not None:
                expected[channel] = value
        found = points.pop((measurement, poll.site, poll.device, poll.time * 1000000), None)
        if found != expected and (found is not None or poll.seq <= confirmed):
            wrong.append(f"seq {poll.seq}: stored {expected}, there {found}")
    return wrong + [f"never stored: {key} {fields}" for key, fields in points.items()]


def unlike_victoria(polls, confirmed, points, measurement="water"):
    """The same for what VictoriaMetrics holds, each sample exactly once."""
    wrong, points = [], dict(points)
    for poll in polls.values():
        for channel, (value, letter, _) in poll.readings.items():
            for field, expected in ((channel, value), (channel + "_q", LETTERS.index(letter))):
                key = (f"{measurement}_{field}", poll.site, poll.device, poll.time)
                found = points.pop(key, [])
                if not found and (expected is None or poll.seq > confirmed):
                    continue
                if len(found) != 1 or expected is None or not math.isclose(found[0], expected,
                                                                           rel_tol=1e-14):
                    wrong.append(f"seq {poll.seq} {field}: stored {expected}, there {found}")
    return wrong + [f"never stored: {key} {values}" for key, values in points.items()]


def nothing_wrong(wrong):
    assert not wrong, f"{len(wrong)} things differ, first: " + json.dumps(wrong[:5], indent=1)


def all_arrived(town, heard=None, influx=None, victoria=None):
    """Checks every peer that is given against the store. The outputs are named town-mqtt, influx and
    victoria; the collector has stopped."""
    assert not town.is_running()
    polls = stored(town)
    assert polls, "nothing was stored"
    if heard is not None:
        nothing_wrong(unlike_mqtt(polls, town.cursor("town-mqtt"), heard, town.name))
    if influx is not None:
        nothing_wrong(unlike_influx(polls, town.cursor("influx"), influx.points()))
    if victoria is not None:
        # What it has confirmed becomes visible a little later.
        def is_whole():
            return not unlike_victoria(polls, town.cursor("victoria"), victoria.points())
        try:
            wait_for(is_whole, 15, "VictoriaMetrics to show what it confirmed")
        except TooLate:
            nothing_wrong(unlike_victoria(polls, town.cursor("victoria"), victoria.points()))
    return polls
