"""Problems reach the rectification system exactly once and in order, whatever it does; its tasks come
back. The server is written from the API's file alone."""
import json
import os
import re
import time

import jsonschema
import pytest
from lookback import conf_text
from rectification_server import WAYS, Rectification, load_api

NAME = "town-rectification"
POINTS = ["yard/probe/cod.c0", "yard/probe/cod.c1"]


class Knobs:
    """A device whose registers are what the test says."""

    def __init__(self, count=2):
        self.values = [10] * count

    def words(self, request):
        return (self.values + [0] * request.count)[request.address:request.address + request.count]

    def turn(self, value, which=0):
        self.values[which] = value


def town_with(town, peers, server, start=True, **more):
    knobs = Knobs()
    device = peers.scripted(knobs.words)
    town.device(port=device.port, every="100ms")
    town.rules = [{"name": f"cod-high-{i}", "points": [point], "above": 50.0}
                  for i, point in enumerate(POINTS)]
    town.output("rectification", server.url, **{"timeout": "1s", "pull": "1s", **more})
    if start:
        town.start()
        town.wait_polls(3)
    return knobs


@pytest.fixture
def server(peers):
    return peers.keep(Rectification())


def problems(town):
    return {one["uid"]: one for one in town.ask("problems")["problems"]}


def wait_same(town, server, seconds=60):
    """Until the server has every problem as the collector has it. The head of the newest seal comes
    along on the way out, and stands in nothing that is stored."""
    town.wait(lambda: problems(town) and problems(town) == {
        uid: {**problem, "seal": None} for uid, problem in server.problems.items()}, seconds,
        "the server to have every problem")


def wait_open(town, count=1):
    town.wait(lambda: len([p for p in problems(town).values() if p["state"] == "open"]) >= count,
              20, f"{count} open problems")


def wait_recovered(town, count=1):
    town.wait(lambda: len([p for p in problems(town).values() if p["state"] == "recovered"])
              >= count, 20, f"{count} recovered problems")


def each_once_and_in_order(server):
    assert server.problems
    for uid in server.problems:
        assert server.created[uid] == 1, server.asked
        assert server.order[uid] == sorted(set(server.order[uid])), server.order
    assert server.faults == []


def notice_of(town, words, seconds=40):
    """Until a notice of the output has these words."""
    return town.wait(lambda: [one["text"] for one in town.ask("status")["notices"]
                              if one["id"].startswith("output-" + NAME) and words in one["text"]],
                     seconds, f"a notice with {words!r}")[0]


# Problems.

def test_a_problem_arrives_as_it_is_and_its_changes_follow(town, peers, server):
    knobs = town_with(town, peers, server)
    knobs.turn(100)
    wait_open(town)
    wait_same(town, server)
    knobs.turn(10)
    wait_recovered(town)
    wait_same(town, server)
    each_once_and_in_order(server)
    assert [p["state"] for p in server.problems.values()] == ["recovered"]
    assert len(server.served("POST")) == 1
    status = {one["name"]: one for one in town.ask("status")["outputs"]}[NAME]
    assert (status["state"], status["text"]) == ("ok", "")


@pytest.mark.parametrize("way", WAYS)
def test_after_any_misbehaviour_each_problem_is_there_once_with_its_newest_version(
        town, peers, server, way):
    knobs = town_with(town, peers, server)
    for method in ("POST", "PATCH", "GET"):
        server.misbehave(way, method=method)
    knobs.turn(100)
    wait_open(town)
    # The other problem and the end of the first come while the server misbehaves.
    knobs.turn(90, 1)
    wait_open(town, 2)
    knobs.turn(10)
    wait_recovered(town)

    def is_met():  # it changes every second, so that there are requests
        knobs.turn(90 if int(time.monotonic()) % 2 else 10, 1)
        return server.is_met()
    town.wait(is_met, 90, f"every planned {way}")
    knobs.turn(10, 1)
    wait_recovered(town, 2)
    wait_same(town, server, 90)
    each_once_and_in_order(server)
    assert server.stolen == []
    assert town.rows("SELECT * FROM quarantine") == []


