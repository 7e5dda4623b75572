"""Forgeries of a bundle's archive and of the texts in it (E5, E11, E12): every byte that Lookback would not
have written is refused, by it and by the second verifier.
"""
import os
import re
import zipfile

import pytest

import tamper_town
from tamper import issued, packed, reissued, replaced, resealed
from tamper_town import Whole, both
from tamper_zip import ARCHIVES, HOSTILE

POINT = "chuanyang-03/nh3/ammonia_nitrogen"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture(scope="module")
def whole(made):
    return Whole(made)


# 一、E5 · The archive and its files -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ARCHIVES)
def test_e5_a_bundle_packed_otherwise_is_refuted(whole, what):
    both(ARCHIVES[what](whole.data, whole.files), whole, "unchanged")


def test_e5_zipped_again_by_another_program_is_refuted(whole, tmp_path):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = tmp_path / f"{method}.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name in sorted(whole.files, key=str.encode):
                archive.writestr(name, whole.files[name])
        both(path.read_bytes(), whole, "unchanged")


# 二、E11 · Texts that read as one thing and are another ---------------------------------------------------


def test_e11_a_key_that_stands_twice_is_refused(whole):
    manifest = replaced(whole.files, "manifest.json", b'"task":"71"', b'"task":"93","task":"71"')
    both(packed(issued(manifest, whole.key)), whole, "unchanged")
    verdict = replaced(whole.files, "verdict.json", b"{", b'{"answer":"held",')
    both(packed(reissued(verdict, whole.key)), whole)


@pytest.mark.parametrize("old, new", [(b'"task":"71"', b'"task":"\\u0037\\u0031"'),
                                      (b'"task":"71"', b'"task": "71"'), (b"{", b"\xef\xbb\xbf{"),
                                      (b"}\n", b"}\r\n"), (b'"71"', b'"7\xc0\xb1"')])
def test_e11_json_in_any_other_than_its_one_form_is_refused(whole, old, new):
    files = replaced(whole.files, "manifest.json", old, new)
    both(packed(files if b"\xc0" in new else issued(files, whole.key)), whole, "unchanged")


@pytest.mark.parametrize("change", [lambda text: text + b"0", lambda text: b"+" + text,
                                    lambda text: b"0" + text, lambda text: text + b"e0",
                                    lambda text: text.replace(b".", b","), lambda text: b" " + text,
                                    lambda text: text + b"0000000000000000001",
                                    lambda text: "０".encode() + text[1:]])
def test_e11_a_number_in_any_other_than_its_one_form_is_refused(whole, change):
    name = f"rows/{POINT}.txt"
    match = list(re.finditer(rb"(?m)^(\d+,[^,]+Z,)(0\.\d+)(,N,)$", whole.files[name]))[60]
    seq = match[1].split(b",")[0]
    files = replaced(whole.files, name, match[0], match[1] + change(match[2]) + match[3])
    csv = re.search(rb"(?m)^.*,(0\.\d+),.*," + seq + rb"\r$", files["readings.csv"])
    files = replaced(files, "readings.csv", csv[0], csv[0].replace(match[2], change(match[2])))
    both(packed(resealed(files, whole.key)), whole, "unchanged")


@pytest.mark.parametrize("name", ["rows/chuanyang-03/nh3/аmmonia_nitrogen.txt", "Manifest.json",
                                  "rows/chuanyang-03/nh3/ammonia_nitrogen.txt ", "manifest.json\0"])
def test_e11_a_name_that_only_looks_alike_is_refused(whole, name):
    for files in ({**whole.files, name: b"x"}, reissued({**whole.files, name: b"x"}, whole.key)):
        both(packed(files), whole, "unchanged")


# 三、E12 · Archives made to hurt ------------------------------------------------------------------------------


@pytest.mark.parametrize("what", HOSTILE)
def test_e12_a_hostile_archive_is_refuted_and_writes_nothing(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    both(HOSTILE[what](), claim="unchanged")
    assert os.listdir(tmp_path) == [] and not os.path.exists("/tmp/lookback-was-here")
