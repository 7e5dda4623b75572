"""The commands on a station at work and on the example town."""
import csv
import io
import json
import os
import socket
import sqlite3
import subprocess

import pytest

from lookback import BINARY, ROOT, iso_ms, simple_profile

CONFIG = os.path.join(ROOT, "config")


def lookback(*words, **more):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **more)


def test_the_example_town_is_in_order():
    answer = lookback("check", "-c", CONFIG, "--lang", "en")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "5 rules, 0 outputs" in answer.stdout and "no rules" not in answer.stdout  # all outputs are switched off


def test_check_says_that_nothing_is_judged_without_rules(town):
    answer = town.device(port=502).write().command("check")
    assert answer.returncode == 0 and "note: there are no rules" in answer.stdout, answer


def test_every_shipped_model_is_listed():
    shipped = {name[:-5] for name in os.listdir(os.path.join(ROOT, "drivers", "profiles"))
               if name.endswith(".conf")}
    sensors = json.loads(lookback("sensors", "-c", CONFIG, "--json").stdout)["sensors"]
    assert shipped and {one["model"] for one in sensors} >= shipped


@pytest.mark.parametrize("language, word", [("zh", "用法"), ("en", "run")])
def test_help_is_given_in_both_languages(language, word):
    answer = lookback("help", "--lang", language)
    assert answer.returncode == 0 and word in answer.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_of_a_command_says_what_each_of_its_options_is_for(language):
    said = lookback("help", "probe", "--lang", language).stdout.split("\n\n", 1)[1]
    for option in ("--scan", "--read", "--expect", "--write", "--timeout", "--all", "--via-collector"):
        assert option in said, option


@pytest.fixture
def station(town, peers):
    device = peers.scripted(lambda r: [100 + r.number % 7] * r.count)
    town.device(port=device.port, every="100ms", model=simple_profile())
    town.start()
    town.wait_polls(12)
    return town


DAY = ("--from", "2020-01-01", "--to", "2099-01-01")


def in_language(**variables):
    """The environment of a machine that says nothing of a language but this."""
    clean = {key: value for key, value in os.environ.items()
             if key not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    return {**clean, **variables}


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help", "problem"), ("problem", "--help"),
                                   ("problem", "-h"), ("help",)])
def test_help_gives_every_form_of_problem_on_a_line_of_its_own(words):
    answer = lookback(*words)
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    for form in ("problem UID", "problem acknowledge UID", "problem close UID --note TEXT"):
        assert [line for line in lines if form in line], form
    assert len([line for line in lines if "problem" in line and "UID" in line]) >= 3


@pytest.mark.parametrize("words", [("--version",), ("version",)])
def test_the_version_is_said(words):
    answer = lookback(*words)
    assert answer.returncode == 0 and answer.stdout.startswith("lookback ")


@pytest.mark.parametrize("words, said", [
    (("status", "-c"), "-c"), (("problem",), "lookback problem acknowledge UID"),
    (("readings", "--form", "x"), "lookback readings --point"), (("run", "now"), "lookback run")])
def test_wrong_use_is_answered_with_how_it_is_used(words, said):
    answer = lookback(*words, "--lang", "en") if words[-1] != "-c" else lookback(
        "--lang", "en", *words)
    assert answer.returncode == 2 and said in answer.stderr and "use: lookback" in answer.stderr


@pytest.mark.parametrize("command, known", [
    ("evidence", "export | verify"), ("seals", "verify"), ("device", "maintenance")])
def test_a_word_the_command_does_not_have_is_named_with_those_it_has(command, known):
    words = (command, "bla", "x") if command == "device" else (command, "bla")
    answer = lookback(*words, "--lang", "en")
    assert answer.returncode == 2
    assert f'{command} has no "bla", only {known}\n' in answer.stderr


@pytest.mark.parametrize("variables, words, english", [
    ({"LANG": "en_GB.UTF-8"}, (), True), ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, (), True),
    ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, (), False), ({"LANG": "C.UTF-8"}, (), False),
    ({}, (), False), ({}, ("--lang", "en"), True), ({"LANG": "en_US"}, ("--lang", "zh"), False)])
