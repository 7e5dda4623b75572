"""/metrics, the alert rules and the dashboards, held against a real Prometheus and a real InfluxDB."""
import json
import os
import re
import shutil
import subprocess
import urllib.request

import pytest

from lookback import ROOT, profile
from servers import scrape_settings
from waiting import free_port, wait_for, wait_for_port

DEPLOY = os.path.join(ROOT, "deploy")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def token(town):
    """Of a reader, in a file of its own."""
    made = town.ask("user", "add", "prometheus", "--role", "reader")["user"]["token"]
    return town.secret("prometheus.token", made), made


@pytest.fixture
def scraped(town, peers):
    """A collector with a device that answers and one that never does, and who may read its numbers."""
    device = peers.honest({1: {"holding": {0: 7, 1: 8}}})
    town.page_port = free_port()
    town.settings["page"] = {"listen": f"127.0.0.1:{town.page_port}"}
    town.device(port=device.port, name="good").device(port=free_port(), name="dead", timeout="100ms")
    town.start()
    wait_for_port(town.page_port)
    town.wait_polls(4)
    town.token_file, town.token = token(town)
    town.wait(lambda: "lookback_link_up" in metrics(town), what="the polling loop to have time for a look at it")
    return town


def metrics(town):
    request = urllib.request.Request(f"http://127.0.0.1:{town.page_port}/metrics",
                                     headers={"Authorization": "Bearer " + town.token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def families(words):
    return set(re.findall(r"^# TYPE (\S+) ", words, re.M))


def questions():
    """What alert rules and dashboard ask, as Grafana fills it in."""
    with open(os.path.join(DEPLOY, "prometheus", "alerts.yml")) as file:
        asked = [re.sub(r"^\s+expr: ", "", line) for line in file if line.strip().startswith("expr:")]
    with open(os.path.join(DEPLOY, "grafana", "prometheus.json")) as file:
        panels = json.load(file)["panels"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(shown) >= len(panels) > 10
    return [words.replace("$instance", ".*").replace("$__rate_interval", "5s") for words in asked + shown]


def test_promtool_finds_nothing_to_blame_in_the_numbers(scraped):
    words = metrics(scraped)
    told = run("promtool", "check", "metrics", input=words)
    assert told.returncode == 0 and not told.stdout + told.stderr, told.stdout + told.stderr
    assert 'lookback_device_answering{site="yard",device="good"} 1' in words
    assert re.search(r'lookback_readings_total\{quality="N"\} [1-9]', words)
    assert re.search(r'lookback_readings_total\{quality="B"\} [1-9]', words)
    assert re.search(r'lookback_errors_total\{site="yard",device="dead",cause="\w+"\} [1-9]', words)
    assert re.search(r"^lookback_page_connections [1-9]", words, re.M)  # the one that asks
    assert re.search(r"^lookback_page_requests_total [1-9]", words, re.M)
    answers = float(re.search(r"^lookback_answer_seconds_count (\S+)", words, re.M)[1])
    assert 0 < answers and 0 <= float(re.search(r"^lookback_answer_seconds_sum (\S+)", words, re.M)[1]) < answers
    assert {"lookback_page_not_modified_total", "lookback_page_refused_total", "lookback_page_closed_slow_total",
            "lookback_page_crowded_out_total"} <= families(words)


def test_every_number_that_was_asked_for_is_there(scraped):
    names = """polls_total answer_seconds errors_total lateness_seconds skipped_ticks_total link_up readings_total
        commit_median_seconds commit_longest_seconds output_backlog output_age_seconds store_bytes sealed_segment
        seal_timestamp_seconds problems notices clock_trusted clock_error_seconds build_info""".split()
    assert {"lookback_" + name for name in names} <= families(metrics(scraped))


def test_the_alert_rules_say_what_they_should_and_when(tmp_path):
    shutil.copy(os.path.join(DEPLOY, "prometheus", "alerts.yml"), tmp_path)
    shutil.copy(os.path.join(ROOT, "tests", "support", "alerts_test.yml"), tmp_path)
    for words in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        told = run("promtool", *words, cwd=tmp_path)
        assert told.returncode == 0, told.stdout + told.stderr


def test_prometheus_scrapes_it_alerts_by_our_rules_and_understands_our_dashboard(scraped, peers):
    prometheus = peers.prometheus(scraped.page_port, scraped.token_file).start()
    wait_for(lambda: prometheus.query('ALERTS{alertname="LookbackDeviceSilent",device="dead"}'), 30,
             "the alert of the silent device")
    assert prometheus.query('lookback_device_answering{device="good"}')[0][1] == 1
    assert not prometheus.query('ALERTS{device="good"}')
    known = families(metrics(scraped))
    for words in questions():
        prometheus.query(words)
        for name in re.findall(r"lookback_\w+", words):
            assert re.sub(r"_bucket$", "", name) in known, f"{words}: there is no {name}"


def test_victoriametrics_scrapes_it_by_the_same_file_and_understands_the_same_questions(scraped, peers, tmp_path):
    conf = scrape_settings(tmp_path, scraped.page_port, scraped.token_file)
    victoria = peers.victoria("-promscrape.config=" + conf, "-promscrape.config.strictParse=false",
                              "-search.latencyOffset=1s").start()
    wait_for(lambda: victoria.query('lookback_device_answering{device="good"} == 1'), 30, "what was scraped")
    for words in questions():
        victoria.query(words)
    checked = run("vmalert", "-dryRun", "-rule=" + os.path.join(DEPLOY, "prometheus", "alerts.yml"))
    assert checked.returncode == 0, checked.stderr


def test_every_query_of_the_readings_dashboard_is_answered_by_influxdb(town, peers):
    influx = peers.influx().start()
    device = peers.honest({1: {"holding": {0: 7, 1: 8}}})
    model = profile("water", {"ph": ("holding", 0, "uint16", {}), "turbidity": ("holding", 1, "uint16", {})})
    town.output("line", influx.write_url())
    town.device(port=device.port, name="sonde", model=model)
    town.start()
    town.wait_polls(2)
    town.wait_sent("town-line")
    with open(os.path.join(DEPLOY, "grafana", "influxdb.json")) as file:
        board = json.load(file)
    asked = [target["query"] for panel in board["panels"] for target in panel["targets"]]
    answered = 0
    for words in asked + [one["query"] for one in board["templating"]["list"] if one["type"] == "query"]:
        words = (words.replace("$timeFilter", "time > now() - 1h").replace("$__interval", "10s")
                 .replace("/^$site$/", "/^.*$/"))
        assert not re.search(r"\$[a-z_]", words), words
        result = influx.query(words)["results"][0]
        assert "error" not in result, (words, result)
        answered += bool(result.get("series"))
    assert answered >= 2  # what the sonde measures, and which sites there are
