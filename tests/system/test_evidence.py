"""What `lookback evidence export` makes, tried as an inspector and as a town office would: on copies
of one sealed town (tests/support/tamper_town.py)."""
import csv
import datetime
import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import zipfile

import openpyxl
import pytest

import tamper
import tamper_town
from lookback import BINARY
from tamper_town import Town, ours, rewrite, second
from verify_seals import time_text, tree_path
from waiting import wait_for

POINT = "chuanyang-03/nh3/ammonia_nitrogen"
SHEET = "编号,来源,类别,问题描述,点位,村居委,监测点,整改措施,责任单位,整改时限,状态,销号日期,信访人,联系电话\n"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture
def gateway(made):
    with Town(made) as gateway:
        yield gateway


@pytest.fixture
def stepped(tmp_path, monkeypatch):
    """Ten days, sealed each hour, in which the clock was set back by three."""
    monkeypatch.setattr(tamper_town, "DAYS", 10)
    monkeypatch.setattr(tamper_town, "SEAL", "1h")
    monkeypatch.setattr(tamper_town, "DEEDS",
                        '\n{ kind = "clock"; ago = "5d"; back = "3h"; }')
    tamper_town.make(str(tmp_path))
    with Town(str(tmp_path)) as gateway:
        yield gateway


def ago(days):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def export(gateway, *words, environment=None, lang="en"):
    return subprocess.run([BINARY, "evidence", "export", *words, "-c", gateway.dir, "--lang", lang],
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LOOKBACK_DATA": gateway.data, **(environment or {})})


def asked(gateway, since=94, until=2, task="71"):
    return ["--task", task, "--from", ago(since), "--to", ago(until), "--out",
            os.path.join(gateway.folder, "b.zip")]


def contents(gateway):
    with zipfile.ZipFile(os.path.join(gateway.folder, "b.zip")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def bundle_of(gateway, *more, **span):
    done = export(gateway, *asked(gateway, **span), *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return contents(gateway)


def left_behind(gateway):
    return sorted(set(os.listdir(gateway.folder)) - {"config", "store"})


def millis(words):
    return int(datetime.datetime.fromisoformat(words.replace("Z", "+00:00")).timestamp() * 1000)


def last_moment(gateway):
    return gateway.rows("SELECT max(time) FROM event")[0][0]


def signed_by(data, key):
    """What both verifiers say, which is the same."""
    ours_say, second_says = (check(data, key.fingerprint).states["signed-by"] for check in (ours, second))
    assert ours_say == second_says
    return ours_say


@pytest.mark.parametrize("more", [(), ("--public",)])
def test_a_key_changed_before_inside_or_after_the_span_is_followed_from_the_one_that_is_known(gateway, more):
    keys = [gateway.key()]

    def change_key():
        assert gateway.command("seal", "--new-key").returncode == 0
        keys.append(gateway.key())

    sheet = os.path.join(gateway.folder, "open.csv")
    with open(sheet, "w", encoding="utf-8") as out:
        out.write(SHEET + f"99,督察反馈,工业,问题,点位,东村,{POINT},整改,东村村委会,2027-01-31,整改中,,,\n")
    assert gateway.command("tasks", "import", sheet).returncode == 0
    change_key()
    after = gateway.export("71", tamper_town.day(gateway, 30), tamper_town.day(gateway, 10), *more)
    change_key()
    tomorrow = time_text(last_moment(gateway) + 86400000)
    inside = gateway.export("71", tamper_town.day(gateway, 5), tomorrow, *more)
    assert gateway.command("task", "note", "99", "seen").returncode == 0
    assert gateway.command("seal").returncode == 0
    begin = time_text(last_moment(gateway) + 1)
    assert gateway.command("task", "note", "99", "again").returncode == 0
    assert gateway.command("seal").returncode == 0
    before = gateway.export("99", begin, tomorrow, *more)

    stranger = tamper.Key()
    assert signed_by(after, keys[0]) == "proven"
    assert signed_by(inside, keys[0]) == "proven"
    assert signed_by(before, keys[0]) == signed_by(before, keys[1]) == signed_by(before, keys[2]) == "proven"
    assert signed_by(after, keys[1]) == signed_by(inside, keys[2]) == "not proven"  # an older one is there
    for data in (before, inside, after):
        assert signed_by(data, stranger) == "refuted"
        assert ours(data, keys[0].fingerprint).states["unchanged"] == "proven"
    heads = tamper.opened(before)["heads.txt"].decode()
    assert set(re.findall("^key (.*)$", heads, re.M)) == {keys[2].fingerprint}
    made = json.loads(tamper.opened(before)["keys.json"])["keys"]
    assert [one["key"] for one in made] == [key.fingerprint for key in keys]


# What is in it ---------------------------------------------------------------------------------------


def test_every_file_is_listed_with_its_digest_and_the_archive_has_no_other(gateway):
    files = bundle_of(gateway)
    manifest = json.loads(files["manifest.json"])
    listed = {one["name"]: (one["sha256"], one["size"]) for one in manifest["files"]}
    digest = {name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in files.items()}
    apart = {"manifest.json", "sha256sums", "issue.json"}
    assert listed == {name: digest[name] for name in files if name not in apart}
    sums = "".join(f"{digest[name][0]}  {name}\n" for name in sorted(files)
                   if name not in apart - {"manifest.json"})
    assert files["sha256sums"].decode() == sums
    assert list(files) == sorted(files, key=str.encode)
    assert manifest["format"] == "lookback bundle 1" and manifest["form"] == "full"
    assert manifest["points"] == [POINT] and manifest["task"] == "71"
    assert manifest["simulated"] is True and set(manifest["libraries"]) >= {"cairo", "xlsxwriter"}


def test_both_verifiers_prove_what_was_exported(gateway):
    for more in ((), ("--public",)):
        bundle_of(gateway, *more)
        with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
            data = file.read()
        for answer in (ours(data), second(data)):
            for claim in ("unchanged", "complete", "verdict-recomputed"):
                assert answer.states[claim] == "proven", answer


def test_keys_that_changed_between_the_span_and_the_export_are_all_in_the_bundle(gateway):
    made = [gateway.command("seal", "--new-key") for _ in range(3)]
    assert [done.returncode for done in made] == [0, 0, 0], made
    files = bundle_of(gateway, since=30, until=10)
    assert len([name for name in files if name.startswith("keys/")]) == 4
    with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
        data = file.read()
    for answer in (ours(data), second(data)):
        assert answer.states["unchanged"] == "proven", answer
        assert answer.states["signed-by"] != "refuted", answer


def test_exported_again_only_issue_json_differs(gateway):
    words = asked(gateway)
    assert export(gateway, *words).returncode == 0
    one = contents(gateway)
    assert export(gateway, *words).returncode == 0
    other = contents(gateway)
    assert one.pop("issue.json") != other.pop("issue.json")
    assert {name for name in one if one[name] != other.get(name)} == set()
    assert one.keys() == other.keys()
    assert one["report.pdf"].startswith(b"%PDF-")


def test_the_table_is_what_the_store_holds_in_order_of_time_where_the_clock_went_back(stepped):
    gateway, since, until = stepped, ago(9), ago(1)  # the clock was set back 5 days ago
    done = export(gateway, "--task", "71", "--from", since, "--to", until, "--out",
                  os.path.join(gateway.folder, "b.zip"))
    assert done.returncode == 0, done.stderr
    files = contents(gateway)
    rows = list(csv.reader(io.StringIO(files["readings.csv"].decode("utf-8-sig"), newline="")))
    stored = gateway.rows("SELECT r.seq, r.value FROM reading r JOIN point p ON p.id = r.point"
                       " WHERE p.name = ? AND r.time >= ? AND r.time < ? ORDER BY r.time, r.seq",
                       POINT, millis(since), millis(until))
    assert len(stored) > 180
    assert [(int(row[6]), float(row[2])) for row in rows[1:]] == stored
    sequence = [seq for seq, _ in stored]
    assert sequence != sorted(sequence), "the clock did not go back"
    assert [row[0] for row in rows[1:]] == sorted(row[0] for row in rows[1:])
    assert files["readings.csv"].endswith(b"\r\n") and b"\n\n" not in files["readings.csv"]
    assert "clock_step" in {one["kind"] for one in json.loads(files["verdict.json"])["doubts"]}
    book = openpyxl.load_workbook(io.BytesIO(files["readings.xlsx"]), read_only=True)
    assert sum(1 for sheet in book for _ in sheet.iter_rows()) - len(book.sheetnames) \
        in (len(stored), len(stored) + 1)


def test_the_answer_names_verdict_file_manifest_key_and_head(gateway):
    done = export(gateway, *asked(gateway), "--json")
    assert done.returncode == 0 and done.stderr == ""
    bundle = json.loads(done.stdout)["bundle"]
    files = contents(gateway)
    issue = json.loads(files["issue.json"])
    assert bundle["manifest"] == hashlib.sha256(files["manifest.json"]).hexdigest()
    assert bundle["head"] == hashlib.sha256(issue["head"].encode()).hexdigest()
    assert f"keys/{bundle['key']}.pem" in files
    assert bundle["size"] == os.path.getsize(os.path.join(gateway.folder, "b.zip"))
    assert bundle["verdict"]["answer"] == json.loads(files["verdict.json"])["answer"]
    assert bundle["differs"] == [] and bundle["simulated"] is True
    done = export(gateway, *asked(gateway), lang="zh")
    assert "模拟数据" in done.stdout and "结论：" in done.stdout and bundle["key"] in done.stdout
    assert left_behind(gateway) == ["b.zip"]


def test_a_running_collector_is_asked_and_seals_what_is_newest(gateway):
    rewrite(gateway.folder, "config/collector.conf",
            lambda words: re.sub(r'listen = "[^"]*"', 'listen = ""', words))
    socket = os.path.join(gateway.store, "lookback.sock")
    with open(os.path.join(gateway.folder, "config", "log"), "w") as log:
        running = subprocess.Popen([BINARY, "run", "-c", gateway.dir], stdout=log, stderr=log,
                                   env={**os.environ, "LOOKBACK_DATA": gateway.data})
        try:
            wait_for(lambda: os.path.exists(socket), what="a collector that listens")
            files = bundle_of(gateway, since=30, until=-1)
        finally:
            running.terminate()
            assert running.wait(60) == 0
    issue = json.loads(files["issue.json"])
    last = int(re.findall(r"^segment (\d+)$", files["heads.txt"].decode(), re.M)[-1])
    assert int(re.search(r"^segment (\d+)$", issue["head"], re.M)[1]) == last + 1
    assert b",started," in files["events.txt"].split(b"segment %d\n" % last)[-1]
    assert left_behind(gateway) == ["b.zip"]


def test_every_command_of_verify_md_runs_and_finds_a_digit_that_was_changed(gateway):
    files = bundle_of(gateway, since=30, until=10)
    script = "".join(re.findall(r"```sh\n(.*?)```", files["VERIFY.md"].decode(), re.S))
    assert script.count("OK") > 8

    def run(name, change=None):
        folder = os.path.join(gateway.folder, "config", name)
        os.mkdir(folder)
        with zipfile.ZipFile(os.path.join(folder, "BUNDLE.zip"), "w") as archive:
            for one, data in files.items():
                archive.writestr(one, change(one, data) if change else data)
        return subprocess.run(["bash", "-e"], input=script, capture_output=True, text=True,
                              cwd=folder, timeout=100)

    done = run("whole")
    words = done.stdout + done.stderr
    assert done.returncode == 0 and not re.search("BAD|FAILED|Failure", words), words
    assert len(re.findall(" OK", words)) == 10
    row = re.search(rb"\n(\d+,[^,\n]*Z,)(\d)", files[f"rows/{POINT}.txt"])
    other = row[1] + (b"8" if row[2] != b"8" else b"7")
    done = run("forged", lambda name, data: data.replace(row[1] + row[2], other)
               if name.startswith("rows/") else data)
    assert done.returncode != 0 and f"BAD rows/{POINT}.txt segment " in done.stderr


# What the public form leaves out ---------------------------------------------------------------------

PRIVATE = {"petitioner": "王秀英", "telephone": "13912345678", "address": "柳荫路1234号",
           "credit": "91310115MA1K4XYZ0A", "longitude": "121.47654", "note": "混接封堵的另一件事"}


def words_of(files):
    """Everything a reader could find: every file, what the workbook holds, what the pages say."""
    found = [data for name, data in files.items()]
    with zipfile.ZipFile(io.BytesIO(files["readings.xlsx"])) as book:
        found += [book.read(name) for name in book.namelist()]
    found.append(subprocess.run(["pdftotext", "-", "-"], input=files["report.pdf"],
                                capture_output=True, check=True).stdout)
    return b"\n".join(found)


def with_private_words(gateway):
    """The gateway with a petition at the school, where the company and its address are known too."""
    rewrite(gateway.folder, "config/sites.conf", lambda words: words.replace(
        'name = "school-gate";', f'name = "school-gate"; address = "{PRIVATE["address"]}"; '
        f'credit_code = "{PRIVATE["credit"]}"; location = [{PRIVATE["longitude"]}, 31.2];'))
    sheet = os.path.join(gateway.folder, "config", "petition.csv")
    with open(sheet, "w", encoding="utf-8") as file:
        file.write(SHEET + "信-2,信访,噪声,来电反映噪声,school-gate,东联村,school-gate/meter/la,限时,"
                   f"执法队,2026-12-31,整改中,,{PRIVATE['petitioner']},{PRIVATE['telephone']}\n")
    for words in (("tasks", "import", sheet), ("task", "note", "91", PRIVATE["note"])):
        done = gateway.command(*words)
        assert done.returncode == 0, done.stderr


def test_a_public_bundle_names_no_petitioner_address_place_or_other_task(gateway):
    with_private_words(gateway)
    whole = words_of(bundle_of(gateway, since=94, until=-1, task="93"))
    for what in ("address", "credit", "longitude"):
        assert PRIVATE[what].encode() in whole, what  # so that the test below can fail
    for what in ("petitioner", "telephone"):
        assert PRIVATE[what].encode() not in whole, what
    public = words_of(bundle_of(gateway, "--public", since=94, until=-1, task="93"))
    for what, words in PRIVATE.items():
        assert words.encode() not in public, what
    assert "学校门口噪声点".encode() in public  # decided: the place may be named
    assert b"school-gate/meter/la" in public


def test_until_it_is_struck_off_a_public_bundle_names_no_company(gateway):
    with_private_words(gateway)
    files = bundle_of(gateway, "--public", since=94, until=-1, task="信-2")
    public = words_of(files)
    for words in (*PRIVATE.values(), "学校门口噪声点", "来电反映噪声"):
        assert words.encode() not in public, words
    assert b"\nproblem," not in files["events.txt"]
    with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
        data = file.read()
    for answer in (ours(data), second(data)):
        assert answer.states["verdict-recomputed"] == "proven", answer
    assert b"\nproblem," in bundle_of(gateway, since=94, until=-1, task="信-2")["events.txt"]


# Bad input -------------------------------------------------------------------------------------------


def refused(done, code, *words):
    assert done.returncode == code, done.stdout + done.stderr
    for one in words:
        assert one in done.stderr, done.stderr


def test_a_task_without_points_or_watched_elsewhere_is_a_sentence(gateway):
    sheet = os.path.join(gateway.folder, "config", "more.csv")
    with open(sheet, "w", encoding="utf-8") as file:
        file.write(SHEET + "501,自查,其他,无监测点,,新川村,,措施,居委,2026-12-31,整改中,,,\n"
                   "502,自查,其他,别处,far-away,新川村,far-away/x/ph,措施,居委,2026-12-31,整改中,,,\n")
    assert gateway.command("tasks", "import", sheet).returncode == 0
    refused(export(gateway, *asked(gateway, task="501")), 3, "no point watches task 501")
    refused(export(gateway, *asked(gateway, task="502")), 3, "another collector")
    refused(export(gateway, *asked(gateway, task="999")), 3, "no task 999")
    assert left_behind(gateway) == []


def test_what_is_typed_wrongly_is_a_sentence(gateway):
    out = os.path.join(gateway.folder, "b.zip")
    at = ago(3)
    refused(export(gateway, "--task", "71", "--from", at, "--to", at, "--out", out), 2, "same moment")
    refused(export(gateway, "--task", "71", "--from", at, "--out", out), 2, "--to")
    refused(export(gateway, "--task", "71", "--from", ago(2), "--to", ago(3), "--out", out), 2)
    refused(export(gateway, *asked(gateway)[:-1], "/nowhere/b.zip"), 3, "/nowhere/b.zip")
    refused(export(gateway, *asked(gateway)[:-1], gateway.folder), 2, "folder")
    assert left_behind(gateway) == []


def test_a_span_without_readings_is_exported_and_proves_nothing(gateway):
    for since, until in ((200, 150), (96, 95.5), (-1, -2)):
        done = export(gateway, *asked(gateway, since=since, until=until))
        assert done.returncode == 0, done.stderr
        assert "no readings" in done.stdout and "not proven" in done.stdout
        verdict = json.loads(contents(gateway)["verdict.json"])
        assert verdict["answer"] == "not_proven" and verdict["reasons"]
        with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
            data = file.read()
        for answer in (ours(data), second(data)):
            assert answer.refuted() == set(), answer


def test_without_the_program_that_draws_there_is_a_sentence_and_no_half_bundle(gateway):
    out = os.path.join(gateway.folder, "b.zip")
    with open(out, "w") as file:
        file.write("the old one")
    refused(export(gateway, *asked(gateway), environment={"LOOKBACK_REPORT": "/nowhere/draw"}), 3,
            "/nowhere/draw")
    path = os.path.join(gateway.folder, "config", "draw")
    with open(path, "w") as file:
        file.write('#!/bin/sh\nif [ "$1" = versions ]; then echo "{}"; exit 0; fi\n'
                   'cat > /dev/null\necho "lookback-report: no paper" >&2\nexit 1\n')
    os.chmod(path, 0o755)
    refused(export(gateway, *asked(gateway), environment={"LOOKBACK_REPORT": path}), 3, "no paper")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n[ $1 = versions ] && echo '{}' || kill -9 $$\n")
    refused(export(gateway, *asked(gateway), environment={"LOOKBACK_REPORT": path}), 3, "signal 9")
    assert left_behind(gateway) == ["b.zip"]
    with open(out) as file:
        assert file.read() == "the old one"


def test_a_key_others_can_read_is_a_sentence_that_says_what_to_do(gateway):
    os.chmod(os.path.join(gateway.store, "seal.key"), 0o644)
    refused(export(gateway, *asked(gateway)), 3, "seal.key", "chmod")
    assert left_behind(gateway) == []


def test_a_store_cut_short_is_a_sentence(gateway):
    path = os.path.join(gateway.store, "lookback.db")
    for name in ("lookback.db-wal", "lookback.db-shm"):
        if os.path.exists(os.path.join(gateway.store, name)):
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.close()
    os.truncate(path, os.path.getsize(path) // 2)
    done = export(gateway, *asked(gateway))
    assert done.returncode == 3 and len(done.stderr) > 20, done.stderr
    assert left_behind(gateway) == []


def test_a_row_that_was_changed_is_shown_named_and_proves_nothing(gateway):
    seq, segment = gateway.rows(
        "SELECT k.seq, k.segment FROM kept k JOIN point p ON p.id = k.point WHERE p.name = ?"
        " AND k.time > ? ORDER BY k.time LIMIT 1", POINT, millis(ago(20)))[0]
    assert gateway.forge(("UPDATE kept SET value = value + 1 WHERE seq = ?", (seq,))) == 1
    done = export(gateway, *asked(gateway))
    assert done.returncode == 0, done.stderr
    warning = re.search("WARNING: .*", done.stdout)[0]
    assert POINT in warning and f"segment {segment} " in warning and f"{seq},20" in warning
    verdict = json.loads(contents(gateway)["verdict.json"])
    assert verdict["answer"] != "held"
    assert [one["point"] for one in verdict["doubts"] if one["kind"] == "rows_differ"] == [POINT]
    with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
        data = file.read()
    for answer in (ours(data), second(data)):
        assert "unchanged" in answer.refuted(), answer


def test_what_retention_removed_is_said_and_proves_nothing(gateway):
    """Removed as prune.c does it: the head and the path of leaf 0 stay."""
    segments = gateway.rows("SELECT segment, first_seq, last_seq FROM segment WHERE first_time > ?"
                            " ORDER BY segment LIMIT 3", millis(ago(20)))
    for segment, first, last in segments:
        hashes = [one[0] for one in gateway.rows(
            "SELECT digest FROM leaf WHERE segment = ? ORDER BY number", segment)]
        gateway.forge(("UPDATE segment SET pruned = 1, path = ? WHERE segment = ?",
                       (b"".join(tree_path(hashes, 0)), segment)),
                      ("DELETE FROM leaf WHERE segment = ? AND number > 0", (segment,)),
                      ("DELETE FROM kept WHERE segment = ?", (segment,)),
                      ("DELETE FROM poll WHERE seq BETWEEN ? AND ?", (first, last)))
    files = bundle_of(gateway, since=30)
    rows = files[f"rows/{POINT}.txt"].decode()
    for segment, _, _ in segments:
        assert f"\nsegment {segment} removed\n" in rows
    verdict = json.loads(files["verdict.json"])
    assert verdict["answer"] == "not_proven"
    assert "pruned" in {one["kind"] for one in verdict["doubts"]}
    with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
        data = file.read()
    for answer in (ours(data), second(data)):
        assert answer.states["unchanged"] == "proven", answer
        assert answer.states["complete"] == "not proven", answer
        assert answer.states["verdict-recomputed"] == "proven", answer


def test_a_leaf_that_was_taken_away_is_never_passed_over(gateway):
    segment = gateway.rows("SELECT segment FROM segment WHERE first_time > ? LIMIT 1",
                           millis(ago(20)))[0][0]
    assert gateway.forge(("DELETE FROM leaf WHERE segment = ? AND name = ?",
                          (segment, f"point {POINT}"))) == 1
    done = export(gateway, *asked(gateway))
    assert done.returncode == 0 and f"segment {segment} " in done.stdout, done.stderr
    verdict = json.loads(contents(gateway)["verdict.json"])
    assert POINT in [one["point"] for one in verdict["doubts"] if one["kind"] == "rows_differ"]


def test_settings_changed_inside_the_span_are_a_doubt_that_stays(gateway):
    before = json.loads(bundle_of(gateway, since=30, until=-1)["verdict.json"])
    assert "settings_changed" not in {one["kind"] for one in before["doubts"]}
    rewrite(gateway.folder, "config/rules.conf", lambda words: words.replace(
        'limit = "GB 3838"; for = "2h";', 'above = 9.0;'))
    assert gateway.command("seal").returncode == 0
    files = bundle_of(gateway, since=30, until=-1)
    doubts = json.loads(files["verdict.json"])["doubts"]
    assert [one["point"] for one in doubts if one["kind"] == "settings_changed"] == [POINT]
    with open(os.path.join(gateway.folder, "b.zip"), "rb") as file:
        data = file.read()
    assert ours(data).states["verdict-recomputed"] == "proven"