def test_an_error_of_the_line_itself_is_said_in_the_language_that_was_asked(variables, words, english):
    answer = lookback("status", "--nonsense", *words, env=in_language(**variables))
    assert answer.returncode == 2 and ("unknown option" in answer.stderr) == english


def test_the_settings_language_counts_where_none_was_asked(station):
    answer = station.command("status", environment={"LC_ALL": "zh_CN.UTF-8"})
    assert "collector zj-01" in answer.stdout
    assert "采集器" in station.command("status", "--lang", "zh").stdout


@pytest.mark.parametrize("option, word, near", [("--state", "opn", "open"), ("--kind", "ne", "new"),
                                                ("--kind", "x", "relapse")])
def test_a_word_no_problem_has_is_wrong_use(station, option, word, near):
    answer = station.command("problems", option, word)
    assert answer.returncode == 2 and word in answer.stderr and near in answer.stderr
    assert answer.stderr.startswith(f"lookback: {option}:")


@pytest.fixture
def troubled(town, peers):
    """A town with one open problem, and the problem's uid."""
    device = peers.scripted(lambda r: [100 if town.breaks else 10] * r.count)
    town.breaks = True
    town.device(port=device.port, every="100ms", model=simple_profile())
    town.rules = [{"name": "high", "points": ["yard/probe/cod.c0"], "above": 50.0}]
    town.start()
    town.wait_polls()
    return town, town.wait(lambda: town.ask("problems")["problems"], 20, "a problem")[0]["uid"]


def test_the_uid_a_table_shows_is_one_the_commands_take(troubled):
    town, uid = troubled
    shown = town.command("problems").stdout.splitlines()[2].split()[0]
    assert uid.startswith(shown) and len(shown) == 8
    assert town.ask("problem", shown)["uid"] == town.ask("problem", uid[:6].upper())["uid"] == uid
    assert town.command("problem", "acknowledge", shown).returncode == 0
    town.breaks = False
    town.wait(lambda: town.ask("problem", uid)["state"] == "recovered", 20, "the recovery")
    assert town.command("problem", "close", shown, "--note", "done").returncode == 0
    assert town.ask("problem", uid)["state"] == "closed"
    done = town.command("problem", uid).stdout.split("WHAT WAS DONE")[1].splitlines()
    assert "acknowledged" in done[1] and "closed" in done[2] and done[2].endswith("done")
    for wrong in (uid[:5], "nothing", "'; drop", uid + "0"):
        assert town.command("problem", wrong).returncode == 3
    assert town.ask("problem", uid)["acknowledged"]["by"]


def test_a_uid_that_fits_two_problems_is_called_ambiguous(troubled):
    town, uid = troubled
    town.stop()
    other = uid[:7] + ("0" if uid[7] != "0" else "1") + uid[8:]
    db = sqlite3.connect(os.path.join(town.store, "lookback.db"))
    columns = [row[1] for row in db.execute("PRAGMA table_info(problem)")]
    taken = [f"replace({name}, '{uid}', '{other}')" if name in ("uid", "body") else name
             for name in columns]
    db.execute(f"INSERT INTO problem SELECT {', '.join(taken)} FROM problem")
    db.commit()
    db.close()
    answer = town.command("problem", uid[:7])
    assert answer.returncode == 2 and "ambiguous" in answer.stderr
    assert uid in answer.stderr and other in answer.stderr
    assert town.ask("problem", uid[:8])["uid"] == uid


def test_a_problem_is_shown_with_a_line_for_each_fact(troubled):
    town, uid = troubled
    lines = dict(line.split(None, 1) for line in town.command("problem", uid).stdout.splitlines()
                 if " " in line)
    assert lines["problem"] == uid and lines["point"] == "yard/probe/cod.c0"
    assert lines["rule"].startswith("high") and lines["bound"].startswith("> 50")
    assert lines["worst"].startswith("100 mg/L") and lines["state"] == "open"
    assert {"site", "parameter", "kind", "first", "last", "ended", "episodes"} <= set(lines)
    assert lines["acknowledged"] == "not yet"


def test_readings_without_a_point_name_the_points_there_are(station):
    answer = station.command("readings")
    assert answer.returncode == 2 and "--point" in answer.stderr
    assert "yard/probe/cod.c0" in answer.stdout and "mg/L" in answer.stdout
    answer = station.command("readings", "--point", "yard/prob/cod.c0")
    assert answer.returncode == 3 and "did you mean yard/probe/cod.c0" in answer.stderr


