"""The answers a time-series store may give, from a stub that speaks the API of InfluxDB 2.x."""
import http.server
import json
import threading
import time

import pytest

from accounting import stored, unlike_influx
from lookback import simple_profile
from servers import unzipped


class Stub:
    """`answer(number, body)` gives (status, headers, body) for each write, in order of arrival."""

    def __init__(self, answer):
        self.answer = answer
        self.writes = []  # (path, headers, text)
        self.kept = []    # texts that were answered by 204
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                text = unzipped(self.headers, body).decode()
                with outer.lock:
                    number = len(outer.writes)
                    outer.writes.append((self.path, dict(self.headers), text))
                    status, headers, words = outer.answer(number, text)
                    if status == 204:
                        outer.kept.append(text)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(words)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = (f"http://127.0.0.1:{self.server.server_address[1]}"
                    "/api/v2/write?org=town&bucket=water&precision=ns")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def points(self):
        """What was kept, as Influx.points() gives it."""
        found = {}
        for text in self.kept:
            for line in text.splitlines():
                series, fields, ns = line.split(" ")
                measurement, *tags = series.split(",")
                tags = dict(tag.split("=") for tag in tags)
                found[measurement, tags["site"], tags["device"], int(ns)] = {
                    name: int(value[:-1]) if value.endswith("i") else float(value)
                    for name, value in (field.split("=") for field in fields.split(","))}
        return found


GOOD = (204, {}, b"")


def refusal(status, code, **headers):
    return status, {"Content-Type": "application/json", **headers}, json.dumps(
        {"code": code, "message": "told by the stub"}).encode()


@pytest.fixture
def polled(town, peers):
    device = peers.scripted(lambda r: [(r.number + i) & 0xFFFF for i in range(r.count)])
    town.device(port=device.port, every="100ms", model=simple_profile())

    def start(answer, **more):
        stub = peers.keep(Stub(answer))
        town.output("line", stub.url, name="influx", timeout="2s",
                    token_file=town.secret("token", "s3cr3t-token"), **more)
        town.start()
        town.wait_polls(10)
        return town, stub
    return start


def everything_kept(town, stub):
    town.wait_sent("influx")
    town.stop()
    wrong = unlike_influx(stored(town), town.cursor("influx"), stub.points())
    assert not wrong, wrong[:3]


def test_a_write_bears_the_token_and_lines_of_the_contract(polled):
    town, stub = polled(lambda number, text: GOOD)
    everything_kept(town, stub)
    path, headers, text = stub.writes[0]
    headers = {name.lower(): value for name, value in headers.items()}
    assert path == "/api/v2/write?org=town&bucket=water&precision=ns"
    assert headers["authorization"] == "Token s3cr3t-token"
    assert headers.get("content-encoding") == "gzip"
    seq, _, ms, value, _, _ = town.readings("yard/probe/cod.c0")[0]
    assert text.splitlines()[0] == (
        f"water,collector=zj-01,device=probe,site=yard cod.c0={value:.0f},cod.c0_q=0i,"
        f"cod.c1={value + 1:.0f},cod.c1_q=0i {ms}000000")
    assert "s3cr3t-token" not in town.log() + json.dumps(town.rows("SELECT * FROM event"))


def test_without_gzip_the_body_is_plain(polled):
    town, stub = polled(lambda number, text: GOOD, gzip=False)
    town.wait_sent("influx")
    assert "content-encoding" not in {name.lower() for name in stub.writes[0][1]}


@pytest.mark.parametrize("status, code", [(401, "unauthorized"), (403, "forbidden"),
                                          (404, "not found"), (500, "internal error"),
                                          (503, "unavailable")])
def test_what_may_pass_is_tried_again_and_nothing_is_thrown_away(polled, status, code):
    refused = 3 if status >= 500 else 1  # what only a person can mend is asked again less often
    town, stub = polled(lambda number, text: refusal(status, code) if number < refused else GOOD)
    output = town.wait(lambda: [one for one in town.ask("status")["outputs"]
                                if one["text"] or one["backlog"] == 0], 20, "word of the output")
    assert output
    assert town.rows("SELECT * FROM quarantine") == []
    everything_kept(town, stub)
    assert len(stub.writes) > refused


def test_a_request_to_wait_is_obeyed(polled):
    times = []

    def answer(number, text):
        times.append(time.monotonic())
        return refusal(429, "too many requests", **{"Retry-After": "3"}) if number == 0 else GOOD
    town, stub = polled(answer)
    everything_kept(town, stub)
    assert times[1] - times[0] >= 2.9


def test_too_much_at_once_is_halved_until_it_fits(polled):
    town, stub = polled(lambda number, text: GOOD if len(text.splitlines()) <= 4
                        else refusal(413, "request too large"))
    everything_kept(town, stub)
    assert all(len(text.splitlines()) <= 4 for text in stub.kept)
    assert any(len(text.splitlines()) > 4 for _, _, text in stub.writes)
    assert town.rows("SELECT * FROM quarantine") == []


@pytest.mark.parametrize("status", [400, 422])
def test_one_line_that_is_refused_is_put_aside_and_the_rest_arrives(polled, status):
    """The stub takes no line of one moment; its neighbours must not suffer for it."""
    chosen = []

    def answer(number, text):
        lines = text.splitlines()
        if not chosen:
            chosen.append(lines[len(lines) // 2].rsplit(" ", 1)[1])
        if any(line.endswith(chosen[0]) for line in lines):
            return refusal(status, "unprocessable entity")
        return GOOD
    town, stub = polled(answer)
    town.wait_sent("influx")
    town.stop()
    aside = town.rows("SELECT seq, reason FROM quarantine WHERE output = 'influx'")
    assert len(aside) == 1 and aside[0][1]
    polls = stored(town)
    assert polls[aside[0][0]].time * 1000000 == int(chosen[0])
    polls.pop(aside[0][0])
    wrong = unlike_influx(polls, town.cursor("influx"), stub.points())
    assert not wrong, wrong[:3]


def test_a_redirect_to_another_host_is_not_followed(polled):
    town, stub = polled(lambda number, text: (
        307, {"Location": "http://127.0.0.2:9/steal"}, b"") if number < 2 else GOOD)
    everything_kept(town, stub)


def test_an_endless_answer_is_cut_off(polled):
    town, stub = polled(lambda number, text: (500, {}, b"x" * 5000000) if number < 2 else GOOD)
    everything_kept(town, stub)
