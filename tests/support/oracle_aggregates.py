"""What every period of every point comes to, worked out anew from the readings in the store.

Written from the standards and the words of config/aggregates.conf and not from the program, so that two
heads must be wrong in the same way before a test is.
"""
import math
import sqlite3
from bisect import bisect_left
from collections import namedtuple
from datetime import datetime, timedelta
from json import loads
from zoneinfo import ZoneInfo

MINUTES = {"1min": 1, "5min": 5, "10min": 10, "15min": 15, "1h": 60, "4h": 240, "8h": 60}
NORMAL, MAINTENANCE = 0, 3
HOUR = 3600000

# What config/aggregates.conf says of each medium, by hand: (period, made of, needs). A share is of
# the whole period, whether or not the device was there for all of it.
SHORT = [("10min", "reading", 0.75), ("15min", "reading", 0.75), ("1h", "reading", 0.75)]
PLANS = {
    "air": SHORT + [("day", "1h", 20), ("month", "day", 27)],
    "weather": SHORT + [("day", "1h", 20), ("month", "day", 27)],
    "water": SHORT + [("4h", "reading", 0.75), ("day", "4h", 4), ("month", "day", 0.6)],
    "noise": SHORT + [("day", "reading", (12, 6)), ("daytime", "reading", 12),
                      ("night", "reading", 6), ("month", "day", 27)],
}
PLANS["wind_direction"] = SHORT + [("day", "reading", 20), ("month", "day", 27)]
ORDER = ["1min", "5min", "10min", "15min", "1h", "4h", "8h", "day", "daytime", "night", "month"]
MEDIA = {"la": "noise", "laeq": "noise", "pm2_5": "air", "pm10": "air", "tsp": "air", "o3": "air",
         "wind_speed": "weather", "wind_direction": "weather", "humidity": "weather",
         "air_temperature": "weather"}

# `heard`: the quality as far as had been said when it came; a window told of later counts its
# readings anew, and what was judged of them by then stays judged (record/judge_events.c).
Reading = namedtuple("Reading", "time seq value quality beside heard")
Numbers = namedtuple(
    "Numbers", "expected count valid enough min mean max l10 l50 l90 ld ln ldn max_8h")
NOTHING = Numbers(0, 0, 0, False, *[None] * 10)


