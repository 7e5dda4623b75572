"""The river chief's report and the watch list on a made-up quarter, against the stored days worked out anew."""
import calendar
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from decimal import ROUND_HALF_EVEN, Decimal

import openpyxl
import pytest

from lookback import BINARY, MAKER
from waiting import free_port

SITE = "chuanyang-03"
CHIEF = "镇级河长（示例）"
CLASSES = ["I", "II", "III", "IV", "V", "worse_than_V"]
# GB 3838-2002, table 1: class I … V, rounded to one decimal (ammonia of class I: two)
AMMONIA = ["0.15", "0.5", "1.0", "1.5", "2.0"]
OXYGEN = ["7.5", "6", "5", "3", "2"]
NOW = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
LAST = (NOW.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")


@pytest.fixture(scope="module")
def demo():
    memory = "/dev/shm"
    roomy = os.path.isdir(memory) and shutil.disk_usage(memory).free > 1 << 30
    with tempfile.TemporaryDirectory(prefix="lookback-river-", dir=memory if roomy else None) as folder:
        answer = subprocess.run([MAKER, "demo", "--dir", folder, "--history", "95d", "--seconds", "1", "--port",
                                 str(free_port()), "--plain"], capture_output=True, text=True, timeout=300)
        assert answer.returncode == 0, answer.stderr
        yield folder


def command(demo, *words):
    return subprocess.run([BINARY, *words, "-c", os.path.join(demo, "config")], capture_output=True, text=True,
                          timeout=120)


def ask(demo, *words):
    return json.loads(command(demo, *words, "--json").stdout)


def days(demo, channel, month):
    """{day: mean} of the valid days of a month, as they are stored."""
    base = sqlite3.connect(f"file:{demo}/store/lookback.db?mode=ro", uri=True)
    year, number = (int(part) for part in month.split("-"))
    begin = calendar.timegm((year, number, 1, 0, 0, 0)) * 1000 - 8 * 3600 * 1000
    rows = base.execute(
        "SELECT a.start, a.mean FROM aggregate AS a JOIN point AS p ON p.id = a.point JOIN device AS d ON d.id = p.device"
        " WHERE d.site = ? AND p.channel = ? AND a.period = 'day' AND a.enough = 1 AND a.start >= ? AND a.version ="
        " (SELECT max(version) FROM aggregate AS b WHERE b.point = a.point AND b.period = a.period AND b.start ="
        " a.start)", (SITE, channel, begin)).fetchall()
    length = calendar.monthrange(year, number)[1]
    return {(start - begin) // 86400000 + 1: mean for start, mean in rows if start < begin + length * 86400000}


def rounded(value, digits):
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def class_of(ammonia, oxygen, ph):
    worst = 0
    if ammonia is not None:
        worst = max(worst, next((i for i, bound in enumerate(AMMONIA)
                                 if rounded(ammonia, 2 if i == 0 else 1) <= Decimal(bound)), 5))
    if oxygen is not None:
        worst = max(worst, next((i for i, bound in enumerate(OXYGEN) if rounded(oxygen, 1) >= Decimal(bound)), 5))
    if ph is not None and not 6 <= ph <= 9:
        worst = 5
    return CLASSES[worst]


def test_a_month_is_classed_by_its_valid_days(demo):
    section, = ask(demo, "river", "--section", SITE, "--month", LAST)["sections"]
    stored = {name: days(demo, name, LAST) for name in ("ammonia_nitrogen", "dissolved_oxygen", "ph")}
    means = {name: sum(of.values()) / len(of) for name, of in stored.items()}
    items = {item["parameter"]: item for item in section["items"]}
    assert set(items) == set(means)
    for name, mean in means.items():
        assert items[name]["mean"] == pytest.approx(mean, rel=1e-9)
        assert items[name]["valid_days"] == len(stored[name]) > 25 and items[name]["enough"]
    assert section["class"] == class_of(*(means[name] for name in ("ammonia_nitrogen", "dissolved_oxygen", "ph")))
    assert section["answer"] == ("met" if CLASSES.index(section["class"]) <= 3 else "missed")
    # water temperature knows that class I oxygen may come by saturation too: not at 6.4 mg/L and 18.5 °C
    for day in section["calendar"]:
        found = [stored[name].get(day["day"]) for name in ("ammonia_nitrogen", "dissolved_oxygen", "ph")]
        assert day["class"] == (class_of(*found) if any(one is not None for one in found) else None), day
    assert len({day["class"] for day in section["calendar"]}) > 1
    assert section["simulated"] and section["chiefs"] == [{"tier": "town", "name": CHIEF}]
    assert {one["parameter"] for one in section["beside"]} >= {"water_temperature", "turbidity"}
    assert "cod_mn" in {one["parameter"] for one in section["missing"]}
    assert section["black_odour"]["screened"] is False and "透明度" in section["black_odour"]["why"]["zh"]


def test_section_river_and_chief_find_the_same_section(demo):
    code = command(demo, "river", "--section", SITE, "--month", LAST).returncode
    for words in (("--section", SITE), ("--river", "chuanyang"), ("--river", "川杨河"), ("--chief", CHIEF)):
        answer = command(demo, "river", *words, "--month", LAST)
        assert answer.returncode == code and "川杨河三号断面" in answer.stdout
        assert answer.stdout.startswith("模拟数据 / SIMULATED\n")
    assert code == (0 if ask(demo, "river", "--section", SITE, "--month", LAST)["sections"][0]["answer"] == "met" else 1)


def test_a_month_that_runs_is_not_provable(demo):
    answer = command(demo, "river", "--river", "chuanyang", "--month", NOW.strftime("%Y-%m"), "--json")
    assert answer.returncode == 1
    report = json.loads(answer.stdout)
    assert report["over"] is False and report["sections"][0]["answer"] == "not_provable"


@pytest.mark.parametrize("words, code", [
    (("--section", "nowhere", "--month", LAST), 3), (("--chief", "nobody", "--month", LAST), 3),
    (("--section", "town-hall", "--month", LAST), 3),
    (("--section", SITE), 2), (("--month", LAST), 2), (("--section", SITE, "--river", "chuanyang", "--month", LAST), 2),
    (("--section", SITE, "--month", "2026-13"), 2), (("--section", SITE, "--month", "2999-01"), 2),
    (("--section", SITE, "--month", LAST, "--out", "a.doc"), 2),
    (("--section", SITE, "--month", LAST, "--out", "/nowhere/a.pdf"), 3)])
def test_what_cannot_be_answered_is_said(demo, words, code):
    answer = command(demo, "river", *words)
    assert answer.returncode == code and answer.stderr.startswith("lookback: ")


def test_the_sheet_of_a_chief_is_written_and_the_same_again(demo, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        command(demo, "river", "--chief", CHIEF, "--month", LAST, "--out", str(tmp_path / name))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    text = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert CHIEF in text and "川杨河三号断面" in text and "模拟数据" in text
    assert sorted(os.listdir(tmp_path)) == ["a.pdf", "b.pdf"]  # nothing is left beside them


# The watch list.

def test_the_watch_list_has_every_struck_off_task(demo, tmp_path):
    tasks = {task["id"]: task for task in ask(demo, "tasks")["tasks"]}
    struck = {key for key, task in tasks.items()
              if task["struck_off"] and task["state"] in ("struck_off", "watching", "looked_back", "closed")}
    answer = command(demo, "watch", "--json")
    listed = json.loads(answer.stdout)["tasks"]
    assert {task["id"] for task in listed} == struck and len(struck) > 20
    ranks = [0 if (task["verdict"] or {}).get("answer") == "relapsed" else 1 for task in listed]
    assert ranks == sorted(ranks)
    assert answer.returncode == (1 if 0 in ranks else 0)
    assert {task["watched"] for task in listed} >= {"nobody", "here"}
    for task in listed:
        assert (task["verdict"] is None) == (task["watched"] != "here")
    table = command(demo, "watch").stdout
    for task in listed:
        assert any(line.split()[:1] == [task["id"]] for line in table.splitlines())
    assert "没有监测点盯着" in table
    for name in ("w.pdf", "w.xlsx"):
        assert command(demo, "watch", "--out", str(tmp_path / name)).returncode == answer.returncode
    rows = list(openpyxl.load_workbook(tmp_path / "w.xlsx").worksheets[0].iter_rows(values_only=True))[2:]
    assert [row[0] for row in rows] == [task["id"] for task in listed]
    text = subprocess.run(["pdftotext", tmp_path / "w.pdf", "-"], capture_output=True, text=True, check=True).stdout
    for task in listed:
        assert task["id"] in text.split()


def test_no_line_of_the_tables_is_wider_than_a_hundred_columns(demo):
    for line in command(demo, "watch").stdout.splitlines():
        assert sum(2 if ord(letter) > 0x2e7f else 1 for letter in line) <= 100, line
