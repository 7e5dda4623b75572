"""The ledger on the page: every list holds what the commands say, whole, once, and to the newest version."""
import csv
import datetime
import os
import re
import subprocess
import tempfile
import urllib.parse

import pytest
from lookback import MAKER, ROOT, Town
from page import Page
from waiting import free_port

OPEN = {"found", "assigned", "rectifying", "applied", "checking", "publicised", "returned"}
ADDED = {"overdue", "days"}
SAMPLE = os.path.join(ROOT, "config", "tasks-sample.csv")
SECTION = "chuanyang-03"


class Demo(Town):
    """A made-up month with the sample ledger, on its own settings but for the page's."""

    def __init__(self, folder):
        super().__init__(folder)
        answer = subprocess.run([MAKER, "demo", "--dir", folder, "--history", "20d", "--seconds", "1", "--port",
                                 str(free_port()), "--plain"], capture_output=True, text=True, timeout=300)
        assert answer.returncode == 0, answer.stderr

    def write(self):
        path = os.path.join(self.dir, "collector.conf")
        with open(path) as file:
            words = file.read()
        listen = self.settings["page"]["listen"]
        with open(path, "w") as file:
            file.write(re.sub(r"page +=.*", f'page = {{ listen = "{listen}"; open = true; }};', words))
        return self


@pytest.fixture(scope="module")
def page():
    with tempfile.TemporaryDirectory(prefix="lookback-page-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        town = Demo(folder)
        page = Page(town, open=True)
        town.start()
        try:
            yield page.wait()
        finally:
            town.stop()


def the_day():
    """Of the calendar, where the town is."""
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def address(what, **wishes):
    return f"/api/v1/{what}" + ("?" + urllib.parse.urlencode(wishes) if wishes else "")


def get(page, what, **wishes):
    answer = page.get(address(what, **wishes))
    assert answer.status == 200, answer
    return answer.json()


def made(page, what, **wishes):
    """What the clerk makes: 202 with Retry-After until then."""
    def look():
        answer = page.get(address(what, **wishes))
        assert answer.status in (200, 202), answer
        assert answer.status == 200 or answer.headers["Retry-After"] == "1"
        return answer.status == 200 and answer.json()
    return page.town.wait(look, 30, f"{what} to be made")


def walk(page, what, each=None, **wishes):
    """All pages of a list."""
    rows, after = [], None
    while True:
        whole = get(page, what, **wishes, **({"after": after} if after else {}))
        rows += whole[what]
        after = whole["next"]
        if after is None:
            return rows
        assert len(whole[what]) <= int(wishes["limit"])
        if each:
            each()


def ids(tasks):
    return [task["id"] for task in tasks]


def contract(task):
    return {key: value for key, value in task.items() if key not in ADDED}


# Tasks.

def test_every_filter_gives_what_the_command_gives_filtered(page):
    made(page, "watch")
    all_tasks = page.town.ask("tasks")["tasks"]
    whole = get(page, "tasks")
    assert [contract(task) for task in whole["tasks"]] == all_tasks
    assert len(all_tasks) == 106
    soon, today = get(page, "tasks", due="soon")["tasks"], the_day()
    horizon = max((task["deadline"] for task in soon), default=today.isoformat())

    def due(task, low, high):
        return task["state"] in OPEN and task["deadline"] is not None and low <= task["deadline"] < high
    wishes = [({key: value}, lambda task, key=key, value=value: task[key] == value)
              for key in ("village", "category", "state", "site") for value in {task[key] for task in all_tasks} - {None}]
    owners = {name for task in all_tasks for name in task["owner"].values() if name}
    wishes += [({"owner": name}, lambda task, name=name: name in task["owner"].values()) for name in sorted(owners)[:8]]
    wishes += [({"due": "overdue"}, lambda task: due(task, "", today.isoformat())),
               ({"due": "soon"}, lambda task: due(task, today.isoformat(), horizon + "~"))]
    wishes += [({"q": words}, lambda task, words=words: words.lower() in "\n".join(
        [task["title"], task["measure"] or ""] + [name for name in task["owner"].values() if name]).lower())
        for words in ("油烟", "川杨河", "iv", "%", "_", "'", '"', "\\", "村委会")]
    wishes += [({"village": all_tasks[0]["village"], "state": all_tasks[0]["state"], "q": all_tasks[0]["title"][:4]},
                lambda task: task["village"] == all_tasks[0]["village"] and task["state"] == all_tasks[0]["state"]
                and all_tasks[0]["title"][:4] in task["title"])]
    for wish, fits in wishes:
        assert ids(get(page, "tasks", **wish)["tasks"]) == ids(filter(fits, all_tasks)), wish


def test_counts_are_of_the_whole_ledger_and_days_of_the_calendar(page):
    whole = get(page, "tasks", village="没有这个村")
    tasks, today = get(page, "tasks")["tasks"], the_day()
    assert whole["tasks"] == [] and whole["next"] is None
    counts = whole["counts"]
    states = {task["state"] for task in tasks}
    assert counts["all"] == len(tasks)
    assert counts["by_state"] == {state: sum(task["state"] == state for task in tasks) for state in states}
    assert counts["overdue"] == sum(task["overdue"] for task in tasks) == len(get(page, "tasks", due="overdue")["tasks"])
    assert counts["soon"] == len(get(page, "tasks", due="soon")["tasks"])
    assert whole["villages"] == sorted({task["village"] for task in tasks} - {None}, key=lambda words: words.encode())
    assert set(whole["owners"]) == {next(filter(None, (task["owner"][key] for key in ("unit", "lead", "person"))))
                                    for task in tasks if any(task["owner"].values())}
    for task in tasks:
        open_with_deadline = task["state"] in OPEN and task["deadline"] is not None
        days = (datetime.date.fromisoformat(task["deadline"]) - today).days if open_with_deadline else None
        assert (task["days"], task["overdue"]) == (days, days is not None and days < 0), task


def import_rows(page, folder, *numbers):
    with open(SAMPLE, encoding="utf-8-sig", newline="") as file:
        head, first = list(csv.reader(file))[:2]
    path = os.path.join(folder, "more.csv")
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head] + [[number] + first[1:] for number in numbers])
    answer = page.town.command("tasks", "import", path)
    assert answer.returncode == 0, answer.stderr


