"""A time stamp authority (RFC 3161) whose every answer is made by `openssl ts`, and that can misbehave.

Root and signing certificate are made for the test. Misbehaviour is queued: the next requests are met by
it, one each.
"""
import http.server
import os
import subprocess
import threading

CONFIG = """
[ tsa ]
default_tsa = town
[ town ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
clock_precision_digits = 3
ess_cert_id_alg = sha256
"""
WAYS = ["other nonce", "other digest", "rejected", "500", "garbage", "endless", "slow", "old", "empty"]


class TimeStamps:
    """`asked`: the requests (DER) in order; `answered`: the good answers."""

    def __init__(self, folder):
        self.folder = os.path.join(str(folder), "authority")
        os.makedirs(self.folder)
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.planned, self.asked, self.answered, self.met = [], [], [], []
        self.make_certificates()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/tsa"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def at(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, content):
        with open(self.at(name), "wb") as out:
            out.write(content)
        return self.at(name)

    def get(self, name):
        with open(self.at(name), "rb") as file:
            return file.read()

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], check=True, capture_output=True)

    def make_certificates(self):
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.root = self.at("root.pem")
        self.openssl("req", "-x509", *new, "-days", "30", "-keyout", self.at("root.key"), "-out",
                     self.root, "-subj", "/CN=Test Root")
        self.openssl("req", *new, "-keyout", self.at("tsa.key"), "-out", self.at("tsa.csr"), "-subj",
                     "/CN=Test Authority")
        purpose = self.put("purpose", b"extendedKeyUsage = critical,timeStamping\n")
        self.openssl("x509", "-req", "-in", self.at("tsa.csr"), "-CA", self.root, "-CAkey",
                     self.at("root.key"), "-CAcreateserial", "-days", "30", "-extfile", purpose,
                     "-out", self.at("tsa.pem"))
        self.put("serial", b"01\n")
        self.put("conf", CONFIG.format(folder=self.folder).encode())

    # What a test says.

    def misbehave(self, *ways):
        with self.lock:
            self.planned.extend(ways)

    # What it answers.

    def reply(self, query):
        self.put("query", query)
        self.openssl("ts", "-reply", "-config", self.at("conf"), "-queryfile", self.at("query"),
                     "-out", self.at("reply"))
        return self.get("reply")

    def query(self, *words):
        """A request of somebody else."""
        self.openssl("ts", "-query", "-cert", *words, "-out", self.at("other"))
        return self.get("other")

    def digest_of(self, query):
        """The digest a request (or a response) is about: it stands behind the name of SHA-256."""
        start = query.index(bytes.fromhex("608648016503040201"))
        at = query.index(b"\x04\x20", start)
        return query[at + 2:at + 34].hex()

    def misbehaved(self, way, query):
        if way == "other nonce":
            return self.reply(self.query("-sha256", "-digest", self.digest_of(query)))
        if way == "other digest":
            return self.reply(self.query("-sha256", "-digest", "ab" * 32))
        if way == "rejected":  # it stamps SHA-256 alone
            return self.reply(self.query("-sha512", "-digest", "ab" * 64))
        if way == "old":
            return self.answered[-1] if self.answered else self.misbehaved("other nonce", query)
        return b"<html>please log in</html>" if way == "garbage" else b""

    def do(self, query):
        """(status, body, how it is sent)"""
        with self.lock:
            self.asked.append(query)
            way = self.planned.pop(0) if self.planned else None
            self.met.append(way)
            if way in ("500", "endless", "slow"):
                return 500 if way == "500" else 200, b"oops", way
            if way is not None:
                return 200, self.misbehaved(way, query), way
            self.answered.append(self.reply(query))
            return 200, self.answered[-1], None

    def verify(self, digest, response):
        """What `openssl ts -verify` says to a response that was kept."""
        return subprocess.run(["openssl", "ts", "-verify", "-digest", digest, "-in",
                               self.put("kept", response), "-CAfile", self.root],
                              capture_output=True, text=True).stdout.strip()

    def handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words):
                pass

            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Type"] != "application/timestamp-query":
                    self.send_error(415)
                    return
                status, body, way = outer.do(query)
                length = {"endless": 10 << 20, "slow": 1000}.get(way, len(body))
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(length))
                self.end_headers()
                try:
                    self.wfile.write(body)
                    if way == "endless":
                        self.wfile.write(bytes(length - len(body)))
                    while way == "slow" and not outer.closing.wait(0.5):
                        self.wfile.write(b".")
                        self.wfile.flush()
                except OSError:
                    self.close_connection = True

        return Handler
