"""`lookback evidence verify` as whoever receives a bundle uses it: what it prints, how it ends, what
it makes of files that are no bundle. What it finds in forged ones: test_tamper.py."""
import json
import os
import re
import resource
import shutil
import subprocess
import zipfile

import pytest

import tamper_town
from lookback import BINARY
from tamper import listed, opened, packed
from tamper_town import Town

CLAIMS = ["unchanged", "complete", "signed-by", "existed-before", "verdict-recomputed"]
MEMORY = 256 * 1024 * 1024  # of addresses, libraries included: less than a bomb unpacks to


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture(scope="session")
def whole(made, tmp_path_factory):
    """(path of an untouched bundle, the key that sealed it)"""
    path = str(tmp_path_factory.mktemp("bundle") / "whole.zip")
    with Town(made) as town:
        (last,) = town.rows("SELECT date(max(time) / 1000, 'unixepoch', '-12 days') FROM poll")[0]
        (first,) = town.rows("SELECT date(max(time) / 1000, 'unixepoch', '-30 days') FROM poll")[0]
        with open(path, "wb") as file:
            file.write(town.export("71", first, last))
        (key,) = town.rows("SELECT key FROM segment ORDER BY segment DESC LIMIT 1")[0]
    return path, key if isinstance(key, str) else key.hex()