def test_pages_hold_every_task_once_while_new_ones_arrive(page, tmp_path):
    before = ids(get(page, "tasks")["tasks"])
    new = iter(["0001", "9001"])

    def arrive():
        number = next(new, None)
        if number:
            import_rows(page, tmp_path, number)
    seen = ids(walk(page, "tasks", arrive, limit=25))
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen) <= set(before) | {"0001", "9001"}
    assert ids(walk(page, "tasks", limit=1000)) == ids(walk(page, "tasks", limit=9))


def test_a_task_says_no_more_than_the_contract(page):
    one = page.town.ask("tasks")["tasks"][0]
    for task in get(page, "tasks")["tasks"]:
        assert set(task) == set(one) | ADDED
        assert set(task["owner"]) == {"lead", "unit", "person"}


# Problems.

def test_problems_are_those_of_the_command_and_their_filters(page):
    for nature, option in (("breach", []), ("doubt", ["--doubts"])):
        told = page.town.ask("problems", *option)["problems"]
        told = [problem for problem in told if problem["nature"] == nature]
        assert get(page, "problems", nature=nature)["problems"] == told
        for state in ("open", "recovered", "closed"):
            assert get(page, "problems", nature=nature, state=state)["problems"] == \
                [problem for problem in told if problem["state"] == state]
        for problem in told[:2]:
            for key, value in (("kind", problem["kind"]), ("site", problem["site"]["name"]),
                               ("village", problem["site"]["village"]),
                               ("acknowledged", str(problem["acknowledged"] is not None).lower())):
                wanted = [one["uid"] for one in told if {"kind": one["kind"], "site": one["site"]["name"],
                                                         "village": one["site"]["village"], "acknowledged": str(
                                                             one["acknowledged"] is not None).lower()}[key] == value]
                assert [one["uid"] for one in get(page, "problems", nature=nature, **{key: value})["problems"]] == wanted
    assert [one["uid"] for one in walk(page, "problems", nature="doubt", limit=1)] == \
        [one["uid"] for one in get(page, "problems", nature="doubt")["problems"]]


