"""The wire of the page: what is no good request is refused, who is slow goes, and the collector polls on."""
import gzip
import json
import re
import socket
import subprocess
import time

import pytest
from lookback import Town
from page import GOOD, Line, Page
from waiting import free_port


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    town = Town(tmp_path_factory.mktemp("page"))
    page = Page(town, open=True)
    town.device(port=1)
    town.start()
    yield page.wait()
    town.stop()


# What is no good request (A6). {host} is filled in.

SMUGGLED = {
    "two hosts": b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a list of lengths": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2, 2\r\n\r\n{}",
    "a signed length": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nContent-Length: +2\r\n\r\n{}",
    "a blank before the colon": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nContent-Length : 2\r\n\r\n{}",
    "length and chunks": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown encoding": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
    "a body on GET": b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{}",
    "chunks on GET": b"GET / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two tokens": b"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\nX-B: c\r\n\r\n",
    "a folded header at the end": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\n\r\n",
    "a folded length": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length:\r\n 5\r\n\r\nGET /",
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: {host}\nX-A: b\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\0c\r\nX-B: d\r\n\r\n",
    "a lone carriage return": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\rX-B: d\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A\r\n\r\n",
    "a chunk that is no number": b"POST /api/v1/acts HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a whole address": b"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a blank in the address": b"GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a control character in the address": b"GET /a\x01 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\nHost: {host}\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a head without end": b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X-A: " + b"a" * 40000 + b"\r\n\r\n",
    "an address without end": b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
}


@pytest.mark.parametrize("words", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_what_two_readers_could_read_differently_is_refused_and_the_line_closed(page, words):
    line = Line(page)
    # What follows on the same connection must never be answered.
    line.send(words.replace(b"{host}", line.name) + GOOD % line.name)
    answer = line.answer()
    assert answer is None or 400 <= answer[0] < 506, answer
    if answer is not None:
        assert answer[1].get("connection") == "close"
        assert line.ended()
    line.close()


def test_good_requests_share_a_line(page):
    line = Line(page)
    for _ in range(3):
        assert line.good().answer()[0] == 200
    line.send(GOOD % line.name * 3)  # all at once
    heard = line.socket.makefile("rb")
    for _ in range(3):
        assert heard.readline().startswith(b"HTTP/1.1 200")
        size = 0
        while (header := heard.readline()) != b"\r\n":
            if header.lower().startswith(b"content-length:"):
                size = int(header.split(b":")[1])
        heard.read(size)
    line.close()


TRAVERSALS = [prefix + way * depth + target
              for prefix in ("/", "/app/", "/app/0000000000000000/", "/api/v1/", "/api/v1/tasks/", "/api/v1/bundles/")
              for way in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%5c", "..%c0%af", "....//", "..;/")
              for depth in (1, 8)
              for target in ("etc/passwd", "lookback.db%00.js")]


def test_no_address_leads_to_a_file(page):
    assert len(TRAVERSALS) >= 200
    line = Line(page)
    for path in TRAVERSALS + ["//etc/passwd", "/app//etc/passwd", "/%00", "/app/%2fetc%2fpasswd"]:
        line.send(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path.encode(), line.name))
        status, _, body = line.answer()
        assert status == 404 and b"root:" not in body, path
    line.close()


def test_a_body_over_256_KiB_is_413_and_the_line_closed(page):
    for head in (b"Content-Length: 262145", b"Content-Length: 99999999999999999999"):
        line = Line(page)
        line.send(b"POST /api/v1/acts HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n" % (line.name, head))
        status, headers, _ = line.answer()
        assert (status, headers["connection"]) == (413, "close")
        assert line.ended()
        line.close()