@pytest.mark.parametrize("way", ["silent", "endless", "slow", "500"])
def test_nothing_polls_slower_while_the_server_misbehaves(town, peers, server, way):
    knobs = town_with(town, peers, server)
    server.misbehave_always(way)
    knobs.turn(100)
    wait_open(town)
    before = town.last_seq()
    town.wait_polls(60)
    times = [row[0] for row in town.rows("SELECT time FROM poll WHERE seq > ? ORDER BY seq", before)]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert max(gaps) < 350, gaps


@pytest.mark.parametrize("way, words", [
    ("401", "check token_file"), ("404", "check that url"), ("html", "captive portal"),
    ("redirect", "redirects are not followed"), ("500", "takes nothing for now"),
    ("silent", "cannot reach"), ("deep", "no answer of the API"),
])
def test_a_server_that_answers_anything_at_all_gives_a_notice_with_a_sentence(
        town, peers, server, way, words):
    knobs = town_with(town, peers, server)
    server.misbehave_always(way)
    knobs.turn(100)
    wait_open(town)
    text = notice_of(town, words)
    assert "\x1b" not in text and NAME in text
    assert town.cursor(NAME) < town.rows("SELECT min(seq) FROM problem_version")[0][0]


def test_kill_9_while_the_server_is_silent_creates_nothing_twice(town, peers, server):
    knobs = town_with(town, peers, server)
    for turn in range(3):
        server.misbehave("silent", "after", method="POST")
        server.misbehave("silent", method="PATCH")
        knobs.turn(100)
        wait_open(town)
        town.wait(lambda: server.served("POST") or server.served("PATCH"), 20, "a request")
        town.kill()
        knobs.turn(10)
        town.start()
        town.wait_polls(3)
        wait_recovered(town)
        wait_same(town, server)
    each_once_and_in_order(server)


def test_a_server_that_was_away_gets_everything_in_order_later(town, peers, server):
    server.misbehave_always("502")
    knobs = town_with(town, peers, server)
    for _ in range(2):
        knobs.turn(100)
        wait_open(town)
        knobs.turn(10)
        wait_recovered(town)
    server.behave()
    wait_same(town, server)
    each_once_and_in_order(server)


def test_what_is_sent_again_is_there_once(town, peers, server):
    knobs = town_with(town, peers, server)
    knobs.turn(100)
    wait_open(town)
    knobs.turn(10)
    wait_recovered(town)
    wait_same(town, server)
    looks = len(server.served("GET"))
    answer = town.command("resend", "--output", NAME, "--from", "2020-01-01")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    town.wait(lambda: len([row for row in server.served("GET")[looks:] if "/problems/" in row[1]]),
              20, "the problem to be looked for")
    wait_same(town, server)
    each_once_and_in_order(server)


def test_one_problem_the_server_refuses_is_set_aside_and_the_others_arrive(town, peers, server):
    knobs = town_with(town, peers, server)
    bad = server.hold

    def hold(value, name):
        if value.get("rule") == "cod-high-0":
            return "rule: there is no such rule \x1b[31m"
        return bad(value, name)
    server.hold = hold
    knobs.turn(100)
    wait_open(town)
    text = notice_of(town, "there is no such rule")
    assert "\x1b" not in text
    knobs.turn(90, 1)
    wait_open(town, 2)
    town.wait(lambda: [p["rule"] for p in server.problems.values()] == ["cod-high-1"], 30,
              "the other problem")
    reasons = [row[0] for row in town.rows("SELECT reason FROM quarantine WHERE output = ?", NAME)]
    assert reasons and all(words.startswith("422") and "\x1b" not in words for words in reasons)


def test_doubts_are_never_sent(town, peers, server):
    knobs = town_with(town, peers, server, start=False)
    town.rules[0]["nature"] = "doubt"
    town.start()
    town.wait_polls(3)
    knobs.turn(100)
    knobs.turn(90, 1)
    wait_open(town, 2)
    town.wait(lambda: server.problems, 20, "the breach")
    last = town.last_seq()
    town.wait(lambda: town.cursor(NAME) >= last, 20, "the cursor")
    assert [p["nature"] for p in server.problems.values()] == ["breach"]
    assert all(p["rule"] == "cod-high-1" for p in server.problems.values())


