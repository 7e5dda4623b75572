"""时段统计，另写一遍 · What every period of a point comes to, from its readings.

Written from VERDICT.md ("Periods") and the words of aggregates.conf, and not from the program. Times are milliseconds since 1970; the calendar is that of the collector's zone.
"""
import math
from bisect import bisect_left
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

STEPS = {"1min": 1, "5min": 5, "10min": 10, "15min": 15, "1h": 60, "8h": 60}
SIZES = {"1min": 60000, "5min": 300000, "10min": 600000, "15min": 900000, "1h": 3600000,
         "4h": 14400000, "8h": 28800000}
UTC = timezone.utc
BEYOND = 1e12            # no reading can be further from 0
LOUDEST = (0.0, 140.0)   # no level can be outside
Numbers = namedtuple("Numbers", "expected count valid enough min mean max max_8h")


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

    def midnight(self, date):
        return self.ms(datetime(date.year, date.month, date.day, tzinfo=self.zone))

    def days(self, since, until):
        """The dates all of whose day lies inside."""
        date, found = self.local(since).date(), []
        while self.midnight(date) < until:
            if self.midnight(date) >= since and self.midnight(date + timedelta(days=1)) <= until:
                found.append(date)
            date += timedelta(days=1)
        return found

    def next_midnight(self, ms):
        """The first midnight not before a moment."""
        date = self.local(ms).date()
        return date if self.midnight(date) >= ms else date + timedelta(days=1)

    def at(self, date, minute):
        return self.ms(datetime(date.year, date.month, date.day, minute // 60, minute % 60,
                                tzinfo=self.zone))

    def periods(self, period, date):
        """[(start, end)] of the periods that begin on a date; the night begins at dusk."""
        if (period, date) not in self.known:
            self.known[period, date] = list(self._of(period, date))
        return self.known[period, date]

    def _of(self, period, date):
        tomorrow = date + timedelta(days=1)
        start, end = self.midnight(date), self.midnight(tomorrow)
        if period == "day":
            return [(start, end)]
        if period == "daytime":
            return [(self.at(date, self.dawn), self.at(date, self.dusk))]
        if period == "night":
            return [(self.at(date, self.dusk), self.at(tomorrow, self.dawn))]
        if period == "4h":
            marks = [self.at(date, hour * 60) for hour in range(0, 24, 4)] + [end]
            return zip(marks, marks[1:])
        step = STEPS[period] * 60000
        length = SIZES[period]
        return [(at, at + length) for at in range(start, end, step)]

    def inside(self, period, since, until):
        """Every period wholly inside since..until."""
        date, last = self.local(since).date() - timedelta(days=1), self.local(until).date()
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


def added(values):
    """One after the other, in order: two programs that do so agree to the last bit."""
    total = 0.0
    for value in values:
        total += value
    return total


class Periods:
    """All periods of one point. `readings`: [(time, value or None, letter, in maintenance)] in
    (time, seq) order; `intervals`: [(from ms, interval ms)] in order."""

    def __init__(self, calendar, plan, kind, readings, intervals):
        self.calendar, self.plan, self.kind = calendar, plan, kind
        with_value = [one for one in readings if one[1] is not None]
        valid = [one for one in with_value if one[2] == "N" and not one[3] and self.can_be(one[1])]
        self.counted = [one[0] for one in with_value]
        self.times = [one[0] for one in valid]
        self.values = [one[1] for one in valid]
        self.intervals, self.found = intervals, {}

    def can_be(self, value):
        if self.kind == "energy":
            return LOUDEST[0] <= value <= LOUDEST[1]
        return abs(value) <= BEYOND

    def of(self, period, start, end):
        key = (period, start, end)
        if key not in self.found:
            self.found[key] = self._of(period, start, end)
        return self.found[key]

    def between(self, start, end):
        return self.values[bisect_left(self.times, start):bisect_left(self.times, end)]

    def stretches(self, start, end):
        """[(from, to, interval)] of the device inside a span."""
        for i, (since, every) in enumerate(self.intervals):
            until = self.intervals[i + 1][0] if i + 1 < len(self.intervals) else end
            a, b = max(start, since), min(end, until)
            if a < b and every > 0:
                yield a, b, every

    def expected(self, start, end):
        total = 0.0
        for a, b, every in self.stretches(start, end):
            if every > end - start:
                total += -(-b // every) - -(-a // every)  # whole multiples with a <= m < b
            else:
                total += (b - a) / every
        return math.floor(total + 1e-6)

    def mean(self, values):
        if not values:
            return None
        if self.kind == "energy":
            return round(10 * math.log10(added(10 ** (value / 10) for value in values)
                                         / len(values)), 9)
        return round(added(values) / len(values), 12)

    def _of(self, period, start, end):
        row, values = self.plan[period], self.between(start, end)
        made_of, expected, highest = row.get("of", "reading"), self.expected(start, end), None
        if made_of == "reading" or self.kind == "energy":
            mean = self.mean(values)
        else:
            parts = [one.mean for one in self.parts(made_of, start, end)]
            mean = round(added(parts) / len(parts), 12) if parts else None
        if "windows" in row:
            highest = max((one.mean for one in self.windows(start, end)), default=None)
        count = bisect_left(self.counted, end) - bisect_left(self.counted, start)
        return Numbers(expected, count, len(values), self.enough(row, expected, len(values), start, end),
                       min(values, default=None), mean, max(values, default=None), highest)

    def parts(self, period, start, end):
        return [one for one in (self.of(period, a, b)
                                for a, b in self.calendar.inside(period, start, end)) if one.enough]

    def windows(self, start, end):
        """The moving 8 hours that begin in a day and are enough."""
        date = self.calendar.local(start).date()
        return [one for one in (self.of("8h", a, b) for a, b in self.calendar.periods("8h", date)
                                if start <= a < end) if one.enough]

    def enough(self, row, expected, valid, start, end):
        if "windows" in row:
            return len(self.windows(start, end)) >= row["windows"]
        by = row.get("by", row.get("of", "reading"))
        if by == "reading":
            return self.enough_readings(row, expected, min(valid, expected), start, end)
        good = [a for a, b in self.calendar.inside(by, start, end) if self.of(by, a, b).enough]
        need = row.get("need", 0)
        if "need_february" in row and end - start <= 29 * 86400000:
            need = row["need_february"]
        night = sum(self.calendar.is_night(a) for a in good)
        fit = math.floor((end - start) / SIZES.get(by, 86400000) + 0.5)
        return (len(good) >= need and len(good) - night >= row.get("need_day", 0)
                and night >= row.get("need_night", 0)
                and len(good) * 100 >= row.get("share", 0) * fit)

    def enough_readings(self, row, expected, valid, start, end):
        if expected == 0 or valid < row.get("need", 0):
            return False
        covered = sum(b - a for a, b, _ in self.stretches(start, end))
        if covered == end - start:
            return valid * 100 >= expected * row.get("share", 0)
        return valid * 100 * covered >= expected * (end - start) * row.get("share", 0)
