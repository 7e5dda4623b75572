"""Who may do what on the page: tokens from their making to their end, roles, acts, and who is kept out."""
import hashlib
import json
import os
import re
import threading

import pytest
from page import Page
from test_problems import POINT, Knob, wait_state

WRONG = "lb_" + "x" * 43
MAINTENANCE = {"device": "yard/probe", "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T09:00:00Z",
               "note": "清洗探头"}


@pytest.fixture
def page(town):
    page = Page(town)
    town.device(port=1)
    town.start()
    return page.wait()


def events(town, kind):
    return [(who, json.loads(arguments)) for who, arguments in town.rows(
        "SELECT who, arguments FROM event WHERE kind = ? ORDER BY seq", kind)]


# Tokens.

def test_a_token_lives_from_its_making_to_its_end_without_a_restart(town, page):
    assert page.get("/api/v1/me", WRONG).status == 401
    first = page.user("li", "reader")
    assert re.fullmatch(r"lb_[A-Za-z0-9_-]{43}", first)
    assert page.get("/api/v1/me", first).json()["role"] == "reader"
    second = page.user("li", "office")
    assert page.get("/api/v1/me", first).status == 401
    me = page.get("/api/v1/me", second).json()
    assert (me["name"], me["role"], me["collector"]) == ("li", "office", "zj-01")
    assert [(one["name"], one["role"]) for one in town.ask("users")["users"]] == [("li", "office")]
    assert town.command("user", "remove", "li").returncode == 0
    assert page.get("/api/v1/me", second).status == 401
    assert town.ask("users") == {"users": []}
    assert [arguments["role"] for _, arguments in events(town, "user.add")] == ["reader", "office"]
    assert events(town, "user.remove")[0][1]["name"] == "li"


def test_a_user_added_while_no_collector_runs_signs_in_when_one_does(town):
    page = Page(town)
    town.write()
    token = page.user("wang", "steward")
    town.start()
    assert page.wait().get("/api/v1/me", token).json()["name"] == "wang"
    assert os.stat(os.path.join(town.store, "people.sqlite")).st_mode & 0o777 == 0o600


def test_the_command_says_what_to_do_with_the_token_and_what_is_wrong(town):
    Page(town)
    town.write()
    told = town.command("user", "add", "li", "--role", "steward", "--lang", "zh").stdout
    assert len(re.findall(r"lb_[A-Za-z0-9_-]{43}", told)) == 1
    listen = town.settings["page"]["listen"]
    assert "只显示这一次" in told and f"http://{listen}/" in told and f"ssh -L {listen.split(':')[1]}:{listen} " in told
    for words, code in ((("add", "li"), 2), (("add", "li", "--role", "boss"), 2),
                        (("add", "Li", "--role", "office"), 2), (("remove", "wang"), 3),
                        (("rename", "li"), 2)):
        answer = town.command("user", *words)
        assert (answer.returncode, answer.stdout) == (code, ""), words
        assert "lb_" not in answer.stderr
    assert [one["name"] for one in town.ask("users")["users"]] == ["li"]


# Who is kept out.

def test_without_a_token_only_up_or_down_is_said(town, page):
    """A16."""
    assert page.get("/api/v1/health").json() == {"state": "up"}
    me = page.get("/api/v1/me").json()
    assert (me["name"], me["role"], me["collector"], me["title"]) == (None, "public", None, None)
    for path in ("status", "links", "devices", "points", "latest", "now", "town", "plan", "problems",
                 "tasks", "watch", "river/sections", "seals", "bundles", "acts/1",
                 "points/yard/probe/cod.c0"):
        answer = page.get("/api/v1/" + path)
        assert answer.status in (401, 404), path
        assert b"yard" not in answer.body and b"zj-01" not in answer.body, path
    answer = page.post("/api/v1/acts", {"act": "device.maintenance", "args": MAINTENANCE})
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_down_is_said_while_nothing_can_be_stored(town, peers):
    page = Page(town)
    town.device(port=peers.scripted(Knob().words).port, every="100ms")
    town.start()
    page.wait()
    town.wait_polls(2)
    database = os.path.join(town.store, "lookback.db")
    os.rename(database, database + ".away")
    town.wait(lambda: page.get("/api/v1/health").status == 503, 15, "down")
    assert page.get("/api/v1/health").json() == {"state": "down"}
    os.rename(database + ".away", database)
    town.wait(lambda: page.get("/api/v1/health").status == 200, 15, "up again")


