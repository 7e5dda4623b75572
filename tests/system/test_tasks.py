"""An office's ledger: taken in whole or not at all, watched, struck off, and back when it relapses."""
import datetime
import json
import os
import signal
import subprocess
import time
from zoneinfo import ZoneInfo

from lookback import BINARY, iso_ms
from test_problems import POINT, Knob, settle, wait_state

HEADERS = "编号,来源,类别,问题描述,点位,村居委,监测点,整改措施,责任单位,整改时限,状态,销号日期,信访人,联系电话"
KEYS = {"id", "batch", "source", "kind", "category", "title", "site", "village", "grid", "points",
        "measure", "owner", "deadline", "state", "extended", "supervised", "struck_off",
        "watch_until", "relapses", "verdict", "watched"}
DAY = 86_400_000
ZONE = ZoneInfo("Asia/Shanghai")  # the town's, as lookback.py sets it


def day(offset):
    return (datetime.datetime.now(ZONE) + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def row(number, state="整改中", points="", deadline="2027-01-31", struck_off="", category="工业",
        site="", source="督察反馈", person="", telephone="", title=None):
    return ",".join([str(number), source, category, title or f"问题 {number}", site, "东村", points,
                     "整改", "东村村委会", deadline, state, struck_off, person, telephone])


def table(town, *rows, name="ledger.csv", coding="utf-8-sig", headers=HEADERS):
    path = os.path.join(town.folder, name)
    with open(path, "wb") as out:
        out.write("\r\n".join([headers, *rows, ""]).encode(coding))
    return path


def load(town, *rows, **more):
    answer = town.command("tasks", "import", table(town, *rows, **more))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def quiet_town(town):
    """Settings alone: no collector runs, the commands become the writer."""
    town.device(port=1)
    return town.write()


def watched_town(town, peers):
    knob = Knob()
    town.device(port=peers.scripted(knob.words).port, every="100ms")
    town.rules = [{"name": "cod-high", "points": [POINT], "above": 50.0}]
    town.start()
    town.wait_polls(5)
    return knob


def task(town, number):
    return town.ask("task", str(number))


def events(town, kind):
    return [json.loads(words) for words, in
            town.rows("SELECT arguments FROM event WHERE kind = ? ORDER BY seq", kind)]


# Taking in.


def test_a_task_is_the_contracts_json(town):
    quiet_town(town)
    load(town, row(37, points=POINT, deadline="2026年12月31日"), row("P-1", source="信访件"))
    listed = town.ask("tasks")
    assert list(listed) == ["tasks"] and len(listed["tasks"]) == 2
    first, second = listed["tasks"]
    assert set(first) == KEYS and set(second) == KEYS
    assert first == task(town, 37)
    assert (first["id"], first["state"], first["deadline"]) == ("37", "rectifying", "2026-12-31")
    assert (first["points"], first["site"], first["watched"]) == ([POINT], "yard", "here")
    assert first["owner"] == {"lead": None, "unit": "东村村委会", "person": None}
    assert first["verdict"] is None and first["relapses"] == [] and first["struck_off"] is None
    assert (first["kind"], second["kind"], second["watched"]) == ("finding", "petition", "nobody")


def test_importing_twice_changes_nothing(town):
    quiet_town(town)
    rows = [row(1), row(2, state="已销号", struck_off=day(-3), points=POINT)]
    load(town, *rows)
    before = town.ask("tasks"), town.last_seq()
    load(town, *rows)
    assert (town.ask("tasks"), town.last_seq()) == before


def test_a_dry_run_shows_and_writes_nothing(town):
    quiet_town(town)
    load(town, row(1), row(2))
    before = town.last_seq()
    path = table(town, row(1), row(2, deadline="2027-02-28"), row(3))
    answer = town.command("tasks", "import", path, "--dry-run", "--json")
    shown = json.loads(answer.stdout)
    assert answer.returncode == 0 and shown["dry_run"] is True and shown["seq"] is None
    assert [(one["id"], one["change"], one["fields"]) for one in shown["tasks"]] == [
        ("1", "left", []), ("2", "changed", ["deadline"]), ("3", "added", [])]
    assert town.last_seq() == before and len(town.ask("tasks")["tasks"]) == 2
    words = town.command("tasks", "import", path, "--dry-run", "--lang", "zh").stdout
    assert "新增 1 项：3" in words and "2：时限" in words and "不变 1 项：1" in words


def test_a_dry_run_needs_no_store(town):
    quiet_town(town)
    answer = town.command("tasks", "import", table(town, row(1)), "--dry-run")
    assert answer.returncode == 0 and not os.path.exists(town.store)


def test_any_refused_row_refuses_the_file(town):
    quiet_town(town)
    path = table(town, row(1), row(2, deadline="12/31/2026"), row(3, category="餐饮油炯"), row(1),
                 row(4, points="yard/probe/cod.c9"), row(5, state="已销号"))
    answer = town.command("tasks", "import", path, "--lang", "zh")
    assert answer.returncode == 1
    for words in ("第 3 行 J 列（整改时限）", "第 4 行 C 列（类别）", "餐饮油烟", "第 5 行 A 列（编号）",
                  "第 2 行", "第 6 行 G 列（监测点）", "yard/probe/cod.c0", "第 7 行", "共 5 处"):
        assert words in answer.stdout, words
    assert town.rows("SELECT * FROM task") == []
    shown = json.loads(town.command("tasks", "import", path, "--json").stdout)
    assert shown["fault_count"] == 5 and shown["tasks"] == [] and shown["seq"] is None
    assert {(one["row"], one["column"]) for one in shown["faults"]} == {
        (3, "J"), (4, "C"), (5, "A"), (6, "G"), (7, None)}


def test_ten_thousand_broken_rows_are_counted_and_fifty_shown(town):
    quiet_town(town)
    path = table(town, *(row(i, deadline="soon") for i in range(10_000)))
    answer = town.command("tasks", "import", path)
    assert answer.returncode == 1 and "10000 faults" in answer.stdout
    assert sum(line.startswith("row ") for line in answer.stdout.splitlines()) == 50


def test_every_coding_and_separator_gives_the_same_ledger(town):
    quiet_town(town)
    rows = [row(1, points=POINT), row(2, state="已销号", struck_off="2026/11/01")]
    load(town, *rows)
    for number, (coding, mark) in enumerate([("utf-8", ","), ("gb18030", ","), ("utf-16", "\t"),
                                             ("gb18030", ";"), ("utf-8-sig", "\t")]):
        path = table(town, *(one.replace(",", mark) for one in rows), name=f"t{number}.csv",
                     coding=coding, headers=HEADERS.replace(",", mark))
        answer = town.command("tasks", "import", path, "--json")
        changes = {one["change"] for one in json.loads(answer.stdout)["tasks"]}
        assert changes == {"left"}, (coding, mark, answer.stdout)


def test_what_is_no_table_is_refused_with_a_sentence(town):
    quiet_town(town)
    for words in (b"", b"PK\x03\x04" + b"x" * 100, bytes(range(256)) * 10, b"\n" * 1000,
                  b"a,b\n1,2\n"):
        path = os.path.join(town.folder, "no.csv")
        with open(path, "wb") as out:
            out.write(words)
        answer = town.command("tasks", "import", path)
        assert answer.returncode == 2 and answer.stderr.startswith("lookback: "), words[:10]
    assert town.command("tasks", "import", "/nowhere.csv").returncode == 3


def test_a_ledger_of_thousands_goes_through_the_collector_at_once(town, peers):
    watched_town(town, peers)
    load(town, *(row(i, title="这是一条相当长的问题描述，" * 20) for i in range(5_000)))
    assert len(town.ask("tasks")["tasks"]) == 5_000
    assert len(events(town, "tasks.import")) == 1


def test_a_kill_in_the_middle_leaves_all_or_nothing(town, peers):
    watched_town(town, peers)
    path = table(town, *(row(i, title="这是一条相当长的问题描述，" * 20) for i in range(3_000)))
    for delay in (0.05, 0.15, 0.3, 0.5, 0.8):
        command = subprocess.Popen([BINARY, "tasks", "import", path, "-c", town.dir],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **town.environment})
        time.sleep(delay)  # chance is meant: the moment of the kill may be any
        town.running.send_signal(signal.SIGKILL)
        town.running.wait()
        command.wait()
        count, = town.rows("SELECT count(*) FROM task")[0]
        assert count in (0, 3_000)
        assert (count > 0) == (len(events(town, "tasks.import")) > 0)
        town.start()
        town.wait_polls(1)


