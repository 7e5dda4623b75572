"""Attacks on the page, A1 to A17: each is made on the real program.

HOME says where each is proven: here, and also in tests/unit/page where only a held clock or the plain
data of a request can show it. The attacker has every address of this machine and, where it helps,
the token of a member of the office.
"""
import contextlib
import json
import os
import re
import resource
import selectors
import socket
import ssl
import subprocess
import time

import pytest

from devices import Scripted
from lookback import BINARY, ROOT, Town, faults
from page import Page
from servers import Authority
from waiting import wait_for

HERE, GATE = "tests/faults/test_page.py", "tests/unit/page/test_gate.c"
GUESTS, REQUEST = "tests/unit/page/test_guests.c", "tests/unit/page/test_request.c"
SETTINGS = "tests/unit/town/test_settings.c"

HOME = {
    # path traversal
    "A1": [(HERE, "test_a1_no_address_leads_to_a_file")],
    # slow heads; slow bodies and slow reading
    "A2": [(HERE, "test_a2_a3_slow_ones_cost_the_others_nothing"), (HERE, "test_a2_a3_slow_ones_have_an_end"),
           (GUESTS, "who_has_not_asked_within_10_s_is_cut_at_that_moment"),
           (GUESTS, "the_513th_cuts_whoever_has_asked_longest"),
           (GUESTS, "the_65th_of_an_address_cuts_the_one_of_it_that_has_asked_longest")],
    "A3": [(HERE, "test_a2_a3_slow_ones_cost_the_others_nothing"), (HERE, "test_a2_a3_slow_ones_have_an_end"),
           (GUESTS, "who_has_asked_has_60_s_to_take_and_then_10_to_ask_again")],
    # huge and endless bodies
    "A4": [(HERE, "test_a4_a_huge_or_endless_body_is_413_and_the_end")],
    # malformed JSON
    "A5": [(HERE, "test_a5_malformed_json_is_400"), (REQUEST, "a_million_brackets_are_refused_before_the_parser")],
    # request smuggling
    "A6": [(HERE, "test_a6_nothing_is_smuggled_behind_a_request"),
           (REQUEST, "what_two_readers_could_read_differently_is_refused")],
    # trying tokens
    "A7": [(HERE, "test_a7_trying_tokens_gets_nowhere_and_keeps_nobody_out"),
           (GATE, "a_good_token_passes_while_wrong_ones_are_refused"),
           (GATE, "many_addresses_together_are_too_many_as_well"),
           (GATE, "it_is_said_once_when_it_begins_and_once_when_it_ends")],
    # a crafted page of somebody else
    "A8": [(HERE, "test_a8_a_foreign_page_changes_nothing"),
           (GATE, "what_changes_something_comes_from_our_own_page_or_from_none")],
    # stored scripts
    "A9": [(HERE, "test_a9_names_with_markup_stay_words"), (HERE, "test_a9_no_script_makes_markup_of_words")],
    # names turned to us
    "A10": [(HERE, "test_a10_a_foreign_name_is_not_answered"), (GATE, "a_foreign_name_is_421_and_says_what_to_do")],
    # names that mean something in a log, a table, a topic
    "A11": [(HERE, "test_a11_a_name_with_a_meaning_is_refused"), (HERE, "test_a11_a_note_is_one_line_of_the_log_at_most")],
    # making us ask others
    "A12": [(HERE, "test_a12_no_address_of_anybody_is_taken_from_the_page")],
    # a flood
    "A13": [(HERE, "test_a13_a_flood_costs_polling_nothing")],
    # secrets in answers, logs, cores
    "A14": [(HERE, "test_a14_a_token_is_repeated_nowhere"),
            ("tests/system/test_page_people.py", "test_no_token_is_found_anywhere_afterwards")],
    # weaker TLS
    "A15": [(HERE, "test_a15_only_modern_tls_is_spoken"), (SETTINGS, "a_page_that_others_reach_is_encrypted")],
    # looking without a token
    "A16": [(HERE, "test_a16_a_stranger_learns_up_or_down")],
    # the library's form reader
    "A17": [(HERE, "test_a17_the_form_reader_is_not_linked")],
}


