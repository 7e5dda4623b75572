"""An encrypted peer is trusted by its certificate and name, or it is not spoken to at all."""
import http.server
import ssl
import threading

import pytest

from waiting import free_port


def counting(request):
    return [request.number & 0xFFFF] * request.count


@pytest.fixture
def polled(town, peers):
    town.device(port=peers.scripted(counting).port, every="100ms")
    return town


def never_gets_through(town, name, heard=None):
    """Polling goes on, the output waits with a sentence, and the cursor has not moved."""
    town.start()
    town.wait_polls(30)
    output = town.wait(lambda: [one for one in town.ask("status")["outputs"]
                                if one["name"] == name and one["text"]], 20, "a sentence")[0]
    assert output["state"] in ("waiting", "held")
    town.wait_polls(10)
    assert town.confirmed(name) == 0
    if heard is not None:
        assert heard.messages == []


def test_mqtt_gets_through_with_the_right_authority(polled, peers):
    authority = peers.authority("right")
    broker = peers.mosquitto(tls=authority).start()
    heard = peers.subscriber(broker.port, "lookback/#", ca=authority.certificate,
                             host="localhost")
    polled.output("mqtt", broker.url("mqtts", "localhost"), ca=authority.certificate)
    polled.start()
    heard.wait(lambda topic, _: "/reading/" in topic)


def test_mqtt_does_not_speak_to_a_stranger(polled, peers):
    authority, other = peers.authority("right"), peers.authority("other")
    broker = peers.mosquitto(tls=authority).start()
    heard = peers.subscriber(broker.port, "lookback/#", ca=authority.certificate,
                             host="localhost")
    polled.output("mqtt", broker.url("mqtts", "localhost"), ca=other.certificate)
    never_gets_through(polled, "town-mqtt", heard)


def test_mqtt_does_not_speak_to_the_right_authority_under_another_name(polled, peers):
    authority = peers.authority("right")
    broker = peers.mosquitto(tls=authority, host="broker.example").start()
    polled.output("mqtt", broker.url("mqtts", "localhost"), ca=authority.certificate)
    never_gets_through(polled, "town-mqtt")


def test_mqtts_never_falls_back_to_plain_words(polled, peers):
    """A broker that speaks no TLS hears nothing it could read."""
    broker = peers.mosquitto().start()
    heard = peers.subscriber(broker.port, "#")
    polled.output("mqtt", broker.url("mqtts", "localhost"),
                  ca=peers.authority("right").certificate)
    never_gets_through(polled, "town-mqtt", heard)


class Secured:
    """An HTTPS server that answers 204 and remembers what it was sent."""

    def __init__(self, certificate, key):
        self.bodies = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.port = free_port()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("name, trusted, through", [
    ("localhost", True, True), ("localhost", False, False), ("store.example", True, False)])
def test_a_store_is_written_to_only_if_it_is_who_it_should_be(polled, peers, name, trusted,
                                                              through):
    authority, other = peers.authority("right"), peers.authority("other")
    server = peers.keep(Secured(*authority.server(name)))
    polled.output("line", f"https://localhost:{server.port}/write?db=town", name="store",
                  ca=(authority if trusted else other).certificate)
    if through:
        polled.start()
        polled.wait_polls(5)
        polled.wait_sent("store")
        assert server.bodies
    else:
        never_gets_through(polled, "store")
        assert server.bodies == []


def test_plain_words_to_another_machine_need_consent(polled):
    polled.output("mqtt", "mqtt://192.0.2.1:1883")
    polled.output("line", "http://192.0.2.1/write?db=town")
    answer = polled.write().command("check")
    assert answer.returncode == 2
    assert answer.stderr.count("plaintext") + answer.stdout.count("plaintext") >= 2