def test_token_and_signature_open_the_door(town, peers):
    server = peers.keep(Rectification(token="open-sesame", secret="a secret of ours"))
    knobs = town_with(town, peers, server, token_file=town.secret("token", "open-sesame"),
                      hmac_file=town.secret("hmac", "a secret of ours"))
    knobs.turn(100)
    wait_open(town)
    wait_same(town, server)
    assert server.served("GET", 401) == [] == server.served("POST", 401)
    assert "open-sesame" not in town.log() and "a secret of ours" not in town.log()


def test_the_server_may_have_names_of_its_own(town, peers):
    server = peers.keep(Rectification(rename={"uid": "problemNo", "version": "revision",
                                              "first": "foundAt"}))
    knobs = town_with(town, peers, server, start=False, fields="names.conf")
    with open(town.dir + "/names.conf", "w") as out:
        out.write(conf_text({"problem": [{"ours": ours, "theirs": theirs}
                                         for ours, theirs in server.rename.items()]}))
    town.start()
    town.wait_polls(3)
    knobs.turn(100)
    wait_open(town)
    knobs.turn(10)
    wait_recovered(town)
    wait_same(town, server)
    each_once_and_in_order(server)


def test_a_wrong_file_of_names_is_refused_with_its_line(town, peers, server):
    town_with(town, peers, server, start=False, fields="names.conf")
    with open(town.dir + "/names.conf", "w") as out:
        out.write('problem = (\n  { ours = "uid"; theirs = ""; },\n'
                  '  { ours = "frist"; theirs = "x"; } );\n')
    answer = town.write().command("check")
    assert answer.returncode == 2
    assert re.search(r"names\.conf:2: theirs: uid cannot be left out", answer.stderr)
    assert re.search(r'names\.conf:3: ours: we have no field "frist"; "first" is near',
                     answer.stderr)


# Tasks.

def tasks(town):
    return {one["id"]: one for one in town.ask("tasks")["tasks"]}


def imports(town):
    return [json.loads(row[0]) for row in town.rows(
        "SELECT arguments FROM event WHERE kind = 'tasks.import' ORDER BY seq")]


def wait_tasks(town, **states):
    town.wait(lambda: {key: one["state"] for key, one in tasks(town).items()} == states, 30,
              f"tasks {states}, there are {tasks(town)}")


def wait_asked(town, server, more=2):
    """Until tasks were asked for so many more times."""
    def asked():
        return len([row for row in server.served("GET") if "/tasks" in row[1]])
    before = asked()
    town.wait(lambda: asked() >= before + more, 30, "tasks to be asked for")


def test_a_task_pulled_as_struck_off_makes_a_breach_a_relapse(town, peers, server):
    knobs = town_with(town, peers, server)
    server.put_task(id="37", state="struck_off", title="排口超标", category="river",
                    struck_off="2026-01-02T00:00:00Z", watch_until="2126-01-01T00:00:00Z",
                    points=[POINTS[0]])
    wait_tasks(town, **{"37": "struck_off"})
    knobs.turn(100)
    wait_open(town)
    wait_same(town, server)
    problem, = server.problems.values()
    assert (problem["kind"], problem["tasks"], problem["relapse_of"]) == ("relapse", ["37"], ["37"])
    assert tasks(town)["37"]["relapses"] == [problem["uid"]]


def test_pages_are_taken_in_and_nothing_new_is_nothing(town, peers, server):
    for number in range(5):
        server.put_task(id=number + 1, state="rectifying", title=f"问题 {number}")
    town_with(town, peers, server)
    wait_tasks(town, **{str(number + 1): "rectifying" for number in range(5)})
    assert len(imports(town)) == 3
    wait_asked(town, server, 3)
    assert len(imports(town)) == 3
    assert server.served("GET", 304)
    server.put_task(id="3", state="applied", title="问题 2")
    town.wait(lambda: tasks(town)["3"]["state"] == "applied", 20, "the change")
    wait_asked(town, server)
    assert [one["id"] for one in imports(town)[-1]["tasks"]] == ["3"] and len(imports(town)) == 4