def test_a_time_as_tables_print_it_is_a_time_options_take(station):
    station.stop()
    table = station.command("readings", "--point", "yard/probe/cod.c0").stdout.splitlines()
    assert table[0] == "times are Asia/Shanghai"
    first = " ".join(table[2].split()[1:3])
    rest = station.command("readings", "--point", "yard/probe/cod.c0", "--from", first).stdout
    assert rest.splitlines() == table
    answer = station.command("readings", "--point", "yard/probe/cod.c0", "--from", "yesterday")
    assert answer.returncode == 2 and answer.stderr.startswith("lookback: --from: ")


def test_status_of_a_stopped_station_shows_the_last_value_of_each_point(station):
    last = station.stop() or station.readings("yard/probe/cod.c0")[-1]
    answer = station.command("status")
    assert answer.returncode == 1 and "not running" in answer.stdout
    assert [line for line in answer.stdout.splitlines() if "yard/probe/cod.c0" in line
            and f"{last[3]:g} mg/L" in line]
    device, = station.ask("status")["devices"]
    assert (device["name"], device["state"]) == ("probe", None)
    assert iso_ms(device["last_good"]) == last[2]


def test_status_says_at_once_that_a_poll_failed_and_which_points_have_no_value(town, peers):
    device = peers.scripted(lambda r: [7] * r.count,
                            lambda r, honest: [] if r.number > 10 else [(0, honest)])
    town.device(port=device.port, every="100ms", model=simple_profile())
    town.start()
    town.wait_polls()
    town.wait(lambda: town.ask("status")["devices"][0]["cause"], 20, "a failed poll")
    device, = town.ask("status")["devices"]
    assert device["cause"] == "timeout" and (device["points"], device["with_value"]) == (2, 0)
    shown = town.command("status").stdout
    assert "last poll failed: did not answer" in shown and "0/2" in shown and "SINCE" in shown


def test_a_demo_opens_a_problem_that_recovers_and_ends_with_a_line_to_run(tmp_path):
    folder = str(tmp_path / "a demo")
    answer = lookback("demo", "--dir", folder, "--seconds", "24", "--lang", "en")
    assert answer.returncode == 0, answer.stderr
    assert "recovered" in answer.stdout
    with open(os.path.join(folder, "office.token")) as file:
        token = file.read().strip()
    assert os.stat(file.name).st_mode & 0o777 == 0o600
    assert f"page: http://127.0.0.1:8980/#token={token}\n" in answer.stdout
    last = answer.stdout.splitlines()[-1]
    problems = subprocess.run(last + " --json", shell=True, capture_output=True, text=True,
                              timeout=60)
    assert problems.returncode == 0, problems.stderr
    assert json.loads(problems.stdout)["problems"]
    again = lookback("demo", "--dir", folder, "--seconds", "1", "--lang", "en")
    assert "an earlier demo is continued" in again.stdout and f"#token={token}\n" in again.stdout
    with open(os.path.join(folder, "lookback.log")) as file:
        log = file.read()
    assert log.count("lookback work started") == log.count("lookback work stopped") == 2


def test_a_demo_says_that_another_page_is_at_its_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = lookback("demo", "--dir", str(tmp_path / "d"), "--seconds", "1", "--port", str(port), "--lang", "en").stdout
    assert f"port {port} is in use by another program" in said and "--port 8981" in said
    free = lookback("demo", "--dir", str(tmp_path / "d"), "--seconds", "1", "--port", str(port), "--lang", "en").stdout
    assert "is in use" not in free and f"127.0.0.1:{port}/#token=" in free


def test_readings_are_those_of_the_store(station):
    station.stop()
    answer = station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)
    assert answer["point"] == "yard/probe/cod.c0" and answer["unit"] == "mg/L"
    got = [(one["seq"], iso_ms(one["time"]), one["value"], one["quality"], one["cause"] or "")
           for one in answer["readings"]]
    assert got == [(row[0], *row[2:]) for row in station.readings("yard/probe/cod.c0")]
    assert all("doubt" in one for one in answer["readings"])


