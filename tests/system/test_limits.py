"""lookback limits: which rows apply at a point and a day, and why; what rules may not name."""
import json
import os
import shutil
import subprocess

import pytest

from lookback import BINARY, ROOT

CONFIG = os.path.join(ROOT, "config")


def lookback(*words):
    return subprocess.run([BINARY, *words, "--lang", "en"], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture
def town(tmp_path):
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    shutil.rmtree(folder / "standards")
    (folder / "rules.conf").write_text("""rules = (
        { name = "air"; points = ( "lvyuan-site/mast/pm2_5" ); limit = "GB 3095"; },
        { name = "river"; points = ( "qinghe-0*/sonde/dissolved_oxygen" ); limit = "GB 3838"; }
    );""".replace("qinghe-0*", "qinghe-02"), encoding="utf-8")
    return folder


def limits(folder, *words):
    answer = lookback("limits", "-c", str(folder), "--json", *words)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["limits"]


def day_mean(folder, day):
    found = [row for row in limits(folder, "--point", "lvyuan-site/mast/pm2_5", "--at", day)
             if row["period"] == "day"]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("day, edition, bound", [
    ("2026-02-28", "2012", 75), ("2026-02-28 23:59:59", "2012", 75),
    ("2026-03-01", "2026-transition", 60), ("2030-12-31", "2026-transition", 60),
    ("2031-01-01", "2026-final", 50)])
def test_the_day_decides_the_edition(town, day, edition, bound):
    row = day_mean(town, day)
    assert (row["standard"], row["edition"], row["bound"]) == ("GB 3095", edition,
                                                               {"above": bound})
    assert row["class"] == "2" and row["rules"] == ["air"] and row["verified"] is True
    assert "ambient air class 2" in row["reason"] and edition in row["reason"]


def test_a_section_is_judged_by_its_target(town):
    found = {row["standard"]: row for row in
             limits(town, "--point", "qinghe-02/sonde/dissolved_oxygen", "--at", "2026-11-23")}
    assert found["GB 3838"]["bound"] == {"below": 3}
    assert found["GB 3838"]["class"] == "IV"
    assert found["GB 3838"]["rules"] == ["river"]
    assert found["black-odour-rural"]["verified"] is False


def test_unverified_rows_say_so_and_what_is_missing_is_named(town):
    answer = lookback("limits", "-c", str(town), "--point", "lvyuan-site/mast/la")
    assert answer.returncode == 0
    assert "GB 12523" in answer.stdout and "unverified" in answer.stdout
    assert "GB 3096 picks its limit by noise_zone" in answer.stdout


def test_a_point_nobody_knows_is_not_found(town):
    answer = lookback("limits", "-c", str(town), "--point", "a/b/c", "--json")
    assert answer.returncode != 0
    assert json.loads(answer.stderr)["error"]["kind"] == "not_found"


def test_without_devices_every_limit_in_force_is_listed(town):
    (town / "devices.conf").write_text("links = ( );\ndevices = ( );\n")
    (town / "rules.conf").unlink()
    rows = limits(town, "--at", "2026-11-23")
    assert {row["standard"] for row in rows} >= {
        "GB 3838", "GB 3095", "GB 3096", "GB 12348", "GB 22337", "GB 18483", "DB31/844",
        "DB31/964", "black-odour-light", "black-odour-heavy"}
    dust = {row["per_day"]: row["bound"] for row in rows if row["standard"] == "DB31/964"}
    assert dust == {1: {"above": 2}, 6: {"above": 1}}


def test_a_standard_with_overlapping_editions_is_refused_with_both_lines(town):
    (town / "standards").mkdir()
    (town / "standards" / "own.conf").write_text("""standard = "OWN 1"; title_zh = "x"; title_en = "x";
editions = ( { edition = "1"; from = "2020-01-01"; to = "2026-03-01"; },
             { edition = "2"; from = "2026-02-01"; } );
tables = (
  { clause = "1"; editions = [ "1" ]; verified = false; source = "s"; rows = (
    { parameter = "ph"; unit = ""; above = [ "9" ]; } ); },
  { clause = "1"; editions = [ "2" ]; verified = false; source = "s"; rows = (
    { parameter = "ph"; unit = ""; above = [ "8" ]; } ); } );
""", encoding="utf-8")
    answer = lookback("check", "-c", str(town))
    assert answer.returncode == 2
    assert "own.conf:8: ph: overlapping validity: line 6" in answer.stderr
