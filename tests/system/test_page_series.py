"""One point over time as the page tells it, against `lookback readings` on the same store."""
import csv
import io
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from lookback import BINARY, MAKER
from waiting import free_port, wait_for

NH3 = "chuanyang-03/nh3/ammonia_nitrogen"
NOISE = "school-gate/meter/la"
UTC = timezone.utc


def moment(words):
    return datetime.fromisoformat(words.replace("Z", "+00:00"))


def text(time):
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


class History:
    """Three made-up days, with a collector and its page on them."""

    def __init__(self, folder):
        self.config = os.path.join(folder, "config")
        made = subprocess.run([MAKER, "demo", "--dir", folder, "--history", "3d", "--seconds", "1", "--port",
                               str(free_port()), "--plain"], capture_output=True, text=True, timeout=120)
        assert made.returncode == 0, made.stdout + made.stderr
        self.port = free_port()
        path = os.path.join(self.config, "collector.conf")
        with open(path, encoding="utf-8") as file:
            words = file.read()
        words, count = re.subn(r"page\s*=\s*\{[^}]*\};", f'page = {{ listen = "127.0.0.1:{self.port}"; open = true; }};',
                               words)
        if count == 0:
            words += f'page = {{ listen = "127.0.0.1:{self.port}"; open = true; }};\n'
        with open(path, "w", encoding="utf-8") as file:
            file.write(words)
        self.process = subprocess.Popen([BINARY, "run", "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(self.answers, 20)
        # Two days long past: no reading that is to come stands in them.
        last = max(moment(row["time"]) for row in self.command("--point", NH3)["readings"])
        self.to = (last - timedelta(hours=6)).replace(minute=0, second=0, microsecond=0)
        self.span = {"from": text(self.to - timedelta(days=2)), "to": text(self.to)}

    def answers(self):
        try:
            return self.get("/health")[0] == 200
        except OSError:
            return False

    def get(self, path, headers=None, **query):
        address = f"http://127.0.0.1:{self.port}/api/v1{path}"
        if query:
            address += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers or {}), timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def json(self, point, what, **query):
        status, headers, body = self.get(f"/points/{point}{what}", **query)
        assert status == 200, body
        return json.loads(body)

    def table(self, point, what, **query):
        status, headers, body = self.get(f"/points/{point}{what}", format="csv", **query)
        assert status == 200, body
        assert headers["Content-Type"] == "text/csv; charset=utf-8"
        assert body.startswith("\ufeff".encode())
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))

    def command(self, *words):
        answer = subprocess.run([BINARY, "readings", "-c", self.config, *words, "--json"], capture_output=True,
                                text=True, timeout=60)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def stored(self, point, *more):
        return self.command("--point", point, "--from", self.span["from"], "--to", self.span["to"], *more)["readings"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    history = History(str(tmp_path_factory.mktemp("series")))
    yield history
    history.end()


def test_readings_are_those_of_the_command_page_by_page(history):
    rows, after = [], {}
    while True:
        page = history.json(NH3, "/readings", limit=250, **history.span, **after)
        rows += page["readings"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert page["point"] == NH3 and page["unit"] == "mg/L"
    assert rows == history.stored(NH3)
    assert len(rows) > 500


def test_readings_for_a_spreadsheet_are_the_same_numbers(history):
    table = history.table(NH3, "/readings", **history.span)
    stored = history.stored(NH3)

    assert table[0] == ["模拟数据 / SIMULATED"]
    assert table[1] == ["seq", "time", "value (mg/L)", "quality", "cause", "doubt"]
    assert len(table) == len(stored) + 2
    for cells, row in zip(table[2:], stored):
        assert int(cells[0]) == row["seq"]
        assert cells[1].endswith("+08:00") and moment(cells[1]) == moment(row["time"])
        assert (float(cells[2]) if cells[2] else None) == row["value"]
        assert cells[3:] == [row["quality"], row["cause"] or "", row["doubt"] or ""]


def test_aggregates_are_those_of_the_command(history):
    for point in (NH3, NOISE):
        rows = history.json(point, "/aggregates", period="1h", limit=1000, **history.span)["aggregates"]
        assert rows == [row for row in history.stored(point, "--every", "1h") if row["expected"] is not None]
        assert len(rows) == 48
        assert ("leq" in rows[0]) == (point == NOISE)


def test_a_series_of_readings_is_the_readings(history):
    series = history.json(NH3, "/series", width=4000, **history.span)
    assert series["source"] == "readings" and series["step_ms"] is None
    assert [row[3] for row in series["rows"]] == \
        [row["value"] for row in history.stored(NH3) if row["quality"] in "NT" and row["value"] is not None]


@pytest.mark.parametrize("width", [16, 50, 200])
def test_a_series_of_buckets_comes_to_what_its_readings_come_to(history, width):
    series = history.json(NH3, "/series", width=width, **history.span)
    step = series["step_ms"]
    buckets = {}

    for row in history.stored(NH3):
        if row["value"] is not None and row["quality"] == "N":
            time = int(moment(row["time"]).timestamp() * 1000) + 8 * 3600000
            buckets.setdefault(time // step * step - 8 * 3600000, []).append(row["value"])
    shown = {row[0]: row for row in series["rows"]}
    assert len(shown) <= width
    first = int(moment(series["from"]).timestamp() * 1000)
    last = int(moment(series["to"]).timestamp() * 1000)
    for start, values in buckets.items():
        if start < first or start + step > last:
            continue  # reaches beyond what was asked of the command
        _, count, expected, least, mean, most = shown[start]
        assert (count, least, most) == (len(values), min(values), max(values))
        assert abs(mean - sum(values) / len(values)) < 1e-4
        assert expected in (count, count - 1, count + 1)


def test_the_table_of_a_chart_is_what_the_chart_shows(history):
    series = history.json(NOISE, "/series", width=48, **history.span)
    table = history.table(NOISE, "/series", width=48, **history.span)

    assert table[0] == ["模拟数据 / SIMULATED"]
    assert table[1] == ["time", "count", "expected", "valid", "min (dB)", "mean (dB)", "max (dB)"]
    assert len(table) == len(series["rows"]) + 2
    for cells, row in zip(table[2:], series["rows"]):
        assert moment(cells[0]).timestamp() * 1000 == row[0]
        assert [float(cell) for cell in (cells[1], cells[2], cells[4], cells[6])] == [row[1], row[2], row[3], row[5]]


def test_the_same_past_is_not_told_twice(history):
    path = f"/points/{NH3}/series"
    status, headers, _ = history.get(path, **history.span)
    assert status == 200
    status, _, body = history.get(path, {"If-None-Match": headers["ETag"]}, **history.span)
    assert (status, body) == (304, b"")


def test_a_table_that_would_be_cut_is_refused(history):
    status, headers, body = history.get(f"/points/{NH3}/readings", format="csv", limit="20001")
    assert status == 400
    assert headers["Content-Type"].startswith("application/problem+json")
    assert json.loads(body)["kind"] == "wrong_use"


def test_a_point_that_is_not_there_is_not_found(history):
    assert history.get("/points/a/b/c/series")[0] == 404
    assert history.get("/points/a/%2e%2e/c/series")[0] in (400, 404)