def test_from_is_included_and_to_is_not(station):
    station.stop()
    rows = station.readings("yard/probe/cod.c0")
    answer = station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)
    times = [one["time"] for one in answer["readings"]]
    part = station.ask("readings", "--point", "yard/probe/cod.c0", "--from", times[2], "--to",
                       times[6])
    assert [one["seq"] for one in part["readings"]] == [row[0] for row in rows[2:6]]


def test_csv_holds_the_same_numbers(station):
    station.stop()
    out = station.command("readings", "--point", "yard/probe/cod.c0", *DAY, "--csv").stdout
    table = list(csv.DictReader(io.StringIO(out.lstrip("\ufeff"))))
    rows = station.readings("yard/probe/cod.c0")
    assert [(int(one["seq"]), float(one["value"]), one["quality"]) for one in table] == [
        (row[0], row[3], row[4]) for row in rows]


def test_a_point_nobody_has_is_not_found(station):
    answer = station.command("readings", "--point", "yard/probe/nothing", *DAY)
    assert answer.returncode == 3 and "yard/probe/nothing" in answer.stderr


def test_readings_can_be_read_while_the_collector_writes(station):
    before = len(station.polls())
    for _ in range(5):
        assert station.ask("readings", "--point", "yard/probe/cod.c0", *DAY)["readings"]
    assert station.is_running()
    station.wait(lambda: len(station.polls()) > before, 10, "more polls")


def test_status_says_how_the_station_is(station):
    status = station.ask("status")
    assert (status["collector"], status["state"]) == ("zj-01", "running")
    assert status["boot"] == 1 and status["seq"] > 0 and status["clock"]["trusted"] is True
    assert {"bytes", "oldest", "free_bytes", "commit_ms", "mailbox_bytes"} <= set(status["store"])
    link, = status["links"]
    assert (link["name"], link["kind"], link["state"]) == ("link-probe", "tcp", "up")
    device, = status["devices"]
    assert (device["site"], device["name"], device["unit"]) == ("yard", "probe", 1)
    assert device["state"] == "answering" and device["every_ms"] == 100
    assert device["polls"] > 0 and device["last_good"]
    assert {"skipped", "errors", "answer_ms", "next_attempt", "since"} <= set(device)
    assert status["outputs"] == [] and status["notices"] == []
    assert {"seal"} <= set(status)


def test_status_and_problems_are_tables_for_people_too(station):
    for words in (("status",), ("problems",), ("status", "--lang", "zh")):
        answer = station.command(*words)
        assert answer.returncode == 0 and answer.stdout.strip(), answer.stderr


def test_resend_sends_again_what_is_stored(station, peers):
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "lookback/+/reading/#")
    station.stop()
    station.output("mqtt", broker.url())
    station.start()
    station.wait_sent("town-mqtt")
    first = min(message["seq"] for _, message in heard.readings())
    seen = len([1 for _, message in heard.readings() if message["seq"] == first])
    answer = station.command("resend", "--output", "town-mqtt", "--from", "2020-01-01")
    assert answer.returncode == 0, answer.stderr
    station.wait(lambda: len([1 for _, message in heard.readings()
                              if message["seq"] == first]) > seen, 20, "it to come again")


def test_stopping_commits_what_was_polled(station):
    """A clean stop loses nothing that was answered a second before."""
    station.stop()
    assert station.rows("PRAGMA integrity_check") == [("ok",)]
    sequence = station.sequence()
    assert sequence == list(range(1, len(sequence) + 1))
    before = len(station.polls())
    station.start()
    station.wait(lambda: len(station.polls()) > before, 20, "polls after a restart")
    sequence = station.sequence()
    assert sequence == list(range(1, len(sequence) + 1))


def test_a_sealed_segment_shows_each_reading_once(station):
    station.wait_polls(10)
    assert station.command("seal").returncode == 0
    station.wait(lambda: station.rows("SELECT count(*) FROM segment WHERE moved = 1")[0][0] >= 1,
                 20, "the segment to be moved")
    station.wait_polls(5)
    station.stop()
    rows = [(row[0], row[1]) for row in station.readings()]
    assert len(rows) == len(set(rows)) == 2 * len(station.polls())