def test_a_start_asks_on_from_where_the_last_run_was(town, peers, server):
    server.put_task(id="1", state="found", title="问题")
    town_with(town, peers, server)
    wait_tasks(town, **{"1": "found"})
    town.stop()
    before = len(server.asked)
    town.start()
    town.wait_polls(3)
    wait_asked(town, server, 1)
    first = next(row for row in server.asked[before:] if "/tasks" in row[1])
    assert first[1] == "/api/tasks?since=2026-01-01T00%3A00%3A01.000Z" and first[2] == 304


def test_where_both_sides_changed_a_task_the_server_wins_and_the_other_is_kept(town, peers, server):
    """It was struck off here before the rectification system was connected; there it was returned."""
    town_with(town, peers, server, start=False, enabled=False)
    town.start()
    town.wait_polls(3)
    with open(town.folder + "/ledger.csv", "w", encoding="utf-8") as out:
        out.write("编号,来源,类别,问题描述,状态\n37,督察反馈,河道,排口超标,公示中\n")
    for words in (("tasks", "import", town.folder + "/ledger.csv"),
                  ("task", "strike-off", "37", "--note", "looked at it")):
        answer = town.command(*words)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    wait_tasks(town, **{"37": "struck_off"})
    town.stop()
    server.put_task(id="37", state="returned", title="排口超标")
    town.settings["outputs"][0]["enabled"] = True
    town.start()
    town.wait_polls(3)
    wait_tasks(town, **{"37": "returned"})
    replaced, = imports(town)[-1]["replaced"]
    assert (replaced["id"], replaced["state"]) == ("37", "struck_off") and replaced["struck_off"]
    answer = town.command("task", "strike-off", "37", "--note", "again")
    assert answer.returncode == 3 and NAME in answer.stderr


def test_who_complained_never_comes_in(town, peers, server):
    server.put_task(id="37", state="found", title="信访", petitioner="张三", telephone="13900001111",
                    owner={"lead": "镇环保办", "mobile": "13900002222"})
    town_with(town, peers, server)
    wait_tasks(town, **{"37": "found"})
    assert tasks(town)["37"]["owner"]["lead"] == "镇环保办"
    town.stop()
    for word in ("张三", "13900001111", "13900002222"):
        assert word not in town.log()
        for name in os.listdir(town.store):
            with open(os.path.join(town.store, name), "rb") as file:
                assert word.encode() not in file.read(), name


def test_a_page_that_is_wrong_anywhere_changes_nothing_and_is_told(town, peers, server):
    server.put_task(id="1", state="found", title="问题")
    town_with(town, peers, server)
    wait_tasks(town, **{"1": "found"})
    server.page_size = 10
    server.put_task(id="1", state="applied", title="问题")
    server.put_task(id="2", state="no such state\x1b[31m", title="问题")
    text = notice_of(town, "task 2: state")
    assert "\x1b" not in text
    assert {key: one["state"] for key, one in tasks(town).items()} == {"1": "found"}
    server.put_task(id="2", state="found", title="问题")
    wait_tasks(town, **{"1": "applied", "2": "found"})
    town.wait(lambda: not town.ask("status")["notices"], 20, "the notice to end")


# The API's file.

def test_the_file_is_openapi_3_1_and_every_reference_leads_somewhere():
    api = load_api()
    assert api["openapi"] == "3.1.0" and api["info"]["title"] and api["info"]["version"]
    for schema in api["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)

    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                at = api
                for part in node["$ref"].removeprefix("#/").split("/"):
                    at = at[part]
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)
    walk(api)
    for path, ways in api["paths"].items():
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for method, way in ways.items():
            if method == "parameters":
                continue
            assert way["operationId"] and way["summary"] and way["responses"], path
            shared = [api["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]]
                      for one in ways.get("parameters", [])]
            assert named == {one["name"] for one in shared if one["in"] == "path"}


def test_every_problem_the_collector_shows_is_one_of_the_file(town, peers, server):
    knobs = town_with(town, peers, server)
    knobs.turn(100)
    wait_open(town)
    knobs.turn(10)
    wait_recovered(town)
    for one in problems(town).values():
        assert server.hold(one, "Problem") is None, json.dumps(one)