def test_every_attack_of_the_catalogue_has_its_test():
    assert sorted(HOME) == sorted(f"A{number}" for number in range(1, 18))
    for attack, places in HOME.items():
        assert any(file == HERE for file, _ in places), attack
        for file, name in places:
            with open(os.path.join(ROOT, file)) as source:
                text = "".join(source.read().split())
            entry = f"def{name}\\(" if file.endswith(".py") else f"(?i:test|teardown)\\({name}[,)]"
            assert re.search(entry, text), (attack, name)


# One town for all that leaves it as it was.

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>${7*7}{{7*7}}"
MAINTENANCE = {"act": "device.maintenance", "args": {
    "device": "yard/probe", "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T09:00:00Z", "note": "x"}}


class Attacked:
    def __init__(self, folder, **more):
        self.device = Scripted(lambda request: [7] * request.count)
        self.town = Town(folder)
        self.town.settings["collector"]["title"] = MARKUP
        self.town.sites[0]["title"] = MARKUP
        self.town.device(port=self.device.port, every="100ms", title=MARKUP, serial_number="<b>&amp;")
        self.page = Page(self.town, **more)
        self.town.start()
        self.page.wait()
        self.office = self.page.user("zhao", "office")

    def end(self):
        self.town.stop()
        self.device.stop()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    made = Attacked(tmp_path_factory.mktemp("attacked"))
    yield made
    made.end()


def raw(page, words, seconds=10):
    """What comes back for these bytes until the page hangs up or says no more."""
    heard = b""
    with socket.create_connection((page.host, page.port), timeout=seconds) as line:
        line.sendall(words)
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while more := line.recv(65536):
                heard += more
    return heard


def statuses(heard):
    return [int(code) for code in re.findall(rb"^HTTP/1\.1 (\d{3})", heard, re.M)]


def still_well(attacked):
    """It answers, polls, and no trace of the attack is among the events."""
    assert attacked.town.is_running()
    assert attacked.page.get("/api/v1/me", attacked.office).status == 200
    assert attacked.town.rows("SELECT count(*) FROM event WHERE who LIKE 'page:%'")[0][0] == 0


# A1

UP = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..\\", "..%5c", "....//", ".%00./",
      "%c0%ae%c0%ae/", "..;/", "%u002e%u002e/", "..//", "./../", "%2e./", "%ef%bc%8e%ef%bc%8e/"]
FOLDERS = ["/", "/app/", "/api/v1/", "/api/v1/points/yard/probe/", "/api/v1/bundles/", "/app/style.css/"]


def test_a1_no_address_leads_to_a_file(attacked):
    targets = [folder + up * depth + "etc/passwd" for folder in FOLDERS for up in UP for depth in (1, 6)]
    targets += ["//etc/passwd", "/%2fetc%2fpasswd", "/etc/passwd", "/app//etc/passwd", "/app/%2fetc/passwd",
                "/app/style.css%00.js", "/%00", "/app/.", "/app/..", "/.", "/..", "file:///etc/passwd",
                "/api/v1/bundles/%2e%2e/file", "/api/v1/bundles/..%2f..%2fstore/file", "/app/%", "/app/%2"]
    assert len(targets) >= 200
    for target in targets:
        heard = raw(attacked.page, (f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                    f"Authorization: Bearer {attacked.office}\r\n\r\n").encode())
        assert statuses(heard) and set(statuses(heard)) <= {400, 404}, (target, heard[:200])
        assert b"root:" not in heard
    still_well(attacked)


# A2, A3

HEAD = b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /api/v1/acts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"


def connect(page, source, words, receive=None):
    line = socket.socket()
    if receive:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    line.bind((source, 0))
    line.connect((page.host, page.port))
    line.sendall(words)
    return line


def hung_up(lines):
    """How many of them the page has ended by now."""
    ended = 0
    with selectors.DefaultSelector() as some:
        for line in lines:
            some.register(line, selectors.EVENT_READ)
        for key, _ in some.select(0):
            try:
                ended += key.fileobj.recv(65536, socket.MSG_PEEK) == b""
            except OSError:
                ended += 1
    return ended


