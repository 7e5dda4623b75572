"""一个监测点的判定，另写一遍 · One point and what is asked of it: VERDICT.md, "Criteria and days".

Written from VERDICT.md alone; see verify_verdict.py.
"""
import math
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import verify_statistics as statistics
from verify_feed import intervals_of, readings_of
from verify_periods import Periods, mean_kind, plan_of
from verify_seals import ms_of, time_text, value_text

DAY = timedelta(days=1)
NO_MULTIPLE = {"water_temperature", "ph", "dissolved_oxygen", "orp"}
LETTERS = "NTCMFSDB"
MOST_EXCEEDANCES = 10000


# 一、超不超 · Whether a value breaks a bound -----------------------------------------------------------------


class Stage:
    def __init__(self, said):
        self.said = said
        self.kind, self.decimals, self.limit = said["bound"], said["decimals"], said["limit"]
        self.low, self.high = Decimal(said["low"]), Decimal(said["high"])
        self.since = ms_of(said["from"]) if said["from"] else None
        self.until = ms_of(said["to"]) if said["to"] else None

    def holds_at(self, ms):
        return (self.since is None or self.since <= ms) and (self.until is None or ms < self.until)

    def broken_by(self, value):
        number = Decimal(value_text(value))
        if self.decimals is not None:
            number = number.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN)
        return (self.kind != "below" and number > self.high) or (
            self.kind != "above" and number < self.low)

    def beyond(self, value):
        """How far a value is beyond the bound: the larger the worse."""
        over, under = value - float(self.high), float(self.low) - value
        return {"above": over, "below": under}.get(self.kind, max(over, under))

    def bound(self):
        low, high = float(self.low), float(self.high)
        return {"between": [low, high]} if self.kind == "between" else \
            {self.kind: high if self.kind == "above" else low}

    def edition(self):
        return self.limit and f"{self.limit['standard']}-{self.limit['edition']}"

    def printed(self):
        kept = ("standard", "edition", "title", "clause", "class", "verified", "source")
        return {"from": self.said["from"], "to": self.said["to"], "bound": self.bound(),
                "decimals": self.decimals, "per_day": self.said["per_day"],
                "limit": self.limit and {key: self.limit[key] for key in kept}}


# 二、一个监测点 · One point ---------------------------------------------------------------------------------


class Side:
    """The window, or what was before it: its whole days."""

    def __init__(self, calendar, since, until):
        self.since, self.until = since, until
        self.days = calendar.days(since, until)

    def printed(self):
        return {"from": time_text(self.since), "to": time_text(self.until), "days": len(self.days)}


