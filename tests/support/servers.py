"""The real peers of a collector: mosquitto, InfluxDB 1.6, VictoriaMetrics, Prometheus, a certificate
authority.

Each is a process of its own with its data in a folder of the test; start, stop and kill can be
called again and again, and what it stored stays.
"""
import gzip
import json
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import paho.mqtt.client as paho

from waiting import free_port, wait_for, wait_for_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Server:
    """One process that listens on a port. `stop` asks it to end, `kill` does not ask."""

    def __init__(self, folder, name):
        self.folder = os.path.join(str(folder), name)
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o777)  # mosquitto drops its rights
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        self.wait_ready()
        return self

    def wait_ready(self):
        wait_for_port(self.port, 30)

    def end(self, number):
        if self.process is not None:
            self.process.send_signal(number)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            self.log.close()

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)


def http(method, url, body=None, seconds=10):
    request = urllib.request.Request(url, data=body, method=method)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return answer.read()


class Mosquitto(Server):
    """`users`: {name: password}; `tls`: an Authority, whose server certificate it shows."""

    def __init__(self, folder, users=None, tls=None, host="localhost"):
        super().__init__(folder, "mosquitto")
        lines = [f"listener {self.port} 127.0.0.1", "persistence false",
                 f"allow_anonymous {'false' if users else 'true'}", "max_inflight_messages 0",
                 "max_queued_messages 0", "log_type warning", "log_type error"]
        if users:
            path = os.path.join(self.folder, "passwords")
            for number, (name, password) in enumerate(users.items()):
                subprocess.run(["mosquitto_passwd", "-b"] + (["-c"] if number == 0 else []) +
                               [path, name, password], check=True, capture_output=True)
            os.chmod(path, 0o644)
            lines.append(f"password_file {path}")
        if tls:
            certificate, key = tls.server(host)
            lines += [f"certfile {certificate}", f"keyfile {key}", f"cafile {tls.certificate}"]
        self.conf = os.path.join(self.folder, "mosquitto.conf")
        with open(self.conf, "w") as out:
            out.write("\n".join(lines) + "\n")

    def command(self):
        return ["mosquitto", "-c", self.conf]

    def url(self, scheme="mqtt", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}"


class Gate(Server):
    """A way to a port that can be shut, so that a subscriber is there before the first message: a
    broker keeps nothing for one who has not subscribed yet."""

    def __init__(self, folder, target):
        self.target = target
        super().__init__(folder, f"gate-{target}")

    def command(self):
        return ["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,fork,reuseaddr",
                f"TCP:127.0.0.1:{self.target}"]

    def url(self, scheme="mqtt"):
        return f"{scheme}://127.0.0.1:{self.port}"


class Subscriber:
    """Hears everything under a topic, in order. Connects again by itself when the broker returns."""

    def __init__(self, port, topic="#", user=None, password=None, ca=None, host="127.0.0.1"):
        self.messages = []  # (topic, payload bytes, retained)
        self.news = threading.Condition()
        self.subscribed = threading.Event()
        # A session that stays: what comes while we are away is kept for us by a living broker.
        self.client = paho.Client(client_id=f"listener-{os.getpid()}-{id(self)}",
                                  clean_session=False)
        self.client.reconnect_delay_set(0.05, 0.2)
        self.client.max_inflight_messages_set(0)
        if user:
            self.client.username_pw_set(user, password)
        if ca:
            self.client.tls_set(ca)
        self.client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self._heard
        self.client.connect_async(host, port, keepalive=30)
        self.client.loop_start()

    def _heard(self, _client, _self, message):
        with self.news:
            self.messages.append((message.topic, message.payload, message.retain))
            self.news.notify_all()

    def wait_ready(self, seconds=15):
        assert self.subscribed.wait(seconds), "the subscriber never got through"
        return self

    def wait(self, fits, seconds=15.0, what="a message"):
        """The first message (topic, payload) that fits, also an earlier one."""
        seen = 0
        with self.news:
            while True:
                for topic, payload, _ in self.messages[seen:]:
                    if fits(topic, payload):
                        return topic, payload
                seen = len(self.messages)
                assert self.news.wait(seconds), f"waited {seconds} s for {what}"

    def readings(self):
        """Every poll heard: [(topic, object)], in the order of arrival, repeats included."""
        with self.news:
            return [(topic, json.loads(payload)) for topic, payload, _ in self.messages
                    if "/reading/" in topic]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Influx(Server):
    """InfluxDB 1.6 with HTTP alone and one database, `town`."""

    def __init__(self, folder):
        super().__init__(folder, "influx")
        self.conf = os.path.join(self.folder, "influxdb.conf")
        with open(self.conf, "w") as out:
            out.write(f"""reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
""")

    def command(self):
        return ["influxd", "-config", self.conf]

    def wait_ready(self):
        super().wait_ready()
        self.query("CREATE DATABASE town")

    def query(self, words):
        url = (f"http://127.0.0.1:{self.port}/query?db=town&epoch=ns&q="
               + urllib.parse.quote(words))
        return json.loads(http("POST", url))

    def write_url(self):
        return f"http://127.0.0.1:{self.port}/write?db=town"

    def points(self):
        """{(measurement, site, device, ns): {field: value}}; fields that are absent are left out."""
        found = {}
        for series in self.query('SELECT * FROM /.*/')["results"][0].get("series", []):
            for row in series["values"]:
                point = dict(zip(series["columns"], row))
                key = (series["name"], point.pop("site"), point.pop("device"), point.pop("time"))
                point.pop("collector")
                found[key] = {k: v for k, v in point.items() if v is not None}
        return found


