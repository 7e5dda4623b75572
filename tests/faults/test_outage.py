"""Broker and stores come and go: nothing is missing afterwards, and nothing is there twice."""
from accounting import all_arrived
from lookback import simple_profile


def counting(request):
    """Words that differ from request to request, so that a repeated or mixed-up value shows."""
    return [(request.number * 7 + i) & 0xFFFF for i in range(request.count)]


def town_of_four(town, peers):
    for number in range(4):
        device = peers.scripted(counting)
        town.device(port=device.port, name=f"probe{number}", every="100ms",
                    model=simple_profile(count=3))
    broker, influx, victoria = peers.mosquitto(), peers.influx(), peers.victoria()
    gate = peers.gate(broker.port)
    town.output("mqtt", gate.url(), timeout="2s")
    town.output("line", influx.write_url(), name="influx", timeout="2s", batch=200)
    town.output("line", victoria.write_url(), name="victoria", timeout="2s", batch=200)
    return broker, gate, influx, victoria


def wait_all_sent(town):
    for output in ("town-mqtt", "influx", "victoria"):
        town.wait_sent(output, 90)


def test_peers_that_are_away_at_the_start_get_everything_later(town, peers):
    broker, gate, influx, victoria = town_of_four(town, peers)
    town.start()
    town.wait_polls(80)
    assert all(town.confirmed(name) == 0 for name in ("town-mqtt", "influx", "victoria"))
    broker.start()
    heard = peers.subscriber(broker.port, "lookback/#")
    for peer in (gate, influx, victoria):
        peer.start()
    wait_all_sent(town)
    town.stop()
    assert len(all_arrived(town, heard, influx, victoria)) >= 80


def test_peers_that_die_and_return_miss_nothing_and_get_nothing_twice(town, peers):
    broker, gate, influx, victoria = town_of_four(town, peers)
    for peer in (broker, influx, victoria):
        peer.start()
    heard = peers.subscriber(broker.port, "lookback/#")
    gate.start()
    town.start()
    wait_all_sent(town)
    for _ in range(3):
        town.wait_polls(40)
        # VictoriaMetrics keeps what it has confirmed in memory for seconds and loses it to kill -9;
        # it is asked to end. The others die without a word.
        gate.kill()
        broker.kill()
        heard.subscribed.clear()
        influx.kill()
        victoria.stop()
        town.wait_polls(60)
        broker.start()
        heard.wait_ready()
        gate.start()
        influx.start()
        victoria.start()
        wait_all_sent(town)
    town.stop()
    assert len(all_arrived(town, heard, influx, victoria)) >= 300


def test_one_dead_peer_holds_up_nobody_else(town, peers):
    broker, gate, influx, victoria = town_of_four(town, peers)
    broker.start()
    heard = peers.subscriber(broker.port, "lookback/#")
    for peer in (gate, victoria):
        peer.start()
    town.start()
    town.wait_polls(100)
    town.wait_sent("town-mqtt", 5)
    town.wait_sent("victoria", 5)
    status = {one["name"]: one for one in town.ask("status")["outputs"]}
    assert status["town-mqtt"]["state"] == "ok"
    assert status["influx"]["state"] == "waiting" and status["influx"]["backlog"] >= 100
    town.stop()
    all_arrived(town, heard, None, victoria)


def test_polling_keeps_its_period_while_every_peer_is_away(town, peers):
    town_of_four(town, peers)
    town.start()
    town.wait_polls(200)
    times = [row[0] for row in town.rows(
        "SELECT time FROM poll WHERE device = (SELECT min(id) FROM device) ORDER BY seq")]
    gaps = [later - sooner for sooner, later in zip(times[5:], times[6:])]
    assert gaps and max(gaps) < 350, gaps