class Calendar:
    """Where periods begin and end in the collector's zone."""

    def __init__(self, zone="Asia/Shanghai"):
        self.zone = ZoneInfo(zone)

    def local(self, ms):
        return datetime.fromtimestamp(ms // 1000, self.zone)

    def ms(self, moment):
        return int(moment.timestamp()) * 1000

    def is_night(self, ms):
        return not 6 <= self.local(ms).hour < 22

    def spans(self, period, since, until):
        """Every period that touches since <= time < until, in order."""
        if period == "month":
            at = self.local(since).replace(day=1, hour=0, minute=0, second=0)
        else:
            at = self.local(since).replace(hour=0, minute=0, second=0)
        if period == "night":
            at -= timedelta(days=1)
        while self.ms(at) < until:
            for start, end in self._of(period, at):
                if self.ms(end) > since and self.ms(start) < until:
                    yield self.ms(start), self.ms(end)
            at = self._of("month" if period == "month" else "day", at)[0][1]

    def _of(self, period, day):
        next_day = day + timedelta(days=1)
        if period == "day":
            return [(day, next_day)]
        if period == "daytime":
            return [(day.replace(hour=6), day.replace(hour=22))]
        if period == "night":
            return [(day.replace(hour=22), next_day.replace(hour=6))]
        if period == "month":
            return [(day, (day + timedelta(days=32)).replace(day=1))]
        if period == "4h":
            return [(day.replace(hour=h), day.replace(hour=h + 4) if h < 20 else next_day)
                    for h in range(0, 24, 4)]
        return self._steps(period, day, next_day)

    def _steps(self, period, day, next_day):
        """Up to an hour long: a day whose clock is changed has an hour more, or one less."""
        step, utc = timedelta(minutes=MINUTES[period]), ZoneInfo("UTC")
        starts, at = [], day.astimezone(utc)
        while at < next_day.astimezone(utc):
            starts.append(at)
            at += step
        if period == "8h":
            return [(start - 7 * step, start + step) for start in starts]
        return [(start, start + step) for start in starts]


class Store:
    """A collector's store, only read."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.points = dict(self.db.execute("SELECT id, name FROM point"))
        self.events = [(seq, kind, time, loads(text)) for seq, kind, time, text in
                       self.db.execute("SELECT seq, kind, time, arguments FROM event ORDER BY seq")]
        self.end = self.db.execute("SELECT max(time) FROM poll").fetchone()[0]

    def device(self, point):
        return self.points[point].rsplit("/", 1)[0]

    def intervals(self, point):
        """[(from ms, interval ms)] in order."""
        return [(time, said["every_ms"]) for _, kind, time, said in self.events
                if kind == "device.every" and said["device"] == self.device(point)]

    def windows(self, point):
        return [(seq, utc_ms(said["from"]), utc_ms(said["to"])) for seq, kind, _, said in self.events
                if kind == "device.maintenance" and said["device"] == self.device(point)]

    def readings(self, point, beside=None):
        """In (time, seq) order, inside a maintenance window with the letter M."""
        windows, speeds = self.windows(point), {}
        if beside is not None:
            speeds = {seq: value for seq, value, quality in self.db.execute(
                "SELECT seq, value, quality FROM reading WHERE point = ?", (beside,))
                if quality == NORMAL}
        found = []
        for time, seq, value, quality in self.db.execute(
                "SELECT time, seq, value, quality FROM reading WHERE point = ?"
                " AND time IS NOT NULL ORDER BY time, seq", (point,)):
            told = [at for at, start, end in windows if quality == NORMAL and start <= time < end]
            found.append(Reading(time, seq, value, MAINTENANCE if told else quality, speeds.get(seq),
                                 MAINTENANCE if told and min(told) < seq else quality))
        return found


def utc_ms(text):
    moment = datetime.strptime(text.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z")
    return round(moment.timestamp() * 1000)


def expected_in(intervals, start, end):
    """Whole intervals between start and end while the device was in force."""
    total = 0
    for i, (since, every) in enumerate(intervals):
        until = intervals[i + 1][0] if i + 1 < len(intervals) else end
        overlap = min(end, until) - max(start, since)
        if every > 0 and overlap > 0:
            total += overlap / every
    return math.floor(total + 1e-9)


def mean_of(values, medium):
    if not values:
        return None
    if medium == "noise":
        return 10 * math.log10(math.fsum(10 ** (v / 10) for v in values) / len(values))
    return math.fsum(values) / len(values)


def direction_of(values, weights):
    """The vector mean of directions, as long as their weights (wind speeds)."""
    east = math.fsum(w * math.sin(math.radians(v)) for v, w in zip(values, weights))
    north = math.fsum(w * math.cos(math.radians(v)) for v, w in zip(values, weights))
    return math.degrees(math.atan2(east, north)) % 360 if east or north else None


def exceeded(ordered, percent):
    """The level exceeded so much of the time: L10 is the high one."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def day_night_level(day, night):
    if day is None or night is None:
        return None
    return 10 * math.log10((16 * 10 ** (day / 10) + 8 * 10 ** ((night + 10) / 10)) / 24)


class Tally:
    """All periods of one point."""

    def __init__(self, store, point, calendar, wanted=()):
        """`wanted`: [(period, made of, needs)] that rules ask for beside the plan."""
        self.store, self.point, self.calendar = store, point, calendar
        self.name = store.points[point]
        self.parameter = store.points[point].rsplit("/", 1)[1].split(".")[0]
        self.medium = MEDIA.get(self.parameter, "water")
        self.readings = store.readings(point, self._speed_beside(point))
        self.times = [reading.time for reading in self.readings]
        self.intervals = store.intervals(point)
        self.since = self.intervals[0][0]
        self.found = {}
        plan = PLANS.get(self.parameter, PLANS[self.medium])
        for period, made_of, need in sorted([*plan, *wanted], key=lambda one: ORDER.index(one[0])):
            for start, end in calendar.spans(period, self.since, store.end):
                self.found[period, start, end] = self._one(made_of, need, period, start, end)

    def last_before(self, moment):
        return self.times[bisect_left(self.times, moment) - 1]

    def _speed_beside(self, point):
        if self.parameter != "wind_direction":
            return None
        name = self.store.device(point) + "/wind_speed"
        return next((at for at, other in self.store.points.items() if other == name), None)

    def _raw(self, start, end):
        return self.readings[bisect_left(self.times, start):bisect_left(self.times, end)]

    def _valid_parts(self, period, start, end):
        return [numbers for (kind, from_, to), numbers in self._between(period, start, end)
                if numbers.enough]

    def _between(self, period, start, end):
        return [((period, a, b), self.found[period, a, b])
                for a, b in self.calendar.spans(period, start, end) if (period, a, b) in self.found]

    def _one(self, made_of, need, period, start, end):
        raw = self._raw(start, end)
        values = [r for r in raw if r.value is not None]
        normal = [r.value for r in values if r.quality == NORMAL]
        got = NOTHING._replace(expected=expected_in(self.intervals, start, end), count=len(values),
                               valid=len(normal))
        if self.parameter == "wind_direction" and made_of == "reading":
            pairs = [(r.value, r.beside) for r in values
                     if r.quality == NORMAL and r.beside is not None]
            got = got._replace(mean=direction_of(*zip(*pairs)) if pairs else None,
                               min=min(normal, default=None),
                               max=max(normal, default=None))
        elif made_of == "reading":
            got = self._of_readings(got, normal, period, start, end)
        else:
            parts = self._valid_parts(made_of, start, end)
            got = got._replace(
                mean=self._mean_of_parts(parts),
                min=min(normal, default=None), max=max(normal, default=None))
        return got._replace(enough=self._enough(got, made_of, need, period, start, end))

    def _mean_of_parts(self, parts):
        """Of valid parts; levels of unlike lengths combine by their lengths (domain 3.2)."""
        if self.parameter == "wind_direction":
            return direction_of([part.mean for part in parts], [1] * len(parts))
        if self.medium != "noise" or not parts:
            return mean_of([part.mean for part in parts], self.medium)
        total = math.fsum(part.valid * 10 ** (part.mean / 10) for part in parts)
        return 10 * math.log10(total / sum(part.valid for part in parts))

    def _of_readings(self, got, normal, period, start, end):
        got = got._replace(mean=mean_of(normal, self.medium),
                           min=min(normal, default=None), max=max(normal, default=None))
        if self.medium != "noise" or not normal:
            return got
        ordered = sorted(normal, reverse=True)
        got = got._replace(l10=exceeded(ordered, 10), l50=exceeded(ordered, 50),
                           l90=exceeded(ordered, 90))
        if period != "day":
            return got
        by = {True: [], False: []}
        for r in self._raw(start, end):
            if r.value is not None and r.quality == NORMAL:
                by[self.calendar.is_night(r.time)].append(r.value)
        day, night = (mean_of(by[which], "noise") for which in (False, True))
        return got._replace(ld=day, ln=night, ldn=day_night_level(day, night))

    def _enough(self, got, made_of, need, period, start, end):
        if isinstance(need, float):
            if made_of == "reading":
                valid, there = min(got.valid, got.expected), self._part_there(start, end)
                return got.expected > 0 and valid * there >= need * got.expected
            days = len(list(self.calendar.spans(made_of, start, end)))
            return len(self._valid_parts(made_of, start, end)) >= need * days
        by = "1h" if made_of == "reading" else made_of
        parts = [key for key, numbers in self._between(by, start, end) if numbers.enough]
        if isinstance(need, tuple):
            night = sum(self.calendar.is_night(key[1]) for key in parts)
            return len(parts) - night >= need[0] and night >= need[1]
        if period == "month" and self.calendar.local(start).month == 2:
            need = 25
        return len(parts) >= need

    def _part_there(self, start, end):
        """The part of the period that the device was there for."""
        return max(0, end - max(start, self.since)) / (end - start)


def stored(store, point):
    """{(period, start, end): [(version, cause, Numbers), …]} as the collector wrote them."""
    rows = {}
    for period, start, end, version, cause, *numbers in store.db.execute(
            "SELECT period, start, end, version, cause, expected, count, valid, enough, min, mean,"
            " max, l10, l50, l90, ld, ln, ldn, max_8h FROM aggregate WHERE point = ?"
            " ORDER BY period, start, version", (point,)):
        got = Numbers(*numbers)
        got = got._replace(enough=bool(got.enough))
        rows.setdefault((period, start, end), []).append((version, cause, got))
    return rows


# A direction has six decimals; a level exceeded stands in its class of 0.1 dB.
WITHIN = {"mean": 1e-6, "l10": 0.0500001, "l50": 0.0500001, "l90": 0.0500001}


def differs(ours, theirs):
    """The names of what is not the same."""
    names = []
    for name, a, b in zip(Numbers._fields, ours, theirs):
        within = WITHIN.get(name, 1e-9)
        if a is None or b is None or isinstance(a, (bool, int)):
            same = a == b
        else:
            same = abs(a - b) <= within
        if not same:
            names.append(name)
    return names
