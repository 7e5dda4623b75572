"""The verdicts of the demo's made-up year as a person would expect them, the same from stored
aggregates and from every reading, and what commands say of them."""
import json
import os
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone

import pytest

from lookback import BINARY, MAKER, ROOT
from waiting import free_port

TOOL = os.path.join(os.path.dirname(BINARY), "tests", "verdict_tool")
STRUCK_OFF = ["71", "72", "83", "91", "93"]


@pytest.fixture(scope="module")
def demo():
    """400 days, a poll every 10 minutes and in memory where there is room, so that it takes seconds
    to make up: a store on disk waits for 10,000 hours to be written through."""
    memory = "/dev/shm"
    roomy = os.path.isdir(memory) and shutil.disk_usage(memory).free > 1 << 30
    folder = tempfile.mkdtemp(prefix="lookback-verdict-", dir=memory if roomy else None)
    for name in ("config", "deploy", "drivers/profiles"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    path = os.path.join(folder, "deploy/demo/history.conf")
    with open(path, encoding="utf-8") as file:
        words = file.read()
    assert 'every = "5min"' in words
    with open(path, "w", encoding="utf-8") as file:
        file.write(words.replace('every = "5min"', 'every = "10min"', 1))
    env = {**os.environ, "LOOKBACK_DATA": folder}
    done = subprocess.run([MAKER, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                           str(free_port()), "--history", "400d", "--seconds", "1", "--plain"],
                          capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL,
                          env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    def run(*args, program=BINARY, code=0):
        config = os.path.join(folder, "demo", "config")
        words = [program, config, *args] if program == TOOL else [program, *args, "-c", config]
        found = subprocess.run(words, capture_output=True, text=True, timeout=120, env=env,
                               check=False)
        assert found.returncode == code, found.stdout + found.stderr
        return found.stdout

    yield run
    shutil.rmtree(folder)


def tasks_of(answer):
    return {task["id"]: task for task in json.loads(answer)["tasks"]}


@pytest.fixture(scope="module")
def tasks(demo):
    return tasks_of(demo("tasks", "--json"))


def ask(demo, task, start, end, how):
    return json.loads(demo(task, start, end, how, program=TOOL))


def list_span(task):
    """What the ledger looks at: as far back as it is watched, and to the end of that or to now."""
    off, until = (datetime.fromisoformat(task[key].replace("Z", "+00:00"))
                  for key in ("struck_off", "watch_until"))
    end = min(until, datetime.now(timezone.utc) - timedelta(minutes=10))
    return (off - (until - off)).isoformat(), end.isoformat()


def reasons(verdict):
    return [(one["reason"], one["rule"]) for one in verdict["reasons"]]


def test_the_year_reads_as_it_was_told(tasks):
    answers = {name: tasks[name]["verdict"]["answer"] for name in STRUCK_OFF}
    assert answers == {"71": "relapsed",    # slowly
                       "72": "held",
                       "83": "not_proven",  # the evenings are missing
                       "91": "not_proven",  # five days without data
                       "93": "relapsed"}    # at night only


def test_only_struck_off_tasks_that_are_watched_here_have_a_verdict(tasks):
    for task in tasks.values():
        assert (task["verdict"] is not None) == (task["id"] in STRUCK_OFF), task
        if task["verdict"] is not None:
            assert set(task["verdict"]) == {"answer", "reason", "provable_from"}
            assert task["verdict"]["reason"]


def test_each_verdict_rests_on_what_happened(demo, tasks):
    found = {name: ask(demo, name, *list_span(tasks[name]), "aggregates") for name in STRUCK_OFF}
    assert found["72"]["reasons"] == [] and found["72"]["provable_from"] is None
    assert reasons(found["71"])[0] == ("relapsed", "nh3-iv")
    assert ("exceeds_too_often", "nh3-iv") in reasons(found["71"])
    assert reasons(found["83"])[0] == ("doubt", "screen-hidden")
    assert {reason for reason, _ in reasons(found["91"])} == {"gap", "incomplete"}
    assert found["91"]["provable_start"] is not None and found["91"]["provable_from"] is not None
    day, night = [one for one in found["93"]["points"][0]["criteria"]
                  if one["rule"] == "school-night" and one["statistic"] == "mean"]
    assert (day["when"], day["exceeded_days"]) == ("day", 0)
    assert night["when"] == "night" and 15 <= night["exceeded_days"] <= 22
    for name in STRUCK_OFF:
        assert found[name]["answer"] == tasks[name]["verdict"]["answer"]


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        return [found for key in one.keys() | other.keys()
                for found in differences(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [found for i, pair in enumerate(zip(one, other))
                for found in differences(*pair, f"{path}.{i}")]
    return [] if one == other else [(path, one, other)]


@pytest.mark.parametrize("name", STRUCK_OFF)
def test_aggregates_and_readings_come_to_the_same(demo, tasks, name):
    off = datetime.fromisoformat(tasks[name]["struck_off"].replace("Z", "+00:00"))
    spans = [list_span(tasks[name]),
             ((off - timedelta(days=33, hours=7, minutes=20)).isoformat(),
              (off + timedelta(days=40, hours=3, minutes=50)).isoformat()),
             ((off + timedelta(days=20, minutes=10)).isoformat(),
              (off + timedelta(days=25, minutes=10)).isoformat())]
    for start, end in spans:
        by_readings = ask(demo, name, start, end, "readings")
        by_aggregates = ask(demo, name, start, end, "aggregates")
        for point in by_readings["points"]:
            assert sum(point.pop("letters").values()) > 0
        for point in by_aggregates["points"]:
            assert point.pop("letters") is None
        assert not differences(by_readings, by_aggregates)


def test_the_card_says_every_reason(demo):
    card = demo("task", "91")
    assert "不能证明" in card and "没有有效数据" in card and "可证明" in card and "起另算" in card
    assert "已守住" in demo("task", "72")
    assert "not proven" in demo("task", "83", "--lang", "en")
    assert json.loads(demo("task", "93", "--json"))["verdict"]["answer"] == "relapsed"


def test_the_watch_list_has_the_verdicts(demo):
    watched = tasks_of(demo("watch", "--json", code=1))
    assert watched["71"]["verdict"]["answer"] == "relapsed"
    assert watched["93"]["verdict"]["answer"] == "relapsed"