# Persons.


def test_who_complained_is_in_no_byte_of_the_store_nor_on_the_wire(town, peers):
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "#")
    town.output("mqtt", broker.url())
    watched_town(town, peers)
    load(town, row("P-1", source="信访件", person="某某某", telephone="021-55550000"))
    town.wait_sent("town-mqtt")
    event, = events(town, "tasks.import")
    assert len(event["petitioners"]["P-1"]) == 64
    town.stop()
    for name in os.listdir(town.store):
        if name.startswith("people.sqlite"):
            assert os.stat(os.path.join(town.store, name)).st_mode & 0o077 == 0
            continue
        with open(os.path.join(town.store, name), "rb") as file:
            words = file.read()
        assert "某某某".encode() not in words and b"55550000" not in words, name
    with open(os.path.join(town.store, "people.sqlite"), "rb") as file:
        assert "某某某".encode() in file.read()
    assert "某某某" not in town.log() and "55550000" not in town.log()
    for _, payload, _ in heard.messages:
        assert "某某某".encode() not in payload and b"55550000" not in payload


def test_the_same_petitioner_again_changes_nothing(town):
    quiet_town(town)
    first = row("P-1", source="信访件", person="某某某", telephone="021-55550000")
    load(town, first)
    before = town.last_seq()
    assert "has not changed" in load(town, first)
    assert len(events(town, "tasks.import")) == 1 and town.last_seq() - before <= 2
    load(town, row("P-1", source="信访件", person="某某某", telephone="021-55550001"))
    one, other = events(town, "tasks.import")
    assert one["petitioners"] != other["petitioners"] and other["tasks"] == []