def test_an_open_page_is_read_without_a_token_and_nothing_more(town):
    page = Page(town, open=True)
    town.device(port=1)
    town.start()
    page.wait()
    assert page.get("/api/v1/me").json()["role"] == "reader"
    assert page.get("/api/v1/me", WRONG).status == 401
    assert page.post("/api/v1/acts", {"act": "device.maintenance", "args": MAINTENANCE}).status == 401
    assert events(town, "device.maintenance") == []


def test_ten_thousand_wrong_tokens_are_refused_and_a_good_one_passes(town, page):
    """A7."""
    good = page.user()
    head = (f"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {WRONG}\r\n\r\n")
    statuses = page.many(head.encode(), 10_500)
    assert statuses[:10] == [401] * 10
    # what comes back meanwhile is one in six seconds
    assert statuses.count(429) >= 10_500 - 10 - 30
    refused = page.get("/api/v1/me", WRONG)
    assert refused.status == 429 and 1 <= int(refused.headers["Retry-After"]) <= 60
    assert page.get("/api/v1/me", good).json()["name"] == "li"
    assert page.get("/api/v1/me").status == 200
    lines = [line for line in town.log().splitlines() if "wrong token" in line]
    assert len(lines) == 1 and "127.0.0.1" in lines[0] and "lb_" not in town.log()


def test_a_page_of_somebody_else_can_do_nothing_here(town, page):
    """A8: as a browser sends it for a crafted page, with a token that it happened to learn."""
    office = page.user("zhao", "office")
    body = {"act": "device.maintenance", "args": MAINTENANCE}
    here = f"http://127.0.0.1:{page.port}"
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Origin": here.replace("http", "https")}, {"Origin": here + "0"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Origin": here, "Sec-Fetch-Site": "cross-site"}):
        assert page.post("/api/v1/acts", body, office, headers=headers).status == 403, headers
    form = page.ask("POST", "/api/v1/acts", office, json.dumps(body).encode(),
                    headers={"Content-Type": "text/plain"})
    assert form.status == 415
    looked = page.get("/api/v1/me", office, headers={"Origin": "http://evil.example"})
    assert looked.status == 200
    assert not [name for name in looked.headers if name.lower().startswith("access-control")]
    assert events(town, "device.maintenance") == []
    asked = page.post("/api/v1/acts", body, office,
                      headers={"Origin": here, "Sec-Fetch-Site": "same-origin"})
    assert asked.status == 202


def test_a_name_that_somebody_turned_to_us_is_not_answered(town, page):
    """A10."""
    token = page.user()
    for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1.evil.example", "0.0.0.0",
                 "localhost.evil.example", "[::2]", "127.1"):
        for path in ("/", "/api/v1/me", "/api/v1/health"):
            answer = page.get(path, token, headers={"Host": host})
            assert answer.status == 421, (host, path, answer)
            assert b"zj-01" not in answer.body
    for host in ("localhost", "127.0.0.1:1234", "[::1]:8980", f"localhost:{page.port}"):
        assert page.get("/api/v1/me", token, headers={"Host": host}).status == 200, host


# Acts.