def test_a2_a3_slow_ones_cost_the_others_nothing(attacked):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    polls = len(attacked.town.polls())
    lines = []
    try:
        for i in range(560):  # more than there are places
            lines.append(connect(attacked.page, f"127.0.1.{1 + i % 10}", (HEAD, BODY)[i % 2]))
            if i % 40 == 39:
                for line in lines[-40:]:
                    with contextlib.suppress(OSError):
                        line.send(b"a")
                began = time.monotonic()
                assert attacked.page.get("/api/v1/me", attacked.office).status == 200
                assert time.monotonic() - began < 2
        assert wait_for(lambda: hung_up(lines) >= 560 - 512, 10, "the oldest to be ended")
        attacked.town.wait(lambda: len(attacked.town.polls()) > polls + 3)
    finally:
        for line in lines:
            line.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    still_well(attacked)


def test_a2_a3_slow_ones_have_an_end(attacked):
    """A byte now and then does not lengthen it: the one test here that takes its ten seconds."""
    lines = [connect(attacked.page, "127.0.2.1", words) for words in (HEAD, BODY, b"", b"G")]
    began = time.monotonic()

    def all_ended():
        for line in lines[:2]:
            with contextlib.suppress(OSError):
                line.send(b"a")
        return hung_up(lines) == len(lines)
    try:
        wait_for(all_ended, 20, "slow connections to be ended")
        assert 8 < time.monotonic() - began < 16
    finally:
        for line in lines:
            line.close()
    still_well(attacked)


# A4

def posted(office, more, body=b""):
    return (f"POST /api/v1/acts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {office}\r\n"
            f"Content-Type: application/json\r\n{more}\r\n").encode() + body


def test_a4_a_huge_or_endless_body_is_413_and_the_end(attacked):
    page, office = attacked.page, attacked.office
    for size in (256 * 1024 + 1, 10 ** 9, 2 ** 63):
        heard = raw(page, posted(office, f"Content-Length: {size}\r\n", b" " * 1000))
        assert statuses(heard) in ([413], [400]) and (size > 10 ** 9 or statuses(heard) == [413]), heard[:200]
    just = b" " * (256 * 1024 - 2) + b"{}"
    assert page.ask("POST", "/api/v1/acts", office, just).status == 400  # read, and no act
    with socket.create_connection((page.host, page.port), timeout=10) as line:
        line.sendall(posted(office, "Transfer-Encoding: chunked\r\n"))
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                line.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
        assert sent < 32 << 20, "an endless body was taken"
    still_well(attacked)


# A5

def test_a5_malformed_json_is_400(attacked):
    page, office = attacked.page, attacked.office
    whole = json.dumps(MAINTENANCE).encode()
    bad = [b"", b"{", whole[:-1], whole + b"x", whole + whole, b"[]", b"null", b'"x"', b"7", b"\xff\xfe{}",
           b'{"act":"\xff"}', b'{"act":"\xc0\xae"}', b'{"act":"\\ud800","args":{}}', b'{"act":"a\\u0000b","args":{}}',
           b'{"act":1e999,"args":{}}', b'{"act":"x","args":{"id":%s}}' % (b"9" * 5000), b"{'act':1}", b"{act:1}",
           b'{"act":"x","act":"y","args":{}}', whole.replace(b'"note"', b'"device": "yard/probe", "note"'),
           b'{"act":"x","args":' + b"[" * 33 + b"]" * 33 + b"}", b"[" * 200_000, b'{"a":' * 40_000,
           b"\xef\xbb\xbf" + b"{}", b"NaN", b'{"act":NaN}', b"// x\n{}", b'{"act":"x","args":{},}']
    for body in bad:
        answer = page.ask("POST", "/api/v1/acts", office, body)
        assert answer.status == 400, (body[:60], answer)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["status"] == 400 and answer.detail
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert page.ask("POST", "/api/v1/acts", office, whole, {"Content-Type": kind}).status == 415, kind
    still_well(attacked)


# A6