def test_a_problem_tells_what_people_did_and_its_tasks_tell_of_it(page):
    problem = get(page, "problems")["problems"][0]
    token = page.user("zhao", "steward")
    before = page.get(address(f"problems/{problem['uid']}"))
    assert page.act(token, "problem.acknowledge", uid=problem["uid"])["state"] == "done"
    again = page.get(address(f"problems/{problem['uid']}"), headers={"If-None-Match": before.headers["ETag"]})
    assert again.status == 200
    whole = get(page, f"problems/{problem['uid'][:6].upper()}")
    assert whole == again.json()
    assert whole["problem"] == page.town.ask("problem", problem["uid"])
    deeds = [deed for deed in whole["deeds"] if deed["kind"] == "problem.acknowledge"]
    assert [(deed["who"], deed["note"]) for deed in deeds] == [("page:zhao", None)]
    assert [episode["number"] for episode in whole["episodes"]] == \
        list(range(1, whole["problem"]["episodes"] + 1))
    assert ids(whole["tasks"]) == whole["problem"]["tasks"]
    assert whole["tasks"], "the demo's problem names a task"
    task = get(page, f"tasks/{whole['tasks'][0]['id']}")
    assert problem["uid"] in [one["uid"] for one in task["problems"]]
    assert problem["uid"] in [one["uid"] for one in get(page, "problems", task=task["task"]["id"])["problems"]]


def test_a_note_on_a_task_is_a_deed_and_similar_ones_are_those_of_its_trade(page):
    token = page.user("zhao", "steward")
    tasks = get(page, "tasks")["tasks"]
    task = next(one for one in tasks if one["category"] == "river" and one["state"] in OPEN)
    assert page.act(token, "task.note", id=task["id"], note="已现场查看 \"100%\"")["state"] == "done"
    whole = get(page, f"tasks/{task['id']}")
    assert [(deed["kind"], deed["who"], deed["note"]) for deed in whole["deeds"]] == \
        [("task.note", "page:zhao", "已现场查看 \"100%\"")]
    assert whole["similar"]["tasks"] == [one["id"] for one in tasks if one["category"] == "river"
                                         and one["state"] in OPEN and one["id"] != task["id"]][:50]
    assert whole["similar"]["sites"] == [name for name in [SECTION] if name != task["site"]]


# Rivers.

@pytest.mark.parametrize("by, name", [("section", SECTION), ("section", "川杨河三号断面"), ("river", "chuanyang"),
                                      ("chief", "镇级河长（示例）")])
def test_a_rivers_month_is_that_of_the_command(page, by, name):
    months = get(page, "river/sections")["months"]
    for month in sorted({months["first"], months["last"]}):
        said = None
        while said != (said := page.town.ask("river", "--" + by, name, "--month", month)):  # a day may end meanwhile
            shown = made(page, "river", month=month, **{by: name})
        assert shown == said


