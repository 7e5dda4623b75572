"""The page of a running collector, as a browser or a program asks it."""
import http.client
import json
import socket
import ssl

from waiting import free_port

GOOD = b"GET /api/v1/health HTTP/1.1\r\nHost: %s\r\n\r\n"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client's, any case
        self.body = body

    def json(self):
        return json.loads(self.body)

    @property
    def detail(self):
        return self.json()["detail"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Page:
    """Gives the town a page (before it starts). Every question is a connection of its own."""

    def __init__(self, town, host="127.0.0.1", **more):
        self.town = town
        self.host = host
        self.port = free_port()
        self.tls = None
        if more.get("certificate"):
            self.tls = ssl.create_default_context()
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE
        town.settings["page"] = {"listen": f"{host}:{self.port}", **more}

    def wait(self):
        """Until it answers."""
        self.town.wait(self.answers, 15, f"the page at {self.port}")
        return self

    def answers(self):
        try:
            return self.get("/api/v1/health").status == 200
        except OSError:
            return False

    def ask(self, method, path, token=None, body=None, headers=None, source=None):
        """`body`: a value to be sent as JSON, or bytes as they are."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        where = {"timeout": 20, "source_address": (source, 0) if source else None}
        connection = (http.client.HTTPSConnection(self.host, self.port, context=self.tls, **where)
                      if self.tls else http.client.HTTPConnection(self.host, self.port, **where))
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, token=None, **more):
        return self.ask("GET", path, token, **more)

    def post(self, path, body, token=None, **more):
        return self.ask("POST", path, token, body, **more)

    def user(self, name="li", role="steward"):
        """Adds or replaces a user by the command; gives the token."""
        answer = self.town.command("user", "add", name, "--role", role, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)["user"]["token"]

    def act(self, token, name, **args):
        """Asks for an act and waits for its end: its object."""
        asked = self.post("/api/v1/acts", {"act": name, "args": args}, token)
        assert asked.status == 202, asked
        where = asked.headers["Location"]
        return self.town.wait(lambda: self._ended(where, token), 20, f"the end of {name}")

    def _ended(self, where, token):
        act = self.get(where, token).json()["act"]
        return act if act["state"] != "waiting" else None

    def many(self, head, count, at_once=100):
        """Sends one and the same request `count` times on one connection: the statuses, in order."""
        statuses = []
        with socket.create_connection((self.host, self.port), timeout=20) as line:
            heard = line.makefile("rb")
            while len(statuses) < count:
                batch = min(at_once, count - len(statuses))
                line.sendall(head * batch)
                statuses += [self._status(heard) for _ in range(batch)]
        return statuses

    @staticmethod
    def _status(heard):
        status = int(heard.readline().split()[1])
        size = 0
        while (header := heard.readline()) not in (b"\r\n", b""):
            if header.lower().startswith(b"content-length:"):
                size = int(header.split(b":")[1])
        heard.read(size)
        return status


class Line:
    """One connection, byte by byte."""

    def __init__(self, page, source=None, tls=None, receive=None):
        self.page = page
        self.name = f"{page.host}:{page.port}".encode()
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.bind((source or "", 0))
        self.socket.connect((page.host, page.port))
        if tls:
            self.socket = tls.wrap_socket(self.socket)

    def send(self, words):
        self.socket.sendall(words)
        return self

    def good(self):
        return self.send(GOOD % self.name)

    def answer(self):
        """(status, headers, body), or None when the connection ended without one."""
        heard = self.socket.makefile("rb")
        try:
            first = heard.readline()
            if not first:
                return None
            headers = {}
            while (line := heard.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            return int(first.split()[1]), headers, heard.read(int(headers.get("content-length", 0)))
        except ConnectionError:
            return None

    def ended(self):
        """Waits until the other side has ended it."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def close(self):
        self.socket.close()
