"""时段统计，另写一遍 · What every period of a point comes to, from its readings.

Written from the words of aggregates.conf and domain.md (parts 1 to 3), and not from the program.
Times are milliseconds since 1970; the calendar is that of the collector's zone.
"""
import math
from bisect import bisect_left
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from verify_conf import read_conf

STEPS = {"1min": 1, "5min": 5, "10min": 10, "15min": 15, "1h": 60, "8h": 60}
UTC = timezone.utc
Numbers = namedtuple("Numbers", "expected valid enough min mean max max_8h", defaults=(None,))


def minutes_of(text):
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


class Calendar:
    """Where periods begin and end."""

    def __init__(self, zone, night):
        self.zone = ZoneInfo(zone)
        self.dusk, self.dawn = (minutes_of(night[key]) for key in ("begins", "ends"))
        self.known = {}

    def local(self, ms):
        return datetime.fromtimestamp(ms // 1000, self.zone)

    def ms(self, moment):
        return int(moment.timestamp()) * 1000

    def is_night(self, ms):
        at = self.local(ms)
        minute = at.hour * 60 + at.minute
        return minute >= self.dusk or minute < self.dawn

    def day_of(self, ms):
        """The date a moment belongs to."""
        return self.local(ms).date()

    def midnight(self, date):
        return datetime(date.year, date.month, date.day, tzinfo=self.zone)

    def at(self, date, minute):
        return self.midnight(date).replace(hour=minute // 60, minute=minute % 60)

    def periods(self, period, date):
        """[(start, end)] in ms of the periods that begin on a date (the night begins at dusk)."""
        if (period, date) not in self.known:
            self.known[period, date] = [(self.ms(start), self.ms(end))
                                        for start, end in self._of(period, date)]
        return self.known[period, date]

    def _of(self, period, date):
        start, end = self.midnight(date), self.midnight(date + timedelta(days=1))
        if period == "day":
            return [(start, end)]
        if period == "daytime":
            return [(self.at(date, self.dawn), self.at(date, self.dusk))]
        if period == "night":
            return [(self.at(date, self.dusk), self.at(date + timedelta(days=1), self.dawn))]
        if period == "4h":
            return [(self.at(date, h * 60), self.at(date, (h + 4) * 60) if h < 20 else end)
                    for h in range(0, 24, 4)]
        step, found, at = timedelta(minutes=STEPS[period]), [], start.astimezone(UTC)
        while at < end.astimezone(UTC):
            found.append((at - 7 * step, at + step) if period == "8h" else (at, at + step))
            at += step
        return found

    def inside(self, period, since, until):
        """Every period wholly inside since..until."""
        date, last = self.day_of(since) - timedelta(days=1), self.day_of(until)
        while date <= last:
            for start, end in self.periods(period, date):
                if since <= start and end <= until:
                    yield start, end
            date += timedelta(days=1)


def plan_of(conf, parameter, medium):
    """{period: row} for one point: rows of every point, then of its medium, then of its parameter;
    the later replaces the earlier."""
    plan = {}
    for fits in (lambda row: "medium" not in row and "parameter" not in row,
                 lambda row: row.get("medium") == medium, lambda row: row.get("parameter") == parameter):
        plan.update({row["period"]: row for row in conf["aggregates"] if fits(row)})
    return plan


def mean_kind(conf, parameter, medium):
    kind = "arithmetic"
    for row in conf["means"]:
        if row.get("parameter") == parameter:
            return row["mean"]
        if row.get("medium") == medium:
            kind = row["mean"]
    return kind


class Periods:
    """All periods of one point. `readings`: [(time, value)], normal ones outside maintenance, in
    order; `intervals`: [(from ms, interval ms)] in order."""

    def __init__(self, calendar, plan, kind, readings, intervals):
        self.calendar, self.plan, self.kind = calendar, plan, kind
        self.times = [time for time, _ in readings]
        self.values = [value for _, value in readings]
        self.intervals, self.found = intervals, {}

    def of(self, period, start, end):
        key = (period, start, end)
        if key not in self.found:
            self.found[key] = self._of(period, start, end)
        return self.found[key]

    def between(self, start, end):
        return self.values[bisect_left(self.times, start):bisect_left(self.times, end)]

    def expected(self, start, end):
        """Whole intervals of the device between start and end."""
        total = 0.0
        for i, (since, every) in enumerate(self.intervals):
            until = self.intervals[i + 1][0] if i + 1 < len(self.intervals) else end
            overlap = min(end, until) - max(start, since)
            if overlap > 0 and every > 0:
                total += overlap / every
        return math.floor(total + 1e-9)

    def mean(self, values, weights=None):
        if not values:
            return None
        if self.kind == "energy":
            weights = weights or [1] * len(values)
            return 10 * math.log10(math.fsum(w * 10 ** (v / 10) for v, w in zip(values, weights))
                                   / sum(weights))
        return math.fsum(values) / len(values)

    def _of(self, period, start, end):
        row, values = self.plan[period], self.between(start, end)
        made_of, expected, highest = row.get("of", "reading"), self.expected(start, end), None
        if made_of == "reading":
            mean = self.mean(values)
        else:
            parts = self.parts(made_of, start, end)
            mean = self.mean([one.mean for one in parts], [one.valid for one in parts])
        if "windows" in row:
            highest = max((one.mean for one in self.windows(start, end)), default=None)
        return Numbers(expected, len(values), self.enough(row, made_of, expected, len(values), start, end),
                       min(values, default=None), mean, max(values, default=None), highest)

    def parts(self, period, start, end):
        return [one for one in (self.of(period, a, b)
                                for a, b in self.calendar.inside(period, start, end)) if one.enough]

    def windows(self, start, end):
        """The valid moving 8 hours that lie inside a day."""
        return self.parts("8h", start, end)

    def enough(self, row, made_of, expected, valid, start, end):
        if "windows" in row:
            return len(self.windows(start, end)) >= row["windows"]
        by = row.get("by", made_of)
        if "share" in row and by == "reading":
            there = max(0, end - max(start, self.intervals[0][0])) / (end - start) \
                if self.intervals else 0
            return expected > 0 and min(valid, expected) * there * 100 >= row["share"] * expected
        spans = list(self.calendar.inside(by, start, end))
        good = [a for a, b in spans if self.of(by, a, b).enough]
        if "share" in row:
            return len(good) * 100 >= row["share"] * len(spans)
        if "need_day" in row:
            night = sum(self.calendar.is_night(a) for a in good)
            return len(good) - night >= row["need_day"] and night >= row["need_night"]
        return len(good) >= row["need"]


def read_plans(text):
    return read_conf(text, "aggregates.conf")