def test_each_act_wants_its_role(town, page):
    tokens = {role: page.user(role, role) for role in ("reader", "steward", "office")}
    of_steward = [("device.maintenance", MAINTENANCE), ("problem.acknowledge", {"uid": "x"}),
                  ("task.note", {"id": "37", "note": "x"}),
                  ("evidence.order", {"task": "37", "from": "2026-11-01", "to": "2026-11-02",
                                      "public": False})]
    of_office = [("problem.close", {"uid": "x", "note": "x"}),
                 ("task.strike_off", {"id": "37", "note": "x", "even_so": True})]
    for acts, allowed in ((of_steward, ("steward", "office")), (of_office, ("office",))):
        for name, args in acts:
            for role, token in tokens.items():
                asked = page.post("/api/v1/acts", {"act": name, "args": args}, token)
                assert asked.status == (202 if role in allowed else 403), (name, role, asked)


def test_an_act_is_an_event_of_who_asked_and_done_after_its_commit(town, page):
    token = page.user("li", "steward")
    asked = page.post("/api/v1/acts", {"act": "device.maintenance", "args": MAINTENANCE}, token)
    assert asked.headers["Cache-Control"] == "no-store"
    assert list(asked.json()["act"]) == ["id", "act", "state", "seq", "error"]
    done = page._ended(asked.headers["Location"], token) or town.wait(
        lambda: page._ended(asked.headers["Location"], token))
    assert done["state"] == "done" and done["error"] is None
    who, arguments = events(town, "device.maintenance")[0]
    assert (who, arguments["by"], arguments["note"]) == ("page:li", "page:li", MAINTENANCE["note"])
    assert town.rows("SELECT seq FROM event WHERE kind = 'device.maintenance'")[0][0] == done["seq"]
    other = page.user("sun", "office")
    assert page.get(asked.headers["Location"], other).status == 404
    assert page.get(asked.headers["Location"]).status == 401


def test_a_refused_act_says_why_and_leaves_nothing(town, page):
    token = page.user("li", "office")
    before = town.last_seq()
    refused = page.act(token, "problem.acknowledge", uid="abcdef")
    assert (refused["state"], refused["seq"]) == ("refused", None)
    assert refused["error"]["kind"] == "not_found" and refused["error"]["status"] == 404
    assert refused["error"]["type"] == "urn:lookback:not_found" and "abcdef" in refused["error"]["detail"]
    late = page.act(token, "device.maintenance", **{**MAINTENANCE, "to": MAINTENANCE["from"]})
    assert late["state"] == "refused"
    assert events(town, "device.maintenance") == [] and town.last_seq() - before < 1000


def test_an_open_problem_is_acknowledged_on_the_page(town, peers):
    knob = Knob()
    page = Page(town)
    town.device(port=peers.scripted(knob.words).port, every="100ms")
    town.rules = [{"name": "cod-high", "points": [POINT], "above": 50.0}]
    town.start()
    token = page.wait().user("li", "office")
    knob.turn(100)
    uid = wait_state(town, "open")["uid"]
    assert page.act(token, "problem.close", uid=uid, note="好了")["error"]["status"] == 409
    assert page.act(token, "problem.acknowledge", uid=uid)["state"] == "done"
    assert town.ask("problems")["problems"][0]["acknowledged"]["by"] == "page:li"


def test_nothing_else_can_be_done_or_set_from_the_page(town, page):
    """A12: no address of an output or a link, no user, no import, no key."""
    token = page.user("li", "office")
    before = town.last_seq()
    for name in ("user.add", "user.remove", "tasks.import", "output.resend", "seal.close", "link.probe",
                 "settings.reload", "store.backup", "evidence.issue", "status", "users", "", "x" * 5000):
        assert page.post("/api/v1/acts", {"act": name, "args": {}}, token).status == 400, name
    hook = "http://evil.example/"
    for body in ({"act": "device.maintenance", "args": {**MAINTENANCE, "url": hook}},
                 {"act": "device.maintenance", "args": MAINTENANCE, "url": hook},
                 {"act": "device.maintenance", "args": {**MAINTENANCE, "note": "x" * 4001}},
                 {"act": "device.maintenance", "args": {**MAINTENANCE, "device": ["yard/probe"]}},
                 {"act": "task.strike_off", "args": {"id": "1", "note": "x", "even_so": "yes"}},
                 {"act": "device.maintenance", "args": []}, {"act": "device.maintenance"},
                 {"act": 7, "args": {}}, {}):
        assert page.post("/api/v1/acts", body, token).status == 400, body
    assert [row for row in town.rows("SELECT kind FROM event WHERE seq > ?", before)] == []