def test_chunks_without_end_are_413_and_the_line_closed(page):
    line = Line(page)
    line.send(b"POST /api/v1/acts HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % line.name)
    sent = 0
    try:
        while sent < 4 << 20:
            line.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            sent += 0x4000
    except ConnectionError:
        pass
    assert sent < 4 << 20
    status, headers, body = line.answer()
    assert (status, headers["content-type"], headers["connection"]) == (413, "application/problem+json", "close")
    assert json.loads(body)["status"] == 413 and headers["content-security-policy"]
    line.close()


def test_a_chunked_body_that_fits_is_read(page):
    line = Line(page)
    line.send(b"POST /api/v1/acts HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n" % line.name)
    assert line.answer()[0] in (400, 401)
    assert line.good().answer()[0] == 200
    line.close()


def test_every_answer_carries_the_rules_for_browsers(page):
    for method, path in (("GET", "/"), ("GET", "/api/v1/me"), ("GET", "/nothing"), ("DELETE", "/api/v1/tasks")):
        headers = page.ask(method, path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Strict-Transport-Security"] is None
        assert headers["Server"] is None
    assert page.ask("DELETE", "/api/v1/tasks").headers["Allow"] == "GET, HEAD"


def in_peace(page, path):
    """Plain, again, packed, packed again and its head alone; False where something happened meanwhile: a device
    that was found silent makes another version of nearly everything."""
    plain = page.get(path)
    assert plain.status == 200, plain
    again = page.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    packed = page.get(path, headers={"Accept-Encoding": "gzip"})
    packed_again = page.get(path, headers={"If-None-Match": packed.headers["ETag"]})
    head = page.ask("HEAD", path)
    return page.get(path).headers["ETag"] == plain.headers["ETag"] and (plain, again, packed, packed_again, head)


def test_what_a_browser_has_is_not_sent_again(page):
    for path in ("/", "/api/v1/tasks", "/api/v1/problems?limit=5"):
        plain, again, packed, packed_again, head = page.town.wait(lambda: in_peace(page, path), 20, "peace")
        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == plain.headers["ETag"]
        if packed.headers["Content-Encoding"] == "gzip":
            assert packed.headers["ETag"] != plain.headers["ETag"]
            assert gzip.decompress(packed.body) == plain.body
        assert packed_again.status == 304
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(plain.body))
        english = page.get(path, headers={"Accept-Language": "en-GB"})
        assert "Accept-Language" in english.headers["Vary"]


def test_assets_are_kept_for_ever_and_an_old_digest_is_not_found(page):
    index = page.get("/").body.decode()
    assert "@DIGEST@" not in index
    path = index.split('src="')[1].split('"')[0]
    asset = page.get(path, headers={"Accept-Encoding": "gzip"})
    assert asset.status == 200
    assert "immutable" in asset.headers["Cache-Control"]
    assert asset.headers["Content-Type"].startswith("text/javascript")
    assert gzip.decompress(asset.body) == page.get(path).body
    old = page.get(path.replace(path.split("/")[2], "0123456789abcdef"))
    assert (old.status, old.headers["Cache-Control"]) == (404, "no-store")


# Who is slow, and who is many (A2, A3).

def test_the_65th_line_of_an_address_ends_the_one_that_has_asked_longest(page):
    lines = [Line(page, "127.0.0.7").send(b"GET / HTTP/1.1\r\n") for _ in range(64)]
    last = Line(page, "127.0.0.7")
    assert last.good().answer()[0] == 200
    assert lines[0].ended()
    assert lines[1].send(b"Host: %s\r\n\r\n" % lines[1].name).answer()[0] == 200
    for line in lines + [last]:
        line.close()


def crowded_out(page):
    words = page.get("/metrics").body.decode()
    return int(re.search(r"^lookback_page_crowded_out_total (\d+)", words, re.M)[1])


def test_500_lines_that_ask_nothing_keep_nobody_out(page):
    before = crowded_out(page)
    began = time.monotonic()
    lines = [Line(page, f"127.0.1.{1 + i % 9}").send(b"GET / HTTP/1.1\r\nX-A: ") for i in range(560)]
    assert 560 - 512 < crowded_out(page) - before < 560 - 512 + 9  # others of this test may still be there
    began = time.monotonic()
    for _ in range(20):
        assert page.get("/api/v1/health").status == 200
    assert time.monotonic() - began < 5
    assert lines[0].ended()
    assert lines[559].send(b"b\r\nHost: %s\r\n\r\n" % lines[559].name).answer()[0] == 200
    for line in lines:
        line.close()


def asks_for_much(page, source):
    """A line that has asked for more than fits on the way, and does not read it yet; and how much."""
    asset = re.search(r"/app/[0-9a-f]+/", page.get("/").body.decode())[0] + "dygraph.js"
    line = Line(page, source, receive=2048)
    ask = f"GET {asset} HTTP/1.1\r\nHost: {page.host}:{page.port}\r\n"
    line.send((ask + "\r\n").encode() * 19 + (ask + "Connection: close\r\n\r\n").encode())
    return line, 20 * len(page.get(asset).body)


def test_a_byte_a_second_buys_no_time(page):
    """A head, a body and a silence, each dripping on: all end 10 s after they began; who has asked
    may take longer than that."""
    body = b"POST /api/v1/acts HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\n"
    head = Line(page, "127.0.0.8").send(b"GET / HTTP/1.1\r\nX-A: ")
    slow = Line(page, "127.0.0.8")
    slow.send(body % slow.name)
    idle = Line(page, "127.0.0.8").good()
    assert idle.answer()[0] == 200
    taker, much = asks_for_much(page, "127.0.0.8")
    began = time.monotonic()
    ends = {}
    for line in (head, slow, idle):
        line.socket.settimeout(0.25)
    while len(ends) < 3 and time.monotonic() - began < 15:
        for line, drip in ((head, b"a"), (slow, b" "), (idle, b"")):
            if line in ends:
                continue
            try:
                if drip:
                    line.send(drip)
                if not line.socket.recv(4096):
                    ends[line] = time.monotonic() - began
            except TimeoutError:
                pass
            except ConnectionError:
                ends[line] = time.monotonic() - began
    assert len(ends) == 3
    assert all(9 < seconds < 12 for seconds in ends.values()), ends.values()
    assert len(taker.socket.makefile("rb").read()) > much


# An address that is not there.

def test_a_port_in_use_stops_no_polling_and_is_taken_when_it_is_free(town, peers):
    town.device(port=peers.scripted(lambda request: [7] * request.count).port)
    page = Page(town)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", page.port))
        taken.listen()
        town.start()
        town.wait_polls(3)
        notice = [one for one in town.ask("status")["notices"] if one["id"] == "page"]
        assert f"127.0.0.1:{page.port}" in notice[0]["text"] and "in use" in notice[0]["text"]
    page.wait()
    town.wait(lambda: not [one for one in town.ask("status")["notices"] if one["id"] == "page"], 5, "the notice to end")


def test_a_collector_that_is_started_again_at_once_has_its_page_again(town):
    town.device(port=1)
    page = Page(town)
    for _ in range(3):
        town.start()
        page.wait()
        line = Line(page)
        assert line.good().answer()[0] == 200  # stays open: the address is still in use afterwards
        town.stop()
        assert line.ended()


def test_without_a_page_nobody_listens(town):
    port = free_port()
    town.settings["page"] = {"listen": ""}
    town.device(port=1)
    town.start()
    town.wait_polls(1)
    said = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True).stdout
    assert f"pid={town.running.pid}," not in said
    assert f":{port} " not in said