class Victoria(Server):
    """VictoriaMetrics as our example starts it; `more`: further words of its command."""

    def __init__(self, folder, *more):
        super().__init__(folder, "victoria")
        self.more = more

    def command(self):
        return ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.folder}/data", "-retentionPeriod=100y",
                "-dedup.minScrapeInterval=1ms", "-loggerLevel=WARN", "-memory.allowedPercent=10", *self.more]

    def wait_ready(self):
        super().wait_ready()
        wait_for(lambda: b"OK" in http("GET", f"http://127.0.0.1:{self.port}/health"), 15)

    def write_url(self):
        return f"http://127.0.0.1:{self.port}/write"

    def query(self, words):
        return asked_for_metrics(self, words)

    def points(self):
        """{(metric, site, device, ms): [value, …]}: every sample kept, so a repeat is seen."""
        http("GET", f"http://127.0.0.1:{self.port}/internal/force_flush")
        lines = http("GET", f"http://127.0.0.1:{self.port}/api/v1/export?match[]="
                     + urllib.parse.quote('{__name__!=""}'))
        found = {}
        for line in lines.splitlines():
            series = json.loads(line)
            metric = series["metric"]
            for value, ms in zip(series["values"], series["timestamps"]):
                key = (metric["__name__"], metric["site"], metric["device"], ms)
                found.setdefault(key, []).append(value)
        return found


def asked_for_metrics(server, question):
    """What a server of metrics answers to a PromQL question: [(labels, value)]; one it does not
    understand is an error."""
    answer = json.loads(http("GET", f"http://127.0.0.1:{server.port}/api/v1/query?query="
                             + urllib.parse.quote(question)))
    assert answer["status"] == "success", answer
    return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]


def scrape_settings(folder, page_port, token_file):
    """deploy/prometheus/prometheus.yml in `folder`, but for this page and looking each second."""
    deploy = os.path.join(ROOT, "deploy", "prometheus")
    conf = os.path.join(folder, "prometheus.yml")
    with open(os.path.join(deploy, "prometheus.yml")) as file:
        words = file.read()
    for ours, theirs in (("127.0.0.1:8980", f"127.0.0.1:{page_port}"), ("30s", "1s"),
                         ("/etc/prometheus/lookback.token", token_file),
                         ("[alerts.yml]", f"[{os.path.join(deploy, 'alerts.yml')}]")):
        assert ours in words
        words = words.replace(ours, theirs)
    with open(conf, "w") as out:
        out.write(words)
    return conf


class Prometheus(Server):
    """Prometheus, as deploy/prometheus has it but that it looks each second."""

    def __init__(self, folder, page_port, token_file):
        super().__init__(folder, "prometheus")
        self.conf = scrape_settings(self.folder, page_port, token_file)

    def command(self):
        return ["prometheus", f"--config.file={self.conf}", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"]

    def wait_ready(self):
        super().wait_ready()
        wait_for(self._is_ready, 30, "Prometheus to be ready")

    def _is_ready(self):
        try:
            return b"Ready" in http("GET", f"http://127.0.0.1:{self.port}/-/ready")
        except urllib.error.HTTPError:
            return False

    def query(self, words):
        return asked_for_metrics(self, words)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder, name):
        self.folder = os.path.join(str(folder), "ca-" + name)
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o755)
        self.certificate = os.path.join(self.folder, "ca.pem")
        self.key = os.path.join(self.folder, "ca.key")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout",
                      self.key, "-out", self.certificate, "-subj", f"/CN={name}")

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def server(self, host):
        """Certificate and key of a server of that name."""
        key, request, certificate, more = (os.path.join(self.folder, host + end)
                                           for end in (".key", ".csr", ".pem", ".ext"))
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
                      "-subj", f"/CN={host}")
        kind = "IP" if host[0].isdigit() else "DNS"
        with open(more, "w") as out:
            out.write(f"subjectAltName={kind}:{host}\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                      "-CAcreateserial", "-days", "90", "-extfile", more, "-out", certificate)
        os.chmod(key, 0o644)
        return certificate, key


def unzipped(headers, body):
    return gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