def test_who_asks_for_more_acts_than_a_minute_holds_is_told_to_wait_and_nobody_else_is(town, page):
    """What stands in the store stands there for good: a token in a loop would fill the disk."""
    token, other = page.user("li", "steward"), page.user("sun", "steward")
    note = {"act": "task.note", "args": {"id": "nobody", "note": "x"}}
    answers = [page.post("/api/v1/acts", note, token) for _ in range(70)]
    assert {answer.status for answer in answers[:60]} <= {202, 503}
    late = [answer for answer in answers if answer.status == 429]
    assert late and int(late[0].headers["Retry-After"]) == 1
    assert page.post("/api/v1/acts", note, other).status in (202, 503)


def test_acts_that_are_asked_for_while_it_stops_end_one_way_or_the_other(town, page):
    token = page.user("li", "steward")
    heard, begun = [], threading.Event()

    def keep_asking():
        try:
            while True:
                heard.append(page.post("/api/v1/acts", {"act": "device.maintenance",
                                                        "args": MAINTENANCE}, token).status)
                begun.set()
        except (OSError, ValueError):
            pass  # it has ended

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    town.stop(seconds=10)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert set(heard) <= {202, 429, 503}
    assert len(events(town, "device.maintenance")) <= heard.count(202) + len(threads)


# Secrets.

def test_no_token_is_found_anywhere_afterwards(town, peers):
    """A14: what was typed, refused, or sent in the wrong place stands in no log, store, status, message."""
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "#")
    page = Page(town)
    town.device(port=1)
    town.output("mqtt", broker.url())
    town.start()
    page.wait()
    told = [page.user("li", "steward"), page.user("zhao", "office"), page.user("li", "office")]
    answers = [page.get("/api/v1/me", token).body for token in told]
    answers += [page.get(f"/api/v1/me?token={token}").body for token in told]
    answers += [page.get(f"/api/v1/{token}").body for token in told]
    answers.append(page.post("/api/v1/acts", {"act": told[1], "args": {}}, told[1][:-1]).body)
    assert page.act(told[1], "device.maintenance", **MAINTENANCE)["state"] == "done"
    answers += [town.command(*words).stdout.encode() for words in
                (("status", "--json"), ("users", "--json"), ("users",), ("plan", "--json"))]
    answers += [page.get("/api/v1/" + path, told[1]).body for path in ("status", "town", "now", "plan")]
    town.wait_sent("town-mqtt")
    answers += [topic.encode() + payload for topic, payload, _ in heard.messages]
    town.stop()
    digests = [hashlib.sha256(token.encode()).digest() for token in told]
    files = {}
    for folder, _, names in os.walk(town.folder):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as one:
                    files[name] = one.read()
    assert {"log", "lookback.db", "people.sqlite"} <= set(files)
    for token, digest in zip(told, digests):
        for words in answers + list(files.values()):
            assert token.encode() not in words and token[3:].encode() not in words
            assert digest.hex().encode() not in words
        for name, words in files.items():
            assert digest not in words or name == "people.sqlite", name
    assert digests[0] not in files["people.sqlite"] and digests[2] in files["people.sqlite"]


def test_a_core_is_not_written_by_the_service(town):
    """A14: where a token could stand that was just used."""
    unit = os.path.join(os.path.dirname(__file__), "..", "..", "deploy", "lookback.service")
    with open(unit) as words:
        assert re.search(r"^LimitCORE=0$", words.read(), re.M)
