"""lookback-report: what it draws says every fact it was given, the same bytes every time, or nothing.

The documents stand in tests/unit/report/fixtures; the text of a page is read back with pdftotext, a workbook
with openpyxl.
"""
import datetime
import json
import os
import re
import subprocess

import openpyxl
import pytest

from lookback import BINARY, ROOT

REPORT = os.environ.get("LOOKBACK_REPORT", os.path.join(os.path.dirname(BINARY), "lookback-report"))
FIXTURES = os.path.join(ROOT, "tests", "unit", "report", "fixtures")
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
HEADS = "时间 time,监测点 point,数值 value,单位 unit,标记 quality,原因 cause,序号 seq"
KINDS = {"evidence_held": "evidence", "evidence_relapsed": "evidence", "river": "river", "watch": "watch"}


def document(name):
    with open(os.path.join(FIXTURES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def run(kind, path, given, **environment):
    if not isinstance(given, (str, bytes)):
        given = json.dumps(given, ensure_ascii=False)
    if isinstance(given, str):
        given = given.encode()
    return subprocess.run([REPORT, kind, str(path)], input=given, capture_output=True, timeout=120,
                          env={**os.environ, "LSAN_OPTIONS": "print_suppressions=0", **environment})


def draw(kind, path, given, **environment):
    answer = run(kind, path, given, **environment)
    assert (answer.returncode, answer.stderr) == (0, b""), answer.stderr.decode()
    return path


def words_of(path):
    """The text of a PDF without any white space: a line's end may stand anywhere."""
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", "", text)


def says(text, *facts):
    missing = [fact for fact in facts if re.sub(r"\s+", "", fact) not in text]
    assert not missing, missing


# What the pages say.

def test_the_first_page_gives_the_answer_and_every_reason(tmp_path):
    given = document("evidence_relapsed")
    draw("evidence", tmp_path / "a.pdf", given)
    subprocess.run(["pdfseparate", "-l", "1", tmp_path / "a.pdf", tmp_path / "first.pdf"], check=True)
    first = words_of(tmp_path / "first.pdf")
    says(first, "已回潮", "任务 37 于 2026-06-12 销号", given["task"]["title"], "模拟数据",
         "2026-03-01 00:00 至 2026-11-20 00:00", "有资质机构的采样监测")
    # a point is called by its site's title there, not by its name
    says(first, *[reason["zh"].split("：", 1)[1] for reason in given["verdict"]["reasons"]],
         "氨氮（清河工业区下游断面）：")
    draw("evidence", tmp_path / "b.pdf", document("evidence_held"))
    text = words_of(tmp_path / "b.pdf")
    says(text, "已守住")
    assert "模拟数据" not in text and "已回潮" not in text


@pytest.mark.parametrize("name", ["evidence_held", "evidence_relapsed"])
def test_every_number_of_a_criterion_stands_in_the_report_with_its_unit(tmp_path, name):
    given = document(name)
    text = words_of(draw("evidence", tmp_path / "a.pdf", given))
    for point in given["verdict"]["points"]:
        unit = point["unit"]
        says(text, point["point"], point["title"]["zh"], f"应有 {point['expected']} 个，有效 {point['valid']} 个",
             f"{point['completeness']:.1f} %", f"{point['night']['completeness']:.1f} %",
             f"{point['longest_gap']['days']} 天")
        for week in point["weeks"]:
            says(text, f"{week['from']}{week['completeness']:.1f}%")
        for one in point["criteria"]:
            says(text, f"{one['valid_days']} 个有效日，其中 {one['exceeded_days']} 天超标",
                 f"{one['percentile']['value']:.4g} {unit}", f"{one['last_run']} 个有效日",
                 f"前 {one['before']['median']:.4g} {unit}，后 {one['before']['median_after']:.4g} {unit}",
                 f"（折合 {one['n_eff']} 个独立日，其中 {one['k_eff']} 天超标）")


def test_every_exceedance_is_listed(tmp_path):
    given = document("evidence_relapsed")
    point = given["verdict"]["points"][0]
    listed = point["criteria"][0]["exceedances"]
    start = datetime.datetime(2026, 6, 13)
    listed[:] = [{"start": (start + datetime.timedelta(hours=12 * i)).strftime("%Y-%m-%dT%H:00:00.000Z"),
                  "end": (start + datetime.timedelta(hours=12 * i + 1)).strftime("%Y-%m-%dT%H:00:00.000Z"),
                  "value": 1.51 + i / 1000, "bound": {"above": 1.5}, "multiple": 0.25} for i in range(300)]
    point["criteria"][0]["exceedances_left_out"] = 77
    text = words_of(draw("evidence", tmp_path / "a.pdf", given))
    for i, one in enumerate(listed):
        local = start + datetime.timedelta(hours=12 * i + 8)
        says(text, f"{i + 1}{local:%Y-%m-%d%H:%M}")
    says(text, "300次", "还有 77 个没有列出", "2026-06-1308:00")


def test_limits_doubts_problems_seals_and_what_is_not_proven_are_told(tmp_path):
    given = document("evidence_relapsed")
    text = words_of(draw("evidence", tmp_path / "a.pdf", given))
    says(text, "GB 3838-2002 表1 IV 类", "GB 3096-2008 表1 1 类（未核实）", "未核实", "已核实", "3f2a91c07d55",
         "2.31 mg/L", given["seals"]["head"], given["seals"]["key"], "1201 至 6400", "清洗探头，更换膜片",
         "没有身份验证", "采样监测为准", "不保证传感器测得准")
    says(text, *[doubt["zh"] for doubt in given["verdict"]["doubts"]])
    # the fingerprint to check with is never to be taken from the bundle itself
    says(text, "lookback evidence verify 文件.zip --key 指纹", "不要用这份材料里印的那一个")
    given["what_is_not_proven"] = [{"zh": "只有这一段", "en": "this alone"}]
    given["differs"] = [{"point": "a/b/c", "segment": 7, "time": None, "zh": "第 7 段的行与封存时不同", "en": "x"}]
    given["seals"]["anchors"] = [{"kind": "mqtt", "name": "town-broker", "segment": 6400,
                                  "time": "2026-11-19T16:00:00.000Z"}]
    text = words_of(draw("evidence", tmp_path / "b.pdf", given))
    says(text, "只有这一段", "第 7 段的行与封存时不同", "town-broker")
    assert "没有身份验证" not in text


def test_met_and_not_met_follow_the_numbers(tmp_path):
    given = document("evidence_held")
    criterion = given["verdict"]["points"][0]["criteria"][0]
    criterion["last_run"], given["verdict"]["terms"]["last_run"] = 29, 30
    text = words_of(draw("evidence", tmp_path / "a.pdf", given))
    says(text, "29 个有效日 不低于 30 个 不满足")
    criterion["last_run"] = 30
    assert "不满足" not in words_of(draw("evidence", tmp_path / "b.pdf", given))


def test_english_has_the_same_facts(tmp_path):
    given = document("evidence_relapsed")
    given["lang"] = "en"
    text = words_of(draw("evidence", tmp_path / "a.pdf", given))
    says(text, "Relapsed", "Task 37 was struck off on 2026-06-12", "page 1 of", "SIMULATED DATA", "unverified",
         *[reason["en"].split(": ", 1)[1] for reason in given["verdict"]["reasons"]])


def test_the_river_sheet_has_every_section_item_and_day(tmp_path):
    given = document("river")
    text = words_of(draw("river", tmp_path / "a.pdf", given))
    says(text, "河长 张某：2026-10 断面水质", "3 个断面中 1 个未达到目标", "1 个达到，1 个未达到，1 个不能证明",
         "疑似轻度黑臭", "没有监测透明度", "第 5.1 条", "A 式（HJ 2.3-2018）", "模拟数据")
    for section in given["sections"]:
        says(text, section["title"], section["why"]["zh"])
        for item in section["items"]:
            shown = f"{item['mean']:.{item['decimals']}f} {item['unit']}"
            says(text, item["title"]["zh"], shown, item["limit"]["text"])
            if item["multiple"] is not None:
                says(text, f"{item['multiple']:.2f}")
    # the calendar: a numeral in every cell, 31 of each section
    worse = sum(day["class"] == "worse_than_V" for section in given["sections"] for day in section["calendar"])
    assert text.count("劣") >= worse
    given["oxygen_form"] = "B"
    says(words_of(draw("river", tmp_path / "b.pdf", given)), "B 式（HJ/T 2.3-93）")


def test_the_watch_list_says_who_needs_somebody(tmp_path):
    given = document("watch")
    text = words_of(draw("watch", tmp_path / "a.pdf", given))
    says(text, "1 项已回潮", "守住 1，回潮 1，不能证明 1，无人监测 1", "164 天，还剩 16 天", "30 天，已满",
         "1 次，最近 2026-10-17", "2026-12-20", "请人工回头看：1 项", "废品收购点露天堆放")
    for task in given["tasks"]:
        says(text, task["title"], *[reason["zh"] for reason in task["reasons"]])
    given["tasks"][1]["reasons"] *= 3  # the page gives the first, the sheet all
    says(words_of(draw("watch", tmp_path / "b.pdf", given)), "另有 4 条，见 lookback task 71")
    draw("watch-sheet", tmp_path / "b.xlsx", given)
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets[0]
    assert sheet["K4"].value.count("夜间完整率 71.3%") == 3


# Workbooks.

def rows_of(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_readings_are_the_same_rows_with_numbers_as_numbers(tmp_path):
    lines = [("2026-11-22 08:00:00.123", "qinghe-01/sonde/ph", "7.32", "", "N", "", "17"),
             ("2026-11-22 08:01:00.000", "qinghe-01/sonde/ph", "", "", "B", "timeout", "18"),
             ("2026-11-22 08:00:00.000", "qinghe-01/sonde/ammonia_nitrogen", "0.0000012", "mg/L", "N", "", "19"),
             ("2026-11-22 08:00:30.500", "qinghe-01/sonde/ammonia_nitrogen", "-123456.789", "mg/L", "T", "", "20"),
             ("", "odd/one/x", "=1+1", '"quoted", said', "N", "", "21")]
    quoted = ["," .join('"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell
                        for cell in line) for line in lines]
    draw("readings", tmp_path / "a.xlsx", "\ufeff" + "\r\n".join([HEADS] + quoted) + "\r\n")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["2 ph qinghe-01", "3 ammonia_nitrogen qinghe-01", "4 x odd"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert [cell.value for cell in sheet[1]] == HEADS.split(",")
    first, second, third = [rows_of(sheet)[1:] for sheet in book]
    assert first == [[datetime.datetime(2026, 11, 22, 8, 0, 0, 123000), lines[0][1], 7.32, None, "N", None, 17],
                     [datetime.datetime(2026, 11, 22, 8, 1), lines[1][1], None, None, "B", "timeout", 18]]
    assert [row[2] for row in second] == [0.0000012, -123456.789]
    assert third == [[None, "odd/one/x", "=1+1", '"quoted", said', "N", None, 21]]
    cell = book.worksheets[2]["C2"]
    assert cell.data_type in ("s", "inlineStr")  # never a formula


def test_the_watch_sheet_has_every_task_in_a_row(tmp_path):
    given = document("watch")
    draw("watch-sheet", tmp_path / "a.xlsx", given)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    rows = rows_of(book.worksheets[0])
    assert rows[0][0] == "模拟数据 SIMULATED DATA" and rows[1][0] == "编号"
    assert book.worksheets[0].freeze_panes == "A3"
    for task, row in zip(given["tasks"], rows[2:]):
        assert row[0] == task["id"] and row[1] == task["title"]
        assert row[7:9] == [task["days_watched"], task["days_left"]]
        assert row[12:14] == [task["problems"], task["relapses"]]
    assert rows[2][5] == datetime.datetime(2026, 6, 12) and rows[2][14] == datetime.datetime(2026, 10, 17)
    assert [row[9] for row in rows[2:]] == ["已回潮", "不能证明", "无人监测", "已守住"]


@pytest.mark.skipif(os.environ.get("LOOKBACK_LONG", "0") != "1", reason="a million rows")
def test_a_full_sheet_is_followed_by_another(tmp_path):
    line = "2026-11-22 08:00:00.000,a/b/ph,7.0,,N,,{}\r\n"
    draw("readings", tmp_path / "a.xlsx",
         HEADS + "\r\n" + "".join(line.format(i) for i in range(1000002)))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", read_only=True)
    assert book.sheetnames == ["2 ph a", "2 ph a (2)"]
    last = list(book["2 ph a (2)"].iter_rows(values_only=True))
    assert len(last) == 3 and [row[6] for row in last[1:]] == [1000000, 1000001]


# The same again.

@pytest.mark.parametrize("name", list(KINDS) + ["watch-sheet", "readings"])
def test_equal_input_gives_equal_bytes_whatever_the_clock_zone_and_language(tmp_path, name):
    if name == "readings":
        kind, given = "readings", HEADS + "\r\n2026-11-22 08:00:00.123,a/b/ph,7.32,,N,,17\r\n"
    elif name == "watch-sheet":
        kind, given = name, document("watch")
    else:
        kind, given = KINDS[name], document(name)
    assert os.path.exists(FAKETIME), "the package faketime is needed"
    one = draw(kind, tmp_path / "one", given, TZ="UTC", LANG="C")
    other = draw(kind, tmp_path / "other", given, TZ="America/New_York", LANG="zh_CN.UTF-8", LC_ALL="C.UTF-8",
                 LD_PRELOAD=FAKETIME, FAKETIME="2031-07-01 12:00:00",
                 ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    assert one.read_bytes() == other.read_bytes()
    changed = given.replace("7.32", "7.33") if isinstance(given, str) else {**given, "made": "2026-11-21T00:00:00Z"}
    assert draw(kind, tmp_path / "third", changed).read_bytes() != one.read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_only_one_family_of_fonts_stands_in_the_file_and_all_of_it_is_embedded(tmp_path, name):
    draw(KINDS[name], tmp_path / "a.pdf", document(name))
    fonts = subprocess.run(["pdffonts", tmp_path / "a.pdf"], capture_output=True, text=True,
                           check=True).stdout.splitlines()[2:]
    assert fonts
    for line in fonts:
        assert "NotoSansCJKsc" in line and " yes yes yes " in line, line


# What is wrong.

@pytest.mark.parametrize("kind", ["evidence", "river", "watch", "watch-sheet", "readings"])
def test_what_cannot_be_drawn_is_one_sentence_and_no_file(tmp_path, kind):
    for given in ("", "{", "[]", "not json", '{"lang":"zh"}', '{"made":"2026-11-22T00:00:00Z","made":1}',
                  '{"made":"2026-11-22T00:00:00Z","timezone":"Mars/Base"}', "a,b,c\r\n", "\xff\xfe"):
        if kind == "readings" and given.count(",") == 6:
            continue
        answer = run(kind, tmp_path / "none", given.encode("latin-1"))
        assert answer.returncode == 1, (kind, given)
        assert answer.stderr.count(b"\n") == 1 and answer.stderr.startswith(b"lookback-report: ")
        assert not (tmp_path / "none").exists()
    good = HEADS if kind == "readings" else document({"evidence": "evidence_held", "river": "river"}.get(kind, "watch"))
    for path in ("/nowhere/a", "/dev/full"):
        answer = run(kind, path, good)
        assert answer.returncode == 1 and answer.stderr.count(b"\n") == 1, (kind, path)


def test_a_row_of_another_form_is_named_by_its_line(tmp_path):
    answer = run("readings", tmp_path / "a.xlsx", HEADS + "\r\n1,2,3,4,5,6,7\r\n1,2,3\r\n")
    assert answer.returncode == 1 and "第 3 行" in answer.stderr.decode()
    assert not (tmp_path / "a.xlsx").exists()


def keys_of(node):
    if isinstance(node, dict):
        return set(node) | {key for one in node.values() for key in keys_of(one)}
    return {key for one in node for key in keys_of(one)} if isinstance(node, list) else set()


def without(node, keys, instead):
    if isinstance(node, dict):
        return {key: instead if key in keys else without(one, keys, instead) for key, one in node.items()
                if key not in keys or instead is not None}
    return [without(one, keys, instead) for one in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", KINDS)
def test_whatever_member_is_absent_or_of_another_type_the_rest_is_drawn(tmp_path, name):
    given = document(name)
    keys = sorted(keys_of(given) - {"made", "timezone"})
    groups = [keys[i::12] for i in range(12)] + [["verdict"], ["sections", "tasks", "points"], keys]
    for number, group in enumerate(groups):
        instead = (None, [{}], "words", 7)[number % 4]
        answer = run(KINDS[name], tmp_path / "a.pdf", without(given, group, instead))
        assert answer.returncode == 0, (group, instead, answer.stderr.decode()[-800:])


HOSTILE = {
    "controls": "a\u0001\u0007\u007f\u0085b\tc\r\nd", "directions": "\u202egpj.exe\u2066\u200b\ufeff",
    "long word": "长" * 40000, "long line": "x" * 70000, "format": "%s%n%d", "markup": "<b>&lt;</b>", "marks": "e\u0301" * 2000,
    "far": "\U0001f41f\U0010ffff\ufffe\ufdd0"}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_are_drawn_as_what_they_are(tmp_path, words):
    given = document("evidence_held")
    given["task"]["title"] = given["task"]["measure"] = given["collector"] = words
    given["verdict"]["points"][0]["title"]["zh"] = given["sites"][0]["title"] = words
    given["events"][2]["arguments"]["note"] = words
    draw("evidence", tmp_path / "a.pdf", given)
    watch = document("watch")
    watch["tasks"][0]["title"] = watch["tasks"][0]["id"] = words
    draw("watch", tmp_path / "b.pdf", watch)
    answer = run("watch-sheet", tmp_path / "b.xlsx", watch)
    assert answer.returncode == 0, answer.stderr
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets[0].max_row == 6
