"""The topics and payloads of MQTT, to the letter, as mosquitto_sub prints them."""
import json
import os
import re
import signal
import subprocess

import pytest

from lookback import profile

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def probe():
    return profile("exact", {
        "ph": ("holding", 0, "uint16", {"scale": 0.01, "valid": (0, 14), "absent": ["0xFFFF"]}),
        "turbidity": ("holding", 1, "uint16", {"scale": 0.1, "valid": (0, 1000)})})


class Printed:
    """mosquitto_sub -v, its lines as they come."""

    def __init__(self, port, topic, *more):
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-v", "-q", "1", "-t", topic,
             *more], stdout=subprocess.PIPE, text=True)

    def until(self, pattern):
        """The first line that fits, whole."""
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if re.fullmatch(pattern, lines[-1]):
                return lines[-1]
        raise AssertionError(f"nothing like {pattern} in {lines}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def small(town, peers):
    device = peers.honest({1: {"holding": {0: 732, 1: 35}}})
    town.sites[0]["title"] = "入江排口"
    town.device(port=device.port, model=probe(), every="500ms", title="多参数探头")
    broker = peers.mosquitto().start()
    town.output("mqtt", broker.url())
    return town, broker, device


def printed(peers, broker, topic):
    return peers.keep(Printed(broker.port, topic, "-W", "40"))


def test_a_reading_is_one_message_a_poll(small, peers):
    town, broker, device = small
    out = printed(peers, broker, "lookback/zj-01/reading/#")
    town.start()
    line = out.until(r"lookback/zj-01/reading/yard/probe \{\"seq\":\d+,\"time\":\"" + TIME + r"\","
                     r"\"values\":\{\"ph\":7\.32,\"turbidity\":3\.5\},"
                     r"\"quality\":\{\"ph\":\"N\",\"turbidity\":\"N\"\},\"cause\":\{\}\}")
    seq = json.loads(line.split(" ", 1)[1])["seq"]
    assert seq in town.polls()


def test_the_cause_names_only_what_has_one(small, peers):
    town, broker, device = small
    device.put(1, "holding", 0, [0xFFFF])
    out = printed(peers, broker, "lookback/zj-01/reading/#")
    town.start()
    out.until(r"lookback/zj-01/reading/yard/probe \{\"seq\":\d+,\"time\":\"" + TIME + r"\","
              r"\"values\":\{\"ph\":null,\"turbidity\":3\.5\},"
              r"\"quality\":\{\"ph\":\"D\",\"turbidity\":\"N\"\},"
              r"\"cause\":\{\"ph\":\"absent_mark\"\}\}")


def test_above_the_span_is_kept_as_at_least_this(small, peers):
    town, broker, device = small
    device.put(1, "holding", 0, [1500])
    out = printed(peers, broker, "lookback/zj-01/reading/#")
    town.start()
    out.until(r".*\"values\":\{\"ph\":15,\"turbidity\":3\.5\},"
              r"\"quality\":\{\"ph\":\"T\",\"turbidity\":\"N\"\},"
              r"\"cause\":\{\"ph\":\"above_span\"\}\}")


def test_the_device_says_what_it_measures_and_is_retained(small, peers):
    town, broker, _ = small
    town.start()
    town.wait_polls(1)
    town.wait_sent("town-mqtt")
    expected = ('lookback/zj-01/device/yard/probe {"title":"多参数探头","site_title":"入江排口",'
                '"model":"exact","every_ms":500,"simulated":false,"channels":{'
                '"ph":{"title":"pH","unit":"","decimals":2,"hj212":"w01001"},'
                '"turbidity":{"title":"turbidity","unit":"NTU","decimals":1,"hj212":"w01003"}}}')
    assert printed(peers, broker, "lookback/zj-01/device/#").until(".*") == expected


def test_status_is_online_offline_and_the_last_will(small, peers):
    town, broker, _ = small
    town.start()
    out = printed(peers, broker, "lookback/zj-01/status")
    out.until(r"lookback/zj-01/status \{\"state\":\"online\",\"time\":\"" + TIME
              + r"\",\"version\":\"\d+\.\d+\.\d+\"\}")
    town.stop()
    out.until(r"lookback/zj-01/status \{\"state\":\"offline\"\}")
    town.start()
    out.until(r"lookback/zj-01/status \{\"state\":\"online\".*")
    town.running.send_signal(signal.SIGKILL)
    town.kill()
    out.until(r"lookback/zj-01/status \{\"state\":\"offline\"\}")
    # Retained: who asks only now hears it too.
    assert printed(peers, broker, "lookback/zj-01/status").until(".*") == (
        'lookback/zj-01/status {"state":"offline"}')


def test_a_silent_device_is_a_notice_that_is_emptied_when_it_answers(small, peers):
    town, broker, device = small
    town.start()
    town.wait_polls(2)
    device.stop()
    heard = peers.subscriber(broker.port, "lookback/zj-01/notice/#")
    topic, payload = heard.wait(lambda _, words: words, 60, "a notice")
    notice = json.loads(payload)
    assert topic == "lookback/zj-01/notice/" + notice["id"]
    assert set(notice) == {"id", "subject", "text", "since"}
    assert town.command("status").returncode == 1  # a person is needed
    peers.honest({1: {"holding": {0: 732, 1: 35}}}, port=device.port)
    heard.wait(lambda where, words: where == topic and words == b"", 60, "the end of the notice")


def test_a_device_that_left_the_settings_has_its_topic_emptied(small, peers):
    town, broker, device = small
    town.start()
    town.wait_sent("town-mqtt")
    out = printed(peers, broker, "lookback/zj-01/device/#")
    out.until(r"lookback/zj-01/device/yard/probe .*")
    town.stop()
    town.devices[0]["name"] = "renamed"
    heard = peers.subscriber(broker.port, "lookback/zj-01/device/#")
    town.start()
    heard.wait(lambda topic, words: topic.endswith("/probe") and words == b"", 30, "emptied")
    heard.wait(lambda topic, words: topic.endswith("/renamed") and words, 30, "the new name")


def test_root_and_client_are_as_set(town, peers):
    device = peers.honest({1: {"holding": {0: 732, 1: 35}}})
    town.device(port=device.port, model=probe(), every="200ms")
    broker = peers.mosquitto(users={"gateway": "geheim", "li": "li"}).start()
    town.output("mqtt", broker.url(), root="zhenjiang/env", user="gateway",
                password_file=town.secret("password", "geheim"))
    heard = peers.subscriber(broker.port, "#", user="li", password="li")
    town.start()
    heard.wait(lambda topic, _: topic == "zhenjiang/env/zj-01/reading/yard/probe")


def test_a_wrong_password_is_said_and_polling_goes_on(town, peers):
    device = peers.honest({1: {"holding": {0: 732, 1: 35}}})
    town.device(port=device.port, model=probe(), every="200ms")
    broker = peers.mosquitto(users={"gateway": "geheim"}).start()
    town.output("mqtt", broker.url(), user="gateway",
                password_file=town.secret("password", "falsch"))
    town.start()
    town.wait_polls(10)
    output = town.wait(lambda: [one for one in town.ask("status")["outputs"] if one["text"]], 20,
                       "a sentence about the output")[0]
    assert output["state"] in ("waiting", "held") and town.confirmed("town-mqtt") == 0
    for words in (town.log(), json.dumps(town.ask("status"))):
        assert "falsch" not in words  # a secret stands nowhere


def test_a_secret_others_can_read_is_refused(town, peers):
    device = peers.honest({1: {"holding": {0: 732, 1: 35}}})
    town.device(port=device.port, model=probe())
    path = town.secret("password", "geheim")
    os.chmod(path, 0o644)
    town.output("mqtt", "mqtt://127.0.0.1:1", user="gateway", password_file=path)
    answer = town.write().command("run", seconds=20)
    assert answer.returncode in (2, 3) and path in answer.stderr