def test_the_sections_and_the_months_there_are(page):
    whole = get(page, "river/sections")
    assert [(one["site"], one["target"], one["body"], one["chiefs"]) for one in whole["sections"]] == \
        [(SECTION, "IV", "river", [{"tier": "town", "name": "镇级河长（示例）"}])]
    days = page.town.rows("SELECT min(start), max(start) FROM aggregate WHERE period = 'day' AND point IN (SELECT p.id"
                          " FROM point AS p JOIN device AS d ON d.id = p.device WHERE d.site = ?)", SECTION)[0]
    zone = datetime.timezone(datetime.timedelta(hours=8))
    assert list(whole["months"].values()) == [
        datetime.datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m") for ms in days]


# Seals.

def test_seals_are_those_of_the_store_newest_first(page):
    newest = page.town.rows("SELECT max(segment) FROM segment WHERE root IS NOT NULL")[0][0]
    walked = walk(page, "seals", limit=97)
    rows = page.town.rows("SELECT segment, first_seq, last_seq, lower(hex(root)), lower(hex(head)), key, pruned FROM segment"
                          " WHERE root IS NOT NULL AND segment <= ? ORDER BY segment DESC", walked[0]["segment"])
    assert walked[0]["segment"] >= newest  # an hour may end meanwhile
    assert [(seal["segment"], seal["first_seq"], seal["last_seq"], seal["root"], seal["head"], seal["key"],
             int(seal["pruned"])) for seal in walked] == rows
    assert get(page, "seals", limit=1)["key"] == rows[0][5]


# What nobody should ask.

HOSTILE = [("tasks", {"after": "zz"}), ("tasks", {"after": "3"}), ("tasks", {"after": "00"}), ("tasks", {"after": ""}),
           ("problems", {"after": "1"}), ("problems", {"after": "1790000000000-xyz"}), ("problems", {"after": "-" + "a" * 32}),
           ("problems", {"after": "9" * 40 + "-" + "a" * 32}), ("seals", {"after": "-1"}), ("seals", {"after": "1 OR 1=1"}),
           ("seals", {"after": "9" * 30}), ("tasks", {"limit": "0"}), ("tasks", {"limit": "1001"}), ("tasks", {"limit": "1e3"}),
           ("tasks", {"state": "open"}), ("tasks", {"due": "never"}), ("tasks", {"q": "长" * 101}),
           ("problems", {"state": "open'"}), ("problems", {"nature": "all"}), ("problems", {"acknowledged": "1"}),
           ("river", {}), ("river", {"month": "2026-13", "river": "chuanyang"}), ("river", {"month": "2026-10"}),
           ("river", {"month": "2999-01", "river": "chuanyang"}), ("river", {"month": "2026-10", "river": "a", "chief": "b"})]


@pytest.mark.parametrize("what, wishes", HOSTILE)
def test_what_is_wrong_is_refused_with_a_sentence(page, what, wishes):
    answer = page.get(address(what, **wishes))
    assert answer.status == 400, answer
    assert answer.json()["kind"] == "wrong_use" and answer.detail


def test_what_is_not_there_is_not_found(page):
    for what in ("problems/abcdef", "problems/abc", "problems/zzzzzz", "problems/" + "a" * 33, "problems/" + "a" * 90,
                 "problems/" + "a" * 1500, "tasks/no-such", "tasks/%27%20OR%201"):
        assert page.get(address(what)).status == 404, what
    assert page.get(address("problems/" + "a" * 10000)).status in (400, 404, 414)
    assert page.get(address("river", month="2026-10", river="nowhere")).status == 404
    for wishes in ({"village": "'; DROP TABLE task; --"}, {"owner": "%"}, {"site": "_"}, {"category": "x" * 1000}):
        assert get(page, "tasks", **wishes)["tasks"] == []
    assert get(page, "problems", task="' OR ''='")["problems"] == []


# Versions.

def test_who_has_the_newest_gets_nothing(page):
    for what in ("problems", "tasks", "watch", "seals"):
        def same():
            answer = page.get(address(what))
            again = page.get(address(what), headers={"If-None-Match": answer.headers["ETag"]})
            return (again.status, again.body) == (304, b"") and answer.status == 200
        page.town.wait(same, 15, f"{what} to stand still")


def test_a_restart_hides_no_change(page):
    """Counters begin anew with the program: what was the version before is none after it."""
    page.town.stop()
    page.town.start()
    answer = page.wait().get(address("problems"))
    problem = next(one for one in answer.json()["problems"] if one["state"] == "recovered")
    page.town.stop()
    closed = page.town.command("problem", "close", problem["uid"], "--note", "已整改")
    assert closed.returncode == 0, closed.stderr
    page.town.start()
    again = page.wait().get(address("problems"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 200
    assert next(one for one in again.json()["problems"] if one["uid"] == problem["uid"])["state"] == "closed"


# The clerk's. It makes the same anew after ten seconds at the earliest; nobody has asked in English yet.

def test_the_watch_list_is_that_of_the_command_in_the_language_of_who_asks(page):
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    chinese = made(page, "watch")
    token = page.user("qian", "office")
    task = next(one for one in get(page, "tasks")["tasks"] if one["state"] in OPEN and one["points"]
                and one["points"][0].startswith(SECTION))
    ended = page.act(token, "task.strike_off", id=task["id"], note="现场核查属实", even_so=True)
    assert ended["state"] == "done", ended
    whole = page.town.wait(lambda: (answer := page.get(address("watch"), headers=english)).status == 200
                           and answer.json(), 30, "the list in English")
    told = page.town.ask("watch", "--lang", "en")["tasks"]
    assert task["id"] in ids(told) and task["id"] not in ids(chinese["tasks"])
    assert [{key: one[key] for key in told[0]} for one in whole["tasks"]] == told
    assert set(whole["counts"]) == {"held", "relapsed", "not_proven", "elsewhere", "nobody"}
    assert sum(whole["counts"].values()) == len(told)
    shown = page.get(address(f"tasks/{task['id']}"), headers=english).json()["task"]
    assert contract(shown) == next(one for one in told if one["id"] == task["id"])
    assert "not" in shown["verdict"]["answer"] and not re.search("[\u4e00-\u9fff]", shown["verdict"]["reason"])