class Point:
    def __init__(self, question, name, sheet):
        self.question, self.name, self.sheet = question, name, sheet
        self.calendar, self.readings = question.calendar, readings_of(question.case, name)
        conf, parameter, medium = question.aggregates, sheet["parameter"], sheet["medium"]
        self.periods = Periods(self.calendar, plan_of(conf, parameter, medium),
                               mean_kind(conf, parameter, medium), self.readings,
                               intervals_of(question.case, name))
        self.criteria = [] if sheet is None else list(self.make_criteria())

    def make_criteria(self):
        end = self.question.window.until
        for rule in self.sheet["rules"]:
            for lane in rule["lanes"] if rule["nature"] == "breach" else ():
                begun = any(stage["from"] is None or ms_of(stage["from"]) < end
                            for stage in lane["stages"])
                if lane["on"] in ("month", "year") or not begun:
                    continue
                both = self.sheet["medium"] == "noise" and lane["when"] == "always"
                for when in ("day", "night") if both else (lane["when"],):
                    yield Criterion(self, rule, lane, when)

    def day(self, day):
        return self.periods.of("day", *self.calendar.periods("day", day)[0])

    def capped(self, days):
        """(expected, valid readings, at most as many as expected a day)"""
        numbers = [self.day(one) for one in days]
        return sum(one.expected for one in numbers), sum(min(one.expected, one.valid) for one in numbers)

    def night_hours(self, days):
        expected = valid = 0
        for day in days:
            for start, end in self.calendar.periods("1h", day):
                if self.calendar.is_night(start):
                    one = self.periods.of("1h", start, end)
                    expected += one.expected
                    valid += min(one.expected, one.valid)
        return expected, valid

    def weeks(self, days):
        """[(Monday, expected, valid)] of the weeks all of whose days are there."""
        there = set(days)
        return [(day, *self.capped([day + i * DAY for i in range(7)])) for day in days
                if day.weekday() == 0 and all(day + i * DAY in there for i in range(7))]

    def gaps(self, days):
        """[(first day, how many)] of each run of days that are not enough."""
        runs = []
        for day in days:
            if self.day(day).enough:
                continue
            if runs and runs[-1][0] + runs[-1][1] * DAY == day:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((day, 1))
        return runs

    def printed(self):
        question, window = self.question, self.question.window
        days = window.days
        numbers = [self.day(one) for one in days]
        gap = max(self.gaps(days), key=lambda run: run[1], default=(None, 0))
        night = self.night_hours(days)
        start, end = (self.calendar.midnight(days[0]), self.calendar.midnight(days[-1] + DAY)) \
            if days else (0, 0)
        letters = [one[2] for one in self.readings if start <= one[0] < end]
        return {
            "point": self.name, "parameter": self.sheet["parameter"], "unit": self.sheet["unit"],
            "title": {"zh": self.sheet["parameter_zh"], "en": self.sheet["parameter_en"]},
            "decimals": self.sheet["decimals"], "simulated": self.sheet["simulated"],
            "answer": question.answer_of(point=self.name),
            "expected": sum(one.expected for one in numbers), "count": sum(one.count for one in numbers),
            "valid": sum(one.valid for one in numbers), "completeness": share(*self.capped(days)),
            "weeks": [{"from": str(day), "expected": expected, "valid": valid,
                       "completeness": share(expected, valid)}
                      for day, expected, valid in self.weeks(days)],
            "night": {"expected": night[0], "valid": night[1], "completeness": share(*night)},
            "longest_gap": {"days": gap[1], "from": gap[0] and str(gap[0]),
                            "to": gap[0] and str(gap[0] + gap[1] * DAY)},
            "letters": {letter: letters.count(letter) for letter in LETTERS} if self.readings else None,
            "days": [self.day_printed(day) for day in question.span.days],
            "criteria": [one.printed() for one in self.criteria]}

    def day_printed(self, day):
        one, question = self.day(day), self.question
        side = "window" if day in question.window.days else \
            "before" if question.before and day in question.before.days else None
        return {"day": str(day), "side": side, "expected": one.expected, "count": one.count,
                "valid": one.valid, "enough": one.enough, "min": one.min, "mean": one.mean,
                "max": one.max}


def share(expected, valid):
    return valid / expected * 100 if expected else None


# 三、一条要求 · One criterion --------------------------------------------------------------------------------


class Judged:
    """A judged day of a criterion."""

    def __init__(self, day, value, valid, exceeded):
        self.day, self.value, self.valid, self.exceeded = day, value, valid, exceeded

    def printed(self):
        return {"day": str(self.day), "value": self.value, "valid": self.valid,
                "exceeded": self.exceeded}


