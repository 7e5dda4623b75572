"""Every shipped model, played by the simulator and read by the collector: what was meant comes out."""
import glob
import os
import re
import signal
import subprocess

from devices import program
from lookback import ROOT, conf_text
from waiting import free_port

CHANNEL = re.compile(r'parameter = "(\w+)";(.*?)valid\s*=\s*\[([-+.\de]+), *([-+.\de]+)\]', re.S)
SUFFIX = re.compile(r'suffix = "(\w+)"')


def models():
    """{model: {channel: (least, most)}} of the files as they are shipped, the invented ones left out."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "drivers", "profiles", "*.conf"))):
        name = os.path.basename(path)[:-5]
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"#.*", "", file.read())
        if name.startswith("example_"):
            continue
        found[name] = {}
        for parameter, between, least, most in CHANNEL.findall(text):
            suffix = SUFFIX.search(between)
            found[name][parameter + ("." + suffix[1] if suffix else "")] = (float(least), float(most))
    return found


def meant(span):
    """A value well inside the span that no sensor's absent mark looks like."""
    least, most = span
    return round(least + (min(most, least + 2000) - least) * 0.3 + 1, 1)


def test_what_each_model_is_meant_to_measure_is_what_is_stored(town, folder, peers):
    port, wanted, devices = free_port(), {}, []
    for unit, (model, channels) in enumerate(models().items(), 1):
        name = model.replace("_", "-")[:31]
        devices.append({"link": "lan", "unit": unit, "model": model, "values": [
            {"channel": channel, "base": meant(span)} for channel, span in channels.items()]})
        town.device(link="gateway", unit=unit, name=name, model=model, every="60s")
        for channel, span in channels.items():
            wanted[f"yard/{name}/{channel}"] = meant(span)
    assert len(devices) >= 37 and len(wanted) >= 80
    town.links.append({"name": "gateway", "kind": "tcp", "host": "127.0.0.1", "port": port,
                       "timeout": "2s"})
    path = str(folder / "all.conf")
    with open(path, "w", encoding="utf-8") as out:
        out.write(conf_text({"links": [{"name": "lan", "kind": "tcp", "port": port}],
                             "devices": devices}))
    simulator = subprocess.Popen(
        [program("lookback-simulator"), "--profiles", os.path.join(ROOT, "drivers", "profiles"),
         "--parameters", os.path.join(ROOT, "config", "parameters.conf"), path],
        stdout=subprocess.PIPE, text=True)
    try:
        assert simulator.stdout.readline() == "ready\n"
        town.start()
        town.wait(lambda: {row[1] for row in town.readings()} >= set(wanted), 30, "every point")
    finally:
        simulator.send_signal(signal.SIGTERM)
        simulator.wait(10)
        simulator.stdout.close()
    # what warms up after power-on says so of its first values
    wrong = [row for row in town.readings()
             if row[4:] not in (("N", ""), ("D", "warming_up")) or abs(row[3] - wanted[row[1]]) > max(0.51, 0.01 * abs(row[3]))]
    assert wrong == []
    town.stop()