def smuggled(office):
    inner = f"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {office}\r\n\r\n"
    start = "POST /api/v1/acts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    get = "GET /api/v1/health HTTP/1.1\r\n"
    yield from (
        f"{start}Content-Length: 0\r\nContent-Length: {len(inner)}\r\n\r\n{inner}",
        f"{start}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
        f"{start}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{inner}",
        f"{start}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}",
        f"{start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}",
        f"{start}Content-Length : 5\r\n\r\n{inner}",
        f"{start}Content-Length: +5\r\n\r\n{inner}",
        f"{start}Content-Length: 5, 5\r\n\r\n{inner}",
        f"{start}Content-Length: 0x5\r\n\r\n{inner}",
        f"{start}Content-Length: -1\r\n\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nContent-Length: 5\r\n\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nHost: evil.example\r\n\r\n{inner}",
        f"{get}\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nX: a\r\n b\r\n\r\n{inner}",
        f"{get} Host: 127.0.0.1\r\n\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nno colon\r\n\r\n{inner}",
        f"{get}Host: 127.0.0.1\r\nX: a\rContent-Length: 5\r\n\r\n{inner}",
        f"GET /api/v1/health  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{inner}",
        f"GET /api/v1/health HTTP/3.0\r\nHost: 127.0.0.1\r\n\r\n{inner}",
        f"GET http://evil.example/api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{inner}",
    )


def test_a6_nothing_is_smuggled_behind_a_request(attacked):
    for words in smuggled(attacked.office):
        heard = raw(attacked.page, words.encode("latin-1"))
        # a second answer is a refusal too: what followed was never taken for a request
        assert b'"zhao"' not in heard and len(statuses(heard)) <= 2, (words, heard)
        assert all(400 <= status for status in statuses(heard)), (words, heard)
    bare = "GET /api/v1/health HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n"  # RFC 9112, 2.2, lets it stand
    assert len(statuses(raw(attacked.page, bare.encode()))) == 1
    still_well(attacked)


# A7

def test_a7_trying_tokens_gets_nowhere_and_keeps_nobody_out(attacked):
    head = b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer lb_" + b"x" * 43 + b"\r\n\r\n"
    answered = attacked.page.many(head, 3000)
    assert set(answered) == {401, 429} and answered.count(401) <= 20
    assert attacked.page.get("/api/v1/me", attacked.office).status == 200
    for token in (attacked.office[:-1], attacked.office + "A", attacked.office.upper(), "", "lb_"):
        assert attacked.page.get("/api/v1/me", token, source="127.0.3.1").status == 401
    still_well(attacked)


# A8, A10, A12, A16

