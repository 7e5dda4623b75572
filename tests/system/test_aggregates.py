"""lookback readings --every: against the readings themselves, computed here again from nothing."""
import csv
import io
import json
import math
import os
import shutil
import sqlite3
import subprocess
import tempfile
from decimal import Decimal

import pytest

from lookback import BINARY, iso_ms
from waiting import free_port

HOUR = 3600000
PM, LA = "town-hall/pm/pm10", "school-gate/meter/la"


def lookback(folder, *words):
    return subprocess.run([BINARY, words[0], "-c", os.path.join(folder, "config"), *words[1:]],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def demo():
    folder = tempfile.mkdtemp(prefix="lookback-aggregates-")
    done = subprocess.run([BINARY, "demo", "--dir", os.path.join(folder, "demo"), "--port",
                           str(free_port()), "--history", "3d", "--seconds", "1", "--plain"],
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    yield os.path.join(folder, "demo")
    shutil.rmtree(folder)


def every(folder, point, period, *more):
    answer = lookback(folder, "readings", "--point", point, "--every", period, "--json", *more)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert set(found) == {"point", "unit", "readings"} and found["point"] == point
    return found["readings"]


def values(folder, point):
    """(time in ms, value as it was written) of every normal reading."""
    answer = lookback(folder, "readings", "--point", point, "--json")
    rows = json.loads(answer.stdout, parse_float=Decimal, parse_int=Decimal)["readings"]
    return [(iso_ms(row["time"]), row["value"]) for row in rows if row["quality"] == "N"]


@pytest.mark.parametrize("point", [PM, LA])
def test_hours_are_what_their_readings_come_to(demo, point):
    hours = every(demo, point, "1h")
    readings = values(demo, point)
    assert len(hours) >= 60
    for row in hours:
        start = iso_ms(row["time"])
        inside = [value for time, value in readings if start <= time < start + HOUR]
        assert start % HOUR == 0
        assert row["valid"] == len(inside)
        assert row["count"] >= row["valid"]
        if not inside:
            assert row["mean"] is None and row["min"] is None and row["max"] is None
            continue
        assert (row["min"], row["max"]) == (float(min(inside)), float(max(inside)))
        if point == PM:
            assert math.isclose(row["mean"], float(sum(inside) / len(inside)), abs_tol=1e-11)
            continue
        level = 10 * math.log10(sum(10 ** (float(v) / 10) for v in inside) / len(inside))
        falling = sorted((round(float(v) + 1e-9, 1) for v in inside), reverse=True)
        assert math.isclose(row["leq"], level, abs_tol=1e-6) and row["mean"] == row["leq"]
        for name, percent in ("l10", 10), ("l50", 50), ("l90", 90):
            assert abs(row[name] - falling[math.ceil(len(inside) * percent / 100) - 1]) < 0.1001
        assert row["l10"] >= row["l50"] >= row["l90"]


def test_a_row_has_the_keys_of_the_contract(demo):
    plain = {"time", "count", "expected", "valid", "min", "mean", "max"}
    assert all(set(row) == plain for row in every(demo, PM, "1h"))
    assert all(set(row) == plain | {"leq", "l10", "l50", "l90"} for row in every(demo, LA, "1h"))


def test_a_day_has_three_names_and_begins_in_the_collectors_zone(demo):
    days = every(demo, PM, "day")
    assert days == every(demo, PM, "1d") == every(demo, PM, "24h")
    assert days and all(row["time"].endswith("T16:00:00.000Z") for row in days)
    hours = {iso_ms(row["time"]): row for row in every(demo, PM, "60min")}
    for day in days:
        inside = [hours[time]["mean"] for time in hours
                  if 0 <= time - iso_ms(day["time"]) < 24 * HOUR
                  and min(hours[time]["valid"], hours[time]["expected"]) * 100 >= 75 * 12]
        if not inside:  # the history began in its last minutes
            assert day["mean"] is None
            continue
        assert math.isclose(day["mean"], sum(inside) / len(inside), abs_tol=1e-9)


def test_from_is_included_and_to_is_not(demo):
    whole = every(demo, PM, "1h")
    part = every(demo, PM, "1h", "--from", whole[3]["time"], "--to", whole[7]["time"])
    assert part == whole[3:7]


def test_csv_says_what_json_says(demo):
    answer = lookback(demo, "readings", "--point", LA, "--every", "15min", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.stdout.lstrip("\ufeff"))))
    assert answer.returncode == 0
    assert [{key: text or None if key == "time" else json.loads(text) if text else None
             for key, text in row.items()} for row in rows] == every(demo, LA, "15min")