# What is due.


def test_due_lists_what_is_late_or_comes_within_15_days_in_order(town):
    quiet_town(town)
    load(town, row(1, deadline=day(15)), row(2, deadline=day(16)), row(3, deadline=day(-4)),
         row(4, deadline=day(0)), row(5, deadline="长期坚持"),
         row(6, deadline=day(-9), state="已销号", struck_off=day(-10)))
    assert [one["id"] for one in town.ask("tasks", "--due")["tasks"]] == ["3", "4", "1"]
    assert [one["id"] for one in town.ask("tasks", "--state", "struck_off")["tasks"]] == ["6"]
    assert "逾期 4 天" in town.command("tasks", "--due", "--lang", "zh").stdout
    assert [one["id"] for one in town.ask("tasks", "--state", "已销号")["tasks"]] == ["6"]
    wrong = town.command("tasks", "--state", "sruck", "--lang", "zh")
    assert wrong.returncode == 2 and "没有状态“sruck”" in wrong.stderr and "已销号" in wrong.stderr


def test_watched_says_who_watches(town):
    quiet_town(town)
    load(town, row(1, points=POINT), row(2, points="lake/sonde/ph"), row(3, site="lake"),
         row(4, site="yard"), row(5))
    assert [one["watched"] for one in town.ask("tasks")["tasks"]] == [
        "here", "elsewhere", "elsewhere", "nobody", "nobody"]


# Striking off.


