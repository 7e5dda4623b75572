"""The commands on a station at work and on the example town."""
import csv
import io
import json
import os
import subprocess

import pytest

from lookback import BINARY, ROOT, iso_ms, simple_profile

CONFIG = os.path.join(ROOT, "config")


def lookback(*words, **more):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **more)


def test_the_example_town_is_in_order():
    answer = lookback("check", "-c", CONFIG)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_shipped_model_is_listed():
    shipped = {name[:-5] for name in os.listdir(os.path.join(ROOT, "drivers", "profiles"))
               if name.endswith(".conf")}
    sensors = json.loads(lookback("sensors", "-c", CONFIG, "--json").stdout)["sensors"]
    assert shipped and {one["model"] for one in sensors} >= shipped


@pytest.mark.parametrize("language, word", [("zh", "用法"), ("en", "run")])
def test_help_is_given_in_both_languages(language, word):
    answer = lookback("help", "--lang", language)
    assert answer.returncode == 0 and word in answer.stdout


@pytest.fixture
def station(town, peers):
    device = peers.scripted(lambda r: [100 + r.number % 7] * r.count)
    town.device(port=device.port, every="100ms", model=simple_profile())
    town.start()
    town.wait_polls(12)
    return town


DAY = ("--from", "2020-01-01", "--to", "2099-01-01")


def test_readings_are_those_of_the_store(station):
    station.stop()
    answer = station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)
    assert answer["point"] == "yard/probe/cod.c0" and answer["unit"] == "mg/L"
    got = [(one["seq"], iso_ms(one["time"]), one["value"], one["quality"], one["cause"] or "")
           for one in answer["readings"]]
    assert got == [(row[0], *row[2:]) for row in station.readings("yard/probe/cod.c0")]
    assert all("doubt" in one for one in answer["readings"])


def test_from_is_included_and_to_is_not(station):
    station.stop()
    rows = station.readings("yard/probe/cod.c0")
    answer = station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)
    times = [one["time"] for one in answer["readings"]]
    part = station.ask("readings", "--point", "yard/probe/cod.c0", "--from", times[2], "--to",
                       times[6])
    assert [one["seq"] for one in part["readings"]] == [row[0] for row in rows[2:6]]


def test_csv_holds_the_same_numbers(station):
    station.stop()
    out = station.command("readings", "--point", "yard/probe/cod.c0", *DAY, "--csv").stdout
    table = list(csv.DictReader(io.StringIO(out.lstrip("\ufeff"))))
    rows = station.readings("yard/probe/cod.c0")
    assert [(int(one["seq"]), float(one["value"]), one["quality"]) for one in table] == [
        (row[0], row[3], row[4]) for row in rows]


def test_a_point_nobody_has_is_not_found(station):
    answer = station.command("readings", "--point", "yard/probe/nothing", *DAY)
    assert answer.returncode == 3 and "yard/probe/nothing" in answer.stderr


def test_readings_can_be_read_while_the_collector_writes(station):
    before = len(station.polls())
    for _ in range(5):
        assert station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)["readings"]
    assert station.is_running()
    station.wait(lambda: len(station.polls()) > before, 10, "more polls")


def test_status_says_how_the_station_is(station):
    status = station.ask("status")
    assert (status["collector"], status["state"]) == ("zj-01", "running")
    assert status["boot"] == 1 and status["seq"] > 0 and status["clock"]["trusted"] is True
    assert {"bytes", "oldest", "free_bytes", "commit_ms", "mailbox_bytes"} <= set(status["store"])
    link, = status["links"]
    assert (link["name"], link["kind"], link["state"]) == ("link-probe", "tcp", "up")
    device, = status["devices"]
    assert (device["site"], device["name"], device["unit"]) == ("yard", "probe", 1)
    assert device["state"] == "answering" and device["every_ms"] == 100
    assert device["polls"] > 0 and device["last_good"]
    assert {"skipped", "errors", "answer_ms", "next_attempt", "since"} <= set(device)
    assert status["outputs"] == [] and status["notices"] == []
    assert {"seal"} <= set(status)


def test_status_and_problems_are_tables_for_people_too(station):
    for words in (("status",), ("problems",), ("status", "--lang", "zh")):
        answer = station.command(*words)
        assert answer.returncode == 0 and answer.stdout.strip(), answer.stderr


def test_resend_sends_again_what_is_stored(station, peers):
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/+/reading/#")
    station.stop()
    station.output("mqtt", broker.url())
    station.start()
    station.wait_sent("town-mqtt")
    first = min(message["seq"] for _, message in heard.readings())
    seen = len([1 for _, message in heard.readings() if message["seq"] == first])
    answer = station.command("resend", "--output", "town-mqtt", "--from", "2020-01-01")
    assert answer.returncode == 0, answer.stderr
    station.wait(lambda: len([1 for _, message in heard.readings()
                              if message["seq"] == first]) > seen, 20, "it to come again")


def test_stopping_commits_what_was_polled(station):
    """A clean stop loses nothing that was answered a second before."""
    station.stop()
    assert station.rows("PRAGMA integrity_check") == [("ok",)]
    sequence = station.sequence()
    assert sequence == list(range(1, len(sequence) + 1))
    before = len(station.polls())
    station.start()
    station.wait(lambda: len(station.polls()) > before, 20, "polls after a restart")
    sequence = station.sequence()
    assert sequence == list(range(1, len(sequence) + 1))


def test_a_sealed_segment_shows_each_reading_once(station):
    station.wait_polls(10)
    assert station.command("seal").returncode == 0
    station.wait(lambda: station.rows("SELECT count(*) FROM segment WHERE moved = 1")[0][0] >= 1,
                 20, "the segment to be moved")
    station.wait_polls(5)
    station.stop()
    rows = [(row[0], row[1]) for row in station.readings()]
    assert len(rows) == len(set(rows)) == 2 * len(station.polls())
