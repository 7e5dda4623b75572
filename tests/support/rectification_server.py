"""A rectification system, written from deploy/rectification-api.yaml alone, that can misbehave.

Every body is held to the schemas of that file, in both directions. What it was asked, what it keeps
and how often it created it is there for the test to see. Misbehaviour is queued: the next requests of
a method are met by it, one each.
"""
import hashlib
import hmac
import http.server
import json
import os
import threading
import urllib.parse

import jsonschema
import yaml

from lookback import ROOT

API = os.path.join(ROOT, "deploy", "rectification-api.yaml")
DEEP = "[" * 100000


def load_api():
    with open(API, encoding="utf-8") as words:
        return yaml.safe_load(words)


def schema_of(api, name):
    """A named schema that can be used alone."""
    return {"$ref": f"#/components/schemas/{name}", "components": api["components"]}


class Rectification:
    """The server. `token`, `secret`: what it wants of a request. `rename`: the names it has for our
    fields (top level)."""

    def __init__(self, token=None, secret=None, rename=None):
        self.api = load_api()
        self.token, self.secret, self.rename = token, secret, rename or {}
        self.lock = threading.RLock()
        self.problems, self.created, self.order = {}, {}, {}
        self.asked = []  # (method, path, status)
        self.faults = []  # what was not as the API has it
        self.planned = {}  # method: [misbehaviour, …]
        self.always = {}  # method: misbehaviour
        self.tasks, self.revision = [], 0
        self.page_size = 2
        self.stolen = []  # requests that a redirect led elsewhere
        self.closing = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api"

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    # What a test says.

    def misbehave(self, *ways, method="POST"):
        with self.lock:
            self.planned.setdefault(method, []).extend(ways)

    def misbehave_always(self, way, *methods):
        with self.lock:
            for method in methods or ("GET", "POST", "PATCH"):
                self.always[method] = way

    def behave(self):
        with self.lock:
            self.always.clear()
            self.planned.clear()

    def lose(self):
        with self.lock:
            self.problems.clear()
            self.created.clear()
            self.order.clear()

    def put_task(self, **task):
        """A task that is new or has changed."""
        with self.lock:
            self.revision += 1
            self.tasks = [one for one in self.tasks if one["id"] != task["id"]]
            self.tasks.append({**task, "changed": self.revision})

    def served(self, method, status=None):
        with self.lock:
            return [row for row in self.asked
                    if row[0] == method and (status is None or row[2] == status)]

    def is_met(self):
        """Every planned misbehaviour has met its request."""
        with self.lock:
            return not any(self.planned.values())

    # What the API says.

    def hold(self, value, name):
        """The fault of a value against a schema, None: it is as it must be."""
        for fault in jsonschema.Draft202012Validator(schema_of(self.api, name)).iter_errors(value):
            return f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}"[:200]

    def ours(self, problem):
        """A problem by the API's names."""
        theirs = {other: one for one, other in self.rename.items()}
        return {theirs.get(key, key): value for key, value in problem.items()}

    def theirs(self, problem):
        return {self.rename.get(key, key): value for key, value in problem.items()}

    def lacks(self, method, path, headers, body):
        """Why a request is not let in, None: it is."""
        if self.token and headers.get("Authorization") != "Bearer " + self.token:
            return "the token is wrong"
        if self.secret:
            date = headers.get("Lookback-Date", "")
            signed = "\n".join((method, path, date)).encode() + b"\n" + body
            wanted = "sha256=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(wanted, headers.get("Lookback-Signature", "")):
                return "the signature is wrong"
        return None

    def create(self, key, problem):
        uid = problem["uid"]
        if key != uid:
            return 400, {"error": "Idempotency-Key is not the uid"}
        kept = self.problems.get(uid)
        if kept is not None:
            return (200, kept) if kept == problem else (409, {"error": "another content is there"})
        self.problems[uid] = problem
        self.created[uid] = self.created.get(uid, 0) + 1
        self.order.setdefault(uid, []).append(problem["version"])
        return 201, problem

    def change(self, uid, problem):
        kept = self.problems.get(uid)
        if kept is None:
            return 404, {"error": "there is no such problem"}
        if problem["uid"] != uid:
            return 400, {"error": "the uid is another one"}
        if kept["version"] > problem["version"] or (
                kept["version"] == problem["version"] and kept != problem):
            return 409, {"error": "a newer version is there"}
        if kept["version"] < problem["version"]:
            self.order.setdefault(uid, []).append(problem["version"])
        self.problems[uid] = problem
        return 200, problem

    def list_tasks(self, query, etag):
        """`as_of` and `since` count revisions as seconds from 2026-01-01."""
        now = f"2026-01-01T00:{self.revision // 60:02d}:{self.revision % 60:02d}Z"
        if etag == f'"{self.revision}"' and "page" not in query:
            return 304, None, {}
        since = query["since"][0]
        minutes, seconds = since[14:16], since[17:19]
        after = int(minutes) * 60 + int(seconds) if since >= "2026" else 0
        rows = [task for task in self.tasks if task["changed"] >= after]
        start = int(query.get("page", ["0"])[0])
        shown = [{key: value for key, value in task.items() if key != "changed"}
                 for task in rows[start:start + self.page_size]]
        more = start + self.page_size < len(rows)
        return 200, {"tasks": shown, "next": str(start + self.page_size) if more else None,
                     "as_of": now}, {"ETag": f'"{self.revision}"'}

    def do(self, method, path, headers, body):
        """Answers (status, object, headers)."""
        with self.lock:
            why = self.lacks(method, path, headers, body)
            if why:
                return 401, {"error": why}, {}
            at = urllib.parse.urlsplit(path)
            parts = at.path.removeprefix("/api/").split("/")
            if parts == ["tasks"] and method == "GET":
                return self.list_tasks(urllib.parse.parse_qs(at.query),
                                       headers.get("If-None-Match"))
            if parts[0] != "problems" or (method == "POST") != (len(parts) == 1):
                return 404, {"error": "there is no such path"}, {}
            if method == "GET":
                kept = self.problems.get(parts[1])
                return (200, self.theirs(kept), {}) if kept else (404, {"error": "none"}, {})
            try:
                problem = self.ours(json.loads(body))
            except ValueError as fault:
                return 400, {"error": str(fault)}, {}
            fault = self.hold(problem, "Problem")
            if fault:
                self.faults.append(fault)
                return 422, {"error": fault}, {}
            status, answer = (self.create(headers.get("Idempotency-Key"), problem)
                              if method == "POST" else self.change(parts[1], problem))
            return status, self.theirs(answer) if status < 300 else answer, {}

    def way_of(self, method):
        with self.lock:
            if self.planned.get(method):
                return self.planned[method].pop(0)
            return self.always.get(method)

    # How it answers.

    def handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words):
                pass

            def send(self, status, body, headers=(), length=None):
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                way = outer.way_of(self.command)
                if way == "lose":
                    outer.lose()
                if way in UNDONE:
                    status, words, headers = UNDONE[way], {"error": "not now \x1b[31m\u0007"}, {}
                    if way == "busy":
                        headers = {"Retry-After": "1"}
                    if way == "redirect":
                        headers = {"Location": f"http://127.0.0.2:{outer.port}/stolen"}
                else:
                    status, words, headers = outer.do(self.command, self.path, self.headers, body)
                with outer.lock:
                    outer.asked.append((self.command, self.path, status))
                self.say(way, status, b"" if words is None else json.dumps(words).encode(), headers)

            def say(self, way, status, words, headers):
                if way == "silent":
                    outer.closing.wait(30)
                    self.close_connection = True
                elif way == "cut":
                    self.send(status, words[:len(words) // 2], headers, len(words))
                    self.close_connection = True
                elif way == "broken":
                    self.close_connection = True
                elif way == "twice":
                    self.send(status, words, headers)
                    self.send(status, words, headers)
                elif way == "after":  # done, and says that it failed
                    self.send(500, b"oops")
                elif way == "slow":
                    self.drip(status, words, headers)
                elif way == "endless":
                    self.flood(status)
                elif way in WRONG:
                    self.send(200, WRONG[way], {"Content-Type": "text/html"})
                else:
                    self.send(status, words, headers)

            def drip(self, status, words, headers):
                self.send(status, words[:1], headers, len(words))
                for at in range(1, len(words)):
                    if outer.closing.wait(0.2):
                        break
                    self.wfile.write(words[at:at + 1])

            def flood(self, status):
                self.send(status, b"", {}, 1 << 40)
                try:
                    while not outer.closing.is_set():
                        self.wfile.write(b"and so on " * 1000)
                except OSError:
                    pass
                self.close_connection = True

            def meet(self):
                if self.path.startswith("/stolen"):
                    outer.stolen.append(dict(self.headers))
                try:
                    self.answer()
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PATCH = meet

        return Handler


# Not done, and this status.
UNDONE = {"500": 500, "502": 502, "busy": 429, "redirect": 307, "404": 404, "409": 409, "401": 401}
# Not an answer of the API, though it was done.
WRONG = {"html": b"<html><body>please log in</body></html>", "wrong_json": b'{"uid": "',
         "list": b"[1, 2, 3]", "other": b'{"uid":"' + b"0" * 32 + b'","version":1}',
         "deep": DEEP.encode(), "nothing": b""}
WAYS = ["silent", "cut", "broken", "twice", "after", "slow", "endless", "lose", *UNDONE, *WRONG]
