#!/usr/bin/python3
"""Town: 1,000 TCP devices x 10 points each second, stored and written to InfluxDB (and MQTT).

Measures one `lookback run`: ticks met, the gap between two polls of a device (from the store's poll
times), processor time, memory, and bytes written to disk a reading, with segments of 20 s so that
moving them is part of it. Aims: every tick met; gap p99 <= 1,010 ms; <= 8 % of a core (<= 12 % with
MQTT beside it); <= 48 MiB; <= 250 bytes a reading.

    tests/bench/town.py [--seconds 60] [--repeats 3] [--mqtt] [--devices 1000]
"""
from support import (Collector, Fleet, Influx, Mosquitto, Settings, Town, Window, begin, figure, gaps,
                     missed, options, percentile)


def one_run(asked):
    with Town() as town:
        influx = Influx(town.folder)
        influx.start()
        town.ended_by(influx, influx.stop)
        outputs = [f'  {{ name = "series"; kind = "line"; url = "{influx.write_url()}"; }}']
        if asked.mqtt:
            broker = Mosquitto(town.folder)
            broker.start()
            town.ended_by(broker, broker.stop)
            outputs.append(f'  {{ name = "broker"; kind = "mqtt"; url = "{broker.url()}"; }}')
        fleet = Fleet("--addresses", str(asked.devices))
        town.ended_by(fleet, fleet.stop)
        settings = Settings(town.folder, seal="20s", outputs=outputs)
        settings.add_fleet(asked.devices, fleet.port, asked.devices)
        settings.finish()
        collector = Collector(settings)
        town.ended_by(collector, collector.stop)
        found = look(Window(collector, asked.seconds), asked)
        compare(collector, influx)
        return found


def compare(collector, influx):
    """What the output has confirmed by its cursor is in InfluxDB, a line a poll."""
    seq = collector.rows("SELECT seq FROM cursor WHERE name = 'series'")[0][0]
    polls = collector.rows("SELECT count(*) FROM poll WHERE seq <= ?", seq)[0][0]
    series = influx.query("SELECT count(ph) FROM water")["results"][0].get("series", [])
    lines = series[0]["values"][0][1] if series else 0
    if lines < polls or polls == 0:
        print(f"  ! InfluxDB has {lines} lines of {polls} polls that were confirmed", flush=True)


def look(window, asked):
    polls = window.polls()
    between = gaps(polls)
    lost, due = missed(polls)
    readings = window.readings()
    made = 10 * sum(len(moments) for moments in polls.values())
    silent = sum(not value for moments in polls.values() for _, value in moments)
    if len(polls) != asked.devices or silent or readings != made:
        print(f"  ! {len(polls)} of {asked.devices} devices polled, {silent} polls without a value, "
              f"the store shows {readings} of {made} readings", flush=True)
    outputs = window.collector.status().get("outputs", [])
    if len(outputs) != 1 + asked.mqtt:
        print(f"  ! status shows {len(outputs)} outputs", flush=True)
    for output in outputs:
        if output["state"] != "ok" or output["quarantined"] or output["backlog"] > 5 * asked.devices:
            print(f"  ! output {output['name']}: {output}", flush=True)
    moved = window.collector.rows("SELECT count(*), sum(moved) FROM segment")[0]
    return {
        "lost": lost / max(due, 1) * 100, "p50": percentile(between, 0.5), "p99": percentile(between, 0.99),
        "max": max(between, default=None), "cpu": window.cpu_share, "rss": window.rss_mib,
        "peak": window.peak_mib, "bytes": window.written / max(readings, 1),
        "strangers": window.strangers, "segments": moved[0], "moved": moved[1] or 0,
        "start": window.collector.start_seconds}


def main():
    asked = options(__doc__, seconds=60, repeats=3, devices=1000, mqtt=False)
    begin(f"town: {asked.devices} devices x 10 points/s to store and InfluxDB"
          + (" and MQTT" if asked.mqtt else ""))
    runs = [one_run(asked) for _ in range(asked.repeats)]

    def of(name):
        return [run[name] for run in runs]

    figure("ticks missed", of("lost"), "%", "0", 3)
    figure("gap between two polls of a device, p50", of("p50"), "ms", digits=0)
    figure("gap between two polls of a device, p99", of("p99"), "ms", "<= 1,010", 0)
    figure("gap between two polls of a device, longest", of("max"), "ms", digits=0)
    figure("processor time of lookback", of("cpu"), "% core", "<= 12" if asked.mqtt else "<= 8")
    figure("memory of lookback, resident", of("rss"), "MiB", "<= 48", 1)
    figure("memory of lookback, most", of("peak"), "MiB", digits=1)
    figure("written to disk a reading", of("bytes"), "bytes", "<= 250", 0)
    figure("segments closed", of("segments"), digits=0)
    figure("segments moved", of("moved"), digits=0)
    figure("from start to the first stored poll", of("start"), "s")
    figure("taken of our processor by others meanwhile", of("strangers"), "% core", digits=1)


main()