class Criterion:
    def __init__(self, point, rule, lane, when):
        self.point, self.rule, self.when, self.statistic = point, rule["name"], when, lane["statistic"]
        self.title, self.question, self.on = rule["title"], point.question, lane["on"]
        self.stages = [Stage(one) for one in lane["stages"]]
        end = self.question.window.until
        self.last = [one for one in self.stages if one.since is None or one.since < end][-1]
        self.short = self.question.terms["reading_as"] if self.on == "reading" else self.on
        self.period, self.rank = self.which(point.sheet["medium"])
        self.known = {}

    def which(self, medium):
        """(the period whose number it is, the rank among the worst or None)"""
        if medium == "noise" and self.statistic in ("mean", "max"):
            return {"day": "daytime", "night": "night"}[self.when], None
        if medium == "water" and self.statistic == "mean" and self.when == "always":
            return "day", None
        if self.on in ("day", "daytime", "night"):
            return self.on, None
        return self.short, (self.last.said["per_day"] or 0) + 1

    def stage_at(self, ms):
        return next((one for one in self.stages if one.holds_at(ms)), None)

    def number(self, day):
        """(value or None, whether there was enough) of a day."""
        periods, calendar = self.point.periods, self.point.calendar
        if self.rank is None:
            start, end = calendar.periods(self.period, day)[0]
            if end > self.question.span.until:
                return None, False
            one = periods.of(self.period, start, end)
            return getattr(one, self.statistic), one.enough
        found = [getattr(periods.of(self.period, start, end), self.statistic)
                 for start, end in self.of_day(day) if periods.of(self.period, start, end).enough]
        found = sorted((value for value in found if value is not None), key=self.last.beyond,
                       reverse=True)
        value = found[self.rank - 1] if len(found) >= self.rank else None
        return value, self.point.day(day).enough

    def of_day(self, day):
        """The periods that make the number of a day; what begins at night belongs to its evening."""
        calendar = self.point.calendar
        spans = calendar.periods(self.period, day)
        if self.when == "always":
            return spans
        if self.when == "day":
            return [one for one in spans if not calendar.is_night(one[0])]
        noon = calendar.midnight(day) + 12 * 3600000
        return [one for one in [*spans, *calendar.periods(self.period, day + DAY)]
                if calendar.is_night(one[0]) and noon <= one[0] < noon + 86400000]

    def judged(self, days):
        """[Judged] of those days on which a stage is in force as they begin. A night that ends
        outside the side is none of its days."""
        found = []
        for day in days:
            if self.period == "night" and self.point.calendar.periods("night", day)[0][1] > \
                    self.question.end_of_sides(day):
                continue
            if day not in self.known:
                stage = self.stage_at(self.point.calendar.midnight(day))
                value, enough = self.number(day) if stage else (None, False)
                valid = value is not None and enough
                self.known[day] = stage and Judged(day, value, valid, valid and stage.broken_by(value))
            if self.known[day]:
                found.append(self.known[day])
        return found

    def measured(self, days):
        return Measured(self, self.judged(days))

    def printed(self):
        window = self.measured(self.question.window.days)
        return {"rule": self.rule, "title": self.title, "period": self.period,
                "statistic": self.statistic, "when": self.when, "rank": self.rank,
                "stages": [one.printed() for one in self.stages],
                "answer": self.question.answer_of(point=self.point.name, rule=self.rule, criterion=self),
                **window.printed(), **self.exceedances(), "before": self.compared()}

    def compared(self):
        """The window against what was before it."""
        before, window = self.question.before, self.question.window
        if before is None or not before.days:
            return None
        terms, judged_before = self.question.terms["comparison"], self.judged(before.days)
        earlier = [one.value for one in judged_before if one.valid]
        later = [one.value for one in self.judged(window.days) if one.valid]
        found = {"tested": False, "needed": False, "why": None, "valid_days": len(earlier),
                 "exceeded_days": sum(self.last.broken_by(value) for value in earlier),
                 "edition": self.last.edition(), "median": None,
                 "median_after": None, "u": None, "z": None, "p": None, "shift": None,
                 "numbers": [one.printed() for one in judged_before]}
        if self.question.described_otherwise_before(self.point.name):
            found["why"] = "settings_changed"
        elif self.last.kind == "between":
            found["why"] = "two_bounds"
        elif min(len(earlier), len(later)) < terms["least_days"]:
            found["why"] = "too_few_days"
        else:
            u, z, p = statistics.rank_test(earlier, later, self.last.kind == "below")
            found.update(tested=True, u=u, z=z, p=p, shift=statistics.shift(earlier, later),
                         median=statistics.percentile(earlier, 0.5),
                         median_after=statistics.percentile(later, 0.5))
            found["needed"] = terms["required"] and (
                not terms["where_exceeded"]
                or 100 * found["exceeded_days"] > self.question.terms["rate_bound"] * len(earlier))
        return found

    def improved(self):
        """False where a comparison is needed and not passed."""
        found, terms = self.compared(), self.question.terms["comparison"]
        if found is None or not found["needed"]:
            return True
        better = found["median_after"] < found["median"] if self.last.kind == "above" else \
            found["median_after"] > found["median"]
        return better and found["p"] < terms["p"]

    def exceedances(self):
        """Every stretch of periods inside the window that break the bound."""
        window, calendar, found = self.question.window, self.point.calendar, []
        for start, end in calendar.inside(self.short, window.since, window.until):
            stage = self.stage_at(start)
            if stage is None or self.when != "always" and \
                    (self.when == "night") != calendar.is_night(start):
                continue
            one = self.point.periods.of(self.short, start, end)
            value = getattr(one, self.statistic)
            if not one.enough or value is None or not stage.broken_by(value):
                continue
            if found and found[-1][1] >= start and found[-1][3] is stage:
                worst = max(found[-1][2], value, key=stage.beyond)
                found[-1] = (found[-1][0], end, worst, stage)
            else:
                found.append((start, end, value, stage))
        return {"exceedances_of": self.short, "exceedances": [
            {"start": time_text(start), "end": time_text(end), "value": value, "bound": stage.bound(),
             "multiple": self.multiple(value, stage)}
            for start, end, value, stage in found[:MOST_EXCEEDANCES]],
            "exceedances_left_out": max(0, len(found) - MOST_EXCEEDANCES)}

    def multiple(self, value, stage):
        sheet, high = self.point.sheet, float(stage.high)
        if stage.kind == "below" or high <= 0 or value <= high or sheet["parameter"] in NO_MULTIPLE \
                or sheet["medium"] in ("noise", "weather"):
            return None
        return (value - high) / high