def test_the_whole_way_from_ongoing_to_relapse(town, peers):
    knob = watched_town(town, peers)
    load(town, row(37, points=POINT), row(38, category="工业"))
    assert town.command("watch").returncode == 0
    knob.turn(100)
    problem = wait_state(town, "open")
    assert (problem["kind"], problem["tasks"], problem["relapse_of"]) == ("ongoing", ["37"], [])

    refused = town.command("task", "strike-off", "37", "--note", "done", "--json")
    assert refused.returncode == 3
    said = json.loads(refused.stderr)["error"]
    assert said["kind"] == "refused" and problem["uid"][:12] in said["text"]
    assert task(town, 37)["state"] == "rectifying"

    knob.turn(10)
    wait_state(town, "recovered")
    assert town.command("task", "strike-off", "37", "--note", "done").returncode == 0
    struck = task(town, 37)
    assert struck["state"] == "struck_off"
    assert iso_ms(struck["watch_until"]) - iso_ms(struck["struck_off"]) == 90 * DAY
    assert town.command("task", "note", "37", "the filter was looked at").returncode == 0
    done = town.command("task", "37").stdout.split("WHAT WAS DONE")[1].splitlines()
    assert "struck off" in done[1] and done[1].endswith("done")
    assert done[2].endswith("the filter was looked at")
    again = town.command("task", "strike-off", "37", "--note", "done")
    assert again.returncode == 3 and "struck off" in again.stderr
    watch = town.command("watch", "--json")
    assert watch.returncode == 0
    assert [one["id"] for one in json.loads(watch.stdout)["tasks"]] == ["37"]

    settle(town, 10)
    knob.turn(120)
    relapse = town.wait(lambda: town.ask("problems", "--kind", "relapse")["problems"], 20,
                        "a relapse")[0]
    assert relapse["relapse_of"] == ["37"] and relapse["uid"] != problem["uid"]
    assert task(town, 37)["relapses"] == [relapse["uid"]]
    watch = town.command("watch")
    assert watch.returncode == 1 and relapse["uid"][:12] in watch.stdout
    assert "38" in watch.stdout.split("relapsed;")[1]  # the similar task is named


def test_a_running_episode_is_struck_off_only_when_insisted_on(town, peers):
    knob = watched_town(town, peers)
    load(town, row(37, points=POINT))
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    assert town.command("task", "strike-off", "37", "--note", "x", "--even-so").returncode == 0
    event, = events(town, "task.strike_off")
    assert event["even_so"] is True and event["running"] == uid


def test_a_strike_off_made_here_outlives_an_import_until_returned(town):
    quiet_town(town)
    load(town, row(1, points=POINT), row(2))
    assert town.command("task", "strike-off", "1", "--note", "done").returncode == 0
    struck = task(town, 1)
    answer = town.command("tasks", "import", table(town, row(1, points=POINT), row(2)), "--json")
    shown = json.loads(answer.stdout)
    assert shown["kept"] == ["1"] and {one["change"] for one in shown["tasks"]} == {"left"}
    assert task(town, 1) == struck
    load(town, row(1, points=POINT, state="退回"))
    assert task(town, 1)["state"] == "returned" and task(town, 1)["struck_off"] is None
    assert town.command("task", "strike-off", "1", "--note", "again").returncode == 0


def test_the_ledger_is_owned_in_one_place(town):
    town.settings["collector"]["ledger"] = False
    quiet_town(town)
    load(town, row(1))
    refused = town.command("task", "strike-off", "1", "--note", "x", "--json")
    assert refused.returncode == 3 and json.loads(refused.stderr)["error"]["kind"] == "refused"
    assert task(town, 1)["state"] == "rectifying"


def test_a_rectification_system_that_owns_the_ledger_strikes_off_itself(town):
    town.output("rectification", "http://127.0.0.1:9/api")
    quiet_town(town)
    load(town, row(1))
    refused = town.command("task", "strike-off", "1", "--note", "x")
    assert refused.returncode == 3 and "town-rectification" in refused.stderr


def test_notes_are_kept_and_name_nobody(town):
    quiet_town(town)
    load(town, row(1))
    assert town.command("task", "note", "1", "隔油池已清掏").returncode == 0
    assert events(town, "task.note")[0]["note"] == "隔油池已清掏"
    assert town.command("task", "note", "1", "来电 13800000000").returncode == 3
    assert town.command("task", "note", "9", "x").returncode == 3
    assert town.command("task", "9").returncode == 3
    assert town.command("task", "note", "1").returncode == 2
    assert town.command("task", "strike-off", "1").returncode == 2


def test_a_card_shows_the_last_value_and_the_problem_there(town, peers):
    knob = watched_town(town, peers)
    load(town, row(37, points=POINT), row(38))
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    card = town.command("task", "37", "--lang", "zh").stdout
    for words in ("问题 37", "东村村委会", POINT, "100", uid[:12], "38"):
        assert words in card, words