def verify(*words, lang="en", **more):
    return subprocess.run([BINARY, "evidence", "verify", *words, "--lang", lang], timeout=60,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


def states(done):
    return dict(re.findall(r"^([a-z-]+): (proven|not proven|refuted) – .+$", done.stdout, re.M))


def test_each_claim_has_one_line_and_the_verdict_follows(whole):
    path, key = whole
    done = verify(path, "--key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(states(done)) == CLAIMS
    assert states(done) == {**dict.fromkeys(CLAIMS, "proven"), "existed-before": "not proven"}
    first, *_, last = done.stdout.splitlines()
    assert first == "模拟数据 / SIMULATED" and re.match("the verdict inside: (held|relapsed|not proven) – .", last)
    assert done.stderr == ""


def test_other_programs_read_the_same_words_in_every_language(whole):
    english, chinese = (verify(whole[0], lang=lang) for lang in ("en", "zh"))
    assert states(english) == states(chinese) and len(states(chinese)) == 5
    assert "unchanged: proven – " in chinese.stdout and "个文件都与清单一致" in chinese.stdout


def test_who_reads_chinese_alone_is_told_each_claim_and_its_answer(whole):
    lines = verify(whole[0], lang="zh").stdout.splitlines()
    told = dict(zip(CLAIMS, ("未被改动：已证明。", "没有缺漏：已证明。", "由这台网关签名：未证明。",
                             "当时就已存在：未证明。", "结论可以复算：已证明。")))
    for claim, words in told.items():
        (line,) = [line for line in lines if line.startswith(claim + ": ")]
        assert line.split(" – ", 1)[1].startswith(words), line


def test_a_required_claim_that_is_not_proven_is_no(whole):
    path, key = whole
    for words, code in [([], 0), (["--require", "existed-before"], 1),
                        (["--require", "unchanged"], 0), (["--require", "unchanged,complete"], 0),
                        (["--require", "unchanged,existed-before"], 1),
                        (["--require", "unchanged", "--require", "signed-by"], 1),
                        (["--require", "signed-by", "--key", key], 0)]:
        assert verify(path, *words).returncode == code, words


def test_the_key_is_taken_as_people_copy_it(whole):
    path, key = whole
    groups = " ".join(key[at:at + 4] for at in range(0, 64, 4))
    for word in (key, key.upper(), groups):
        assert states(verify(path, "--key", word))["signed-by"] == "proven", word
    other = verify(path, "--key", "0" * 64)
    assert states(other)["signed-by"] == "refuted" and other.returncode == 1


@pytest.mark.parametrize("words", [["--key", "12ab"], ["--key", "g" * 64], ["--require", "unchangde"],
                                   ["--ca", "/nonexistent.pem"], ["--anchor", os.devnull],
                                   ["--what"]])
def test_wrong_use_says_what_is_wrong(whole, words):
    done = verify(whole[0], *words)
    assert done.returncode == 2 and done.stdout == "" and words[0] in done.stderr + words[0]
    assert len(done.stderr.strip()) > 20


def test_a_file_is_wanted():
    done = verify()
    assert done.returncode == 2 and "FILE" in done.stderr


def test_what_cannot_be_read_could_not_be_done(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent.zip", tmp_path, tmp_path / "pipe"):
        done = verify(str(path))
        assert done.returncode == 3 and str(path) in done.stderr and done.stdout == "", path
        error = json.loads(verify(str(path), "--json").stderr)["error"]
        assert error["kind"] in ("not_found", "store")


def test_json_says_the_same(whole):
    path, key = whole
    done = verify(path, "--key", key, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == ""
    assert [one["claim"] for one in said["claims"]] == CLAIMS
    assert {one["answer"] for one in said["claims"]} == {"proven", "not_proven"}
    assert all(one["reason"] for one in said["claims"])
    assert said["bundle"]["task"] == "71" and said["bundle"]["form"] == "full"
    assert said["bundle"]["key"] == key and said["bundle"]["simulated"] is True
    assert said["verdict"]["answer"] in ("held", "relapsed", "not_proven")


def sanitized():
    """Sanitizers reserve more addresses than any limit would allow."""
    return subprocess.run(["grep", "-q", "__asan_init\\|__tsan_init", BINARY]).returncode == 0


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def refused(path):
    """A file that is no bundle of ours: refuted in the first claim, nothing guessed about the rest."""
    done = verify(str(path), preexec_fn=None if sanitized() else little_memory)
    found = states(done)
    assert done.returncode == 1 and list(found) == CLAIMS, done.stdout + done.stderr
    assert found["unchanged"] == "refuted"
    assert {found[claim] for claim in CLAIMS[1:]} == {"not proven"}
    return done.stdout


def test_no_zip_and_an_empty_file_are_refuted(tmp_path):
    for content in (b"", b"PK", b"hello world\n" * 100):
        (tmp_path / "file").write_bytes(content)
        assert "not a ZIP" in refused(tmp_path / "file") or content == b"PK"


def test_a_bomb_is_refused_at_its_first_header(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        with bomb.open("manifest.json", "w", force_zip64=True) as file:
            for _ in range(128):
                file.write(bytes(4 * 1024 * 1024))
    said = refused(tmp_path / "bomb.zip")
    assert "offset" in said and ("compressed" in said or "extra field" in said)


def test_a_file_larger_than_any_bundle_is_refused_at_once(tmp_path):
    with open(tmp_path / "huge.zip", "wb") as file:
        file.truncate(10 * 1024 ** 3)
    assert "4 GiB" in refused(tmp_path / "huge.zip")


def test_zipped_again_by_another_program_is_refuted(whole, tmp_path):
    with zipfile.ZipFile(whole[0]) as old, zipfile.ZipFile(tmp_path / "again.zip", "w") as again:
        for name in old.namelist():
            again.writestr(name, old.read(name))
    assert "offset" in refused(tmp_path / "again.zip")


def test_a_name_that_leads_elsewhere_is_refused(tmp_path):
    for name in ("../../etc/passwd", "/etc/passwd", "a/../../b"):
        (tmp_path / "slip.zip").write_bytes(packed({name: b"x"}))
        assert "a name has only letters" in refused(tmp_path / "slip.zip")


def test_a_file_put_in_is_found_though_it_is_listed(whole, tmp_path):
    with open(whole[0], "rb") as file:
        files = opened(file.read())
    files["run-me.sh"] = b"#!/bin/sh\n"
    (tmp_path / "more.zip").write_bytes(packed(listed(files)))
    done = verify(str(tmp_path / "more.zip"))
    assert done.returncode == 1 and "run-me.sh" in done.stdout


def test_nothing_is_written_and_no_store_is_needed(whole, tmp_path):
    shutil.copy(whole[0], tmp_path / "b.zip")
    before = sorted(os.listdir(tmp_path))
    done = verify("b.zip", "-c", "/nonexistent", cwd=tmp_path)
    assert done.returncode == 0 and sorted(os.listdir(tmp_path)) == before