class Measured:
    """What the judged days of a span come to, and whether each requirement holds."""

    def __init__(self, criterion, judged_days):
        self.criterion, self.judged, terms = criterion, judged_days, criterion.question.terms
        self.terms = terms
        valid = [one for one in judged_days if one.valid]
        self.values = [one.value for one in valid]
        self.n, self.k = len(valid), sum(one.exceeded for one in valid)
        pairs = [(a.value, b.value) for a, b in zip(judged_days, judged_days[1:])
                 if a.valid and b.valid and a.day + DAY == b.day]
        self.r = statistics.neighbours(pairs, self.values)
        self.n_eff = math.floor(self.n * (1 - self.r) / (1 + self.r))
        self.k_eff = math.ceil(self.k * self.n_eff / self.n) if self.n else 0
        self.bound = self.upper(self.k, self.n)
        self.bound_eff = self.upper(self.k_eff, self.n_eff)
        self.last_run = self.run()

    def upper(self, k, n):
        return statistics.upper_bound(k, n, self.terms["confidence"] / 100) * 100

    def run(self):
        length = 0
        for one in reversed(self.judged):
            if one.valid and one.exceeded or not one.valid and not self.terms["run_skips_invalid"]:
                break
            length += one.valid
        return length

    def percentiles(self):
        """[(p in percent, value)]: of an upper bound, of a lower one."""
        p, kind = self.terms["percentile"], self.criterion.last.kind
        wanted = {"above": [p], "below": [100 - p], "between": [p, 100 - p]}[kind]
        return [(one, statistics.percentile(self.values, one / 100) if self.values else None)
                for one in wanted]

    def bound_holds(self):
        return self.bound <= self.terms["rate_bound"] and (
            not self.terms["decide_by_effective"] or self.bound_eff <= self.terms["rate_bound"])

    def percentile_holds(self):
        return not any(value is not None and self.criterion.last.broken_by(value)
                       for _, value in self.percentiles())

    def run_holds(self):
        return self.last_run >= self.terms["last_run"]

    def printed(self):
        (p, value), *other = self.percentiles()
        low = other[0] if other else (None, None)
        percentile = {"p": p, "value": value, "low_p": low[0], "low_value": low[1]}
        return {"days": len(self.judged), "valid_days": self.n, "exceeded_days": self.k,
                "rate": self.k / self.n * 100 if self.n else None, "bound": self.bound, "r": self.r,
                "n_eff": self.n_eff, "k_eff": self.k_eff, "bound_eff": self.bound_eff,
                "last_run": self.last_run, "percentile": percentile,
                "numbers": [one.printed() for one in self.judged]}