def test_a8_a_foreign_page_changes_nothing(attacked):
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": f"http://localhost:{attacked.page.port}"}):
        answer = attacked.page.post("/api/v1/acts", MAINTENANCE, attacked.office, headers=headers)
        assert answer.status == 403, headers
    preflight = attacked.page.ask("OPTIONS", "/api/v1/acts", headers={
        "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status in (403, 405)
    cookie = attacked.page.post("/api/v1/acts", MAINTENANCE, headers={"Cookie": "token=" + attacked.office})
    assert cookie.status == 401
    for answer in (preflight, attacked.page.get("/"), attacked.page.get("/api/v1/me", attacked.office)):
        assert answer.headers["Set-Cookie"] is None and answer.headers["Access-Control-Allow-Origin"] is None
    still_well(attacked)


def test_a10_a_foreign_name_is_not_answered(attacked):
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.2", "127.1", "0.0.0.0", "[::2]", "a@127.0.0.1"):
        for path in ("/", "/api/v1/me", "/metrics"):
            assert attacked.page.get(path, attacked.office, headers={"Host": host}).status in (400, 421), host


def test_a12_no_address_of_anybody_is_taken_from_the_page(attacked):
    hook = "http://127.0.0.1:9/"
    for act in ("output.resend", "settings.reload", "link.probe", "tasks.import", "store.backup", "user.add"):
        body = {"act": act, "args": {"url": hook, "output": hook, "host": hook}}
        assert attacked.page.post("/api/v1/acts", body, attacked.office).status == 400, act
    for key in ("url", "callback", "output"):
        body = {**MAINTENANCE, "args": {**MAINTENANCE["args"], key: hook}}
        assert attacked.page.post("/api/v1/acts", body, attacked.office).status == 400, key
        assert attacked.page.post("/api/v1/acts", {**MAINTENANCE, key: hook}, attacked.office).status == 400
    for method in ("PUT", "DELETE", "PATCH", "CONNECT", "TRACE", "PROPFIND"):
        for path in ("/api/v1/acts", "/api/v1/status", "/"):
            assert attacked.page.ask(method, path, attacked.office).status in (400, 403, 404, 405, 501), (method, path)
    still_well(attacked)


def test_a16_a_stranger_learns_up_or_down(attacked):
    with open(os.path.join(ROOT, "deploy", "api.yaml")) as described:
        paths = re.findall(r"^  (/[^\s:]*):", described.read(), re.M)
    assert len(paths) > 20
    closed = 0
    for path in paths:
        path = re.sub(r"\{[^}]*\}", "x", path)
        for address in (path, "/api/v1" + path):
            answer = attacked.page.get(address)
            closed += answer.status == 401
            assert answer.status in (401, 404, 405) or path.endswith(("/health", "/me", "/")), (address, answer)
            assert b"yard" not in answer.body and b"probe" not in answer.body and b"zj-01" not in answer.body
    assert closed > 20
    assert attacked.page.get("/api/v1/health").json() == {"state": "up"}


# A9

def test_a9_names_with_markup_stay_words(attacked):
    index = attacked.page.get("/")
    policy = dict(part.strip().split(" ", 1) for part in index.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in index.headers["Content-Security-Policy"]
    for script in re.findall(rb"<script[^>]*>[^<]*", index.body):
        assert b"src=" in script and script.endswith(b">"), script
    assert not re.search(rb"\son[a-z]+\s*=|javascript:|<style|\sstyle\s*=", index.body)
    seen = 0
    for path in ("town", "status", "devices", "now", "points/yard/probe/cod.c0", "me", "acts/<script>"):
        answer = attacked.page.get("/api/v1/" + path, attacked.office)
        assert answer.headers["Content-Type"].split(";")[0] in ("application/json", "application/problem+json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        seen += MARKUP in json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')
    assert seen >= 3  # as it was written, and as data
    refused = attacked.page.get("/api/v1/points/%3Cscript%3E/x/y", attacked.office)
    assert b"<script>" not in refused.body


def test_a9_no_script_makes_markup_of_words():
    folder = os.path.join(ROOT, "collector", "page", "web")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            text = source.read()
        found = re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
                          r"setTimeout\(\s*[\"'`]|srcdoc|DOMParser|createContextualFragment", text)
        assert not found, (name, found)


# A11

MEANT = ["a,b", "a b", "a=b", "a+b", "a#b", "a/b", "a.b", "a'b", "a@b", "a\u2028b", "A", "名", "", "-a", "_a", "a" * 33,
         "$SYS", "../a", "=1+1", "a<b", "LINE", "BELL", "BACK"]
ESCAPES = {"LINE": r"a\n20:00:00 collector zj-01 stopped", "BELL": r"a\x1b[2J", "BACK": r"a\\b"}


def test_a11_a_name_with_a_meaning_is_refused(town):
    town.sites += [{"name": name, "title": "x", "kind": "enterprise"} for name in MEANT]
    town.links = [{"name": "line", "kind": "tcp", "host": "127.0.0.1", "port": 1}]
    for name in ["probe", *MEANT]:
        town.device(port=1, link="line", name=name)
    town.settings["collector"]["name"] = "LINE"
    town.write()
    for file in ("collector.conf", "sites.conf", "devices.conf"):
        with open(os.path.join(town.dir, file)) as source:
            text = source.read()
        for word, escaped in ESCAPES.items():
            text = text.replace(word, escaped)
        with open(os.path.join(town.dir, file), "w") as out:
            out.write(text)
    answer = town.command("check")
    told = [(file, rest) for file, _, rest in faults(answer.stderr) if rest.startswith("name: ")]
    assert answer.returncode == 2
    assert [len([1 for file, _ in told if file == one]) for one in ("collector.conf", "sites.conf", "devices.conf")] == [
        1, len(MEANT), len(MEANT)], answer.stderr
    assert not re.search(r"^20:00|[\x00-\x09\x0b-\x1f]", answer.stderr, re.M)


def test_a11_a_note_is_one_line_of_the_log_at_most(town):
    page = Page(town)
    town.device(port=1)
    town.start()
    token = page.wait().user("li", "steward")
    note = "=cmd|' /C calc'!A0\r\n20:00:00 collector zj-01 stopped\x1b[2J,\x07"
    before = len(town.log().splitlines())
    act = page.act(token, "device.maintenance", **{**MAINTENANCE["args"], "note": note})
    lines = town.log().splitlines()[before:]
    assert not any("stopped" in line or "\x1b" in line for line in lines)
    if act["state"] == "done":
        arguments = town.rows("SELECT arguments FROM event WHERE kind = 'device.maintenance'")[0][0]
        assert json.loads(arguments)["note"] == note and "\n" not in arguments and "\x1b" not in arguments


# A13

def test_a13_a_flood_costs_polling_nothing(attacked):
    head = (f"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {attacked.office}\r\n"
            "\r\n").encode()
    town = attacked.town
    before = town.ask("status")["devices"][0]
    seq = town.last_poll()
    began = time.monotonic()
    answered = attacked.page.many(head, 1500)
    took = time.monotonic() - began
    assert set(answered) == {200}
    town.wait(lambda: town.last_poll() > seq)
    after = town.ask("status")["devices"][0]
    assert after["errors"] == before["errors"]
    assert after["skipped"] - before["skipped"] <= 1 + took  # of ten a second: others use this machine too
    assert after["polls"] - before["polls"] >= 5 * took


# A14

def test_a14_a_token_is_repeated_nowhere(attacked):
    token = attacked.office
    answers = [attacked.page.get(path, token) for path in
               (f"/api/v1/me?token={token}", f"/api/v1/{token}", f"/{token}", f"/app/{token}", f"/?x={token}",
                "/api/v1/me", "/api/v1/status", "/metrics")]
    answers.append(attacked.page.post("/api/v1/acts", {"act": token, "args": {token: token}}, token))
    for answer in answers:
        assert token.encode() not in answer.body and token not in str(answer.headers), answer
    assert token not in attacked.town.log()
    with open(f"/proc/{attacked.town.running.pid}/cmdline") as words:
        assert token not in words.read()
    with open(os.path.join(ROOT, "deploy", "lookback.service")) as unit:
        assert "\nLimitCORE=0\n" in unit.read()


# A15

def spoken(page, least, most, ciphers=None):
    """The version that is agreed on; None: none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = least, most
    try:
        with socket.create_connection((page.host, page.port), timeout=10) as line:
            with context.wrap_socket(line) as secret:
                return secret.version()
    except (ssl.SSLError, OSError):
        return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a15_only_modern_tls_is_spoken(tmp_path):
    certificate, key = Authority(tmp_path, "town").server("127.0.0.1")
    os.chmod(key, 0o600)
    secret = Attacked(tmp_path, certificate=certificate, key_file=key)
    versions = ssl.TLSVersion
    try:
        page = secret.page
        assert spoken(page, versions.TLSv1_2, versions.TLSv1_2) == "TLSv1.2"
        assert spoken(page, versions.TLSv1_3, versions.TLSv1_3) == "TLSv1.3"
        assert spoken(page, versions.TLSv1, versions.TLSv1) is None
        assert spoken(page, versions.TLSv1_1, versions.TLSv1_1) is None
        for weak in ("AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256", "CAMELLIA",
                     "AES128-GCM-SHA256", "PSK", "aNULL", "eNULL"):
            assert spoken(page, versions.TLSv1_2, versions.TLSv1_2, weak + ":@SECLEVEL=0") is None, weak
        assert page.get("/api/v1/me", secret.office).headers["Strict-Transport-Security"]
        assert b"zj-01" not in raw(page, b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    finally:
        secret.end()


# A17

def test_a17_the_form_reader_is_not_linked():
    symbols = subprocess.run(["nm", "-D", "--undefined-only", BINARY], capture_output=True, text=True, check=True)
    assert "MHD_start_daemon" in symbols.stdout
    assert "post_process" not in symbols.stdout