@pytest.mark.parametrize("language, heads, enough, lacking", [
    ("zh", ["有效/应有", "等效声级", "L90"], "有效", "数据不足"),
    ("en", ["VALID/EXPECTED", "LEQ", "L90"], "valid", "not enough")])
@pytest.mark.parametrize("period", ["day", "1h"])
def test_the_table_is_given_in_both_languages(demo, period, language, heads, enough, lacking):
    """Which days are whole depends on the hour at which the history was made: the store knows."""
    answer = lookback(demo, "readings", "--point", LA, "--every", period, "--lang", language)
    head, = [line for line in answer.stdout.splitlines() if all(word in line for word in heads)]
    rows = [line.rstrip() for line in answer.stdout.split(head)[1].splitlines() if line.strip()]
    assert answer.returncode == 0 and rows and all(row.endswith((enough, lacking)) for row in rows)
    with sqlite3.connect(os.path.join(demo, "store", "lookback.db")) as store:
        kept = store.execute(
            "SELECT a.enough FROM aggregate a JOIN point p ON p.id = a.point JOIN device d ON d.id = p.device"
            " WHERE d.site || '/' || d.name || '/' || p.channel = ? AND a.period = ? ORDER BY a.start", (LA, period))
        assert [row.endswith(enough) for row in rows] == [one == 1 for one, in kept]


@pytest.mark.parametrize("period", ["2h", "8h", "reading", "year", "x", "0s", ""])
def test_a_period_that_is_not_kept_is_refused_with_those_that_are(demo, period):
    answer = lookback(demo, "readings", "--point", PM, "--every", period, "--json", "--lang", "en")
    error = json.loads(answer.stderr)["error"]
    assert answer.returncode == 2 and error["kind"] == "wrong_use" and answer.stdout == ""
    assert "those kept are" in error["text"] and "15min, 1h, day, month" in error["text"]


def test_a_later_version_is_shown_and_a_hole_is_absent_and_not_zero(demo, tmp_path):
    """A copy of the store into which a second version is written, and out of which an hour goes."""
    copy = tmp_path / "demo"
    shutil.copytree(demo, copy)
    before = every(demo, PM, "1h")
    settings = copy / "config" / "collector.conf"
    settings.write_text(settings.read_text(encoding="utf-8").replace(demo, str(copy)),
                        encoding="utf-8")
    with sqlite3.connect(copy / "store" / "lookback.db") as store:
        columns = [row[1] for row in store.execute("pragma table_info(aggregate)")]
        points = [one for (one,) in store.execute("select distinct point from aggregate")]
        for one in points:
            copied = ", ".join("2" if name == "version" else "-1.5" if name == "mean" else name
                               for name in columns)
            store.execute(f"insert into aggregate select {copied} from aggregate where point = ? "
                          "and period = '1h' and start = ?", (one, iso_ms(before[5]["time"])))
            store.execute("delete from aggregate where point = ? and period = '1h' and start = ?",
                          (one, iso_ms(before[7]["time"])))
    after = every(str(copy), PM, "1h")
    assert len(after) == len(before)
    assert after[5]["mean"] == -1.5 and after[4] == before[4]
    assert after[7]["time"] == before[7]["time"]
    assert all(value is None for key, value in after[7].items() if key != "time")
