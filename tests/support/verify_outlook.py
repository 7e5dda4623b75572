"""从何时起可以证明，另写一遍 · From when it could be proven: VERDICT.md, "Provable from"."""
import math
from datetime import timedelta

import verify_statistics as statistics
from verify_seals import ms_of

DAY = timedelta(days=1)


class Outlook:
    """Dates (midnights), or None where nothing can be said."""

    def __init__(self, question):
        self.question, self.calendar, self.terms = question, question.calendar, question.terms
        days = question.window.days
        self.hopeless = any(self.ends_in_gap(point, days) for point in question.points)
        self.start = self.left_behind(days)
        self.end = question.span.days[-1] + DAY if question.span.days else None
        self.days = [day for day in days if self.start is None or day >= self.start]
        late = question.span.days[-self.terms["present_days"]:]
        self.late = [day for day in late if self.start is None or day >= self.start]

    def ends_in_gap(self, point, days):
        return any(count > self.terms["gap_days"] and first + count * DAY == days[-1] + DAY
                   for first, count in point.gaps(days))

    def left_behind(self, days):
        """The latest midnight behind what no further day heals; None: the window's own start."""
        found = []
        for point in self.question.points:
            if not point.criteria:
                continue
            found += [first + count * DAY for first, count in point.gaps(days)
                      if count > self.terms["gap_days"]]
            found += [monday + 7 * DAY for monday, expected, valid in point.weeks(days)
                      if expected > 0 and valid * 100 < self.terms["week"] * expected]
        found += [self.calendar.next_midnight(ms_of(one["time"])) for one in self.question.doubts
                  if one["blocks"] and one["kind"] in ("clock_step", "settings_changed")]
        found += [self.calendar.next_midnight(ms_of(one["over"])) for one in self.question.doubts
                  if one["blocks"] and one["over"]]
        return max(found, default=None)

    def start_ms(self):
        return self.question.window.since if self.start is None else self.calendar.midnight(self.start)

    def full(self):
        """When the watch period is over, counted from where it can begin. In ms."""
        length = self.question.watch_length()
        if self.hopeless or length is None:
            return None
        return self.start_ms() + length

    def after(self, days):
        if self.hopeless or days is None or days > self.terms["horizon_days"] or self.end is None:
            return None
        return self.calendar.midnight(self.end + days * DAY)

    def valid_share(self, criterion):
        sides = {*self.question.window.days, *(self.question.before.days if self.question.before else ())}
        late = criterion.judged([day for day in self.late if day in sides])
        return sum(one.valid for one in late) / len(late) if late else 0

    def at_rate(self, missing, criterion):
        rate = self.valid_share(criterion)
        return math.ceil(missing / rate) if rate > 0 else None

    def of_bound(self, criterion):
        measured, terms = criterion.measured(self.days), self.terms
        if measured.bound_holds():
            return self.full()
        for n in range(measured.n + 1, measured.n + terms["horizon_days"] + 1):
            n_eff = math.floor(n * (1 - measured.r) / (1 + measured.r))
            if self.holds(measured.k, n) and (
                    not terms["decide_by_effective"]
                    or self.holds(math.ceil(measured.k * n_eff / n), n_eff)):
                return self.after(self.at_rate(n - measured.n, criterion))
        return None

    def holds(self, k, n):
        """Whether the bound of k in n is at most `rate_bound`, which is to say that so few would be
        chance enough if the share were `rate_bound`."""
        rate, confidence = self.terms["rate_bound"] / 100, self.terms["confidence"] / 100
        return k < n and statistics.binomial_at_most(k, n, rate) <= 1 - confidence

    def of_percentile(self, criterion):
        measured, p = criterion.measured(self.days), self.terms["percentile"] / 100
        if measured.percentile_holds():
            return self.full()
        broken = sum(criterion.last.broken_by(value) for value in measured.values)
        for n in range(max(measured.n, 1), measured.n + self.terms["horizon_days"] + 1):
            if math.ceil(1 + (n - 1) * p) <= n - broken:
                return self.after(self.at_rate(n - measured.n, criterion))
        return None

    def of_run(self, criterion):
        measured, terms = criterion.measured(self.days), self.terms
        if measured.run_holds():
            return self.full()
        if not terms["run_skips_invalid"] and self.valid_share(criterion) < 1:
            return None
        return self.after(self.at_rate(terms["last_run"] - measured.last_run, criterion))

    def of_completeness(self, point, part):
        of = point.capped if part == "all" else point.night_hours
        wanted = self.terms["completeness" if part == "all" else "night"] / 100
        expected, valid = of(self.days)
        if valid >= wanted * expected and expected > 0:
            return self.full()
        expected_late, valid_late = of(self.late)
        if not self.late or not expected_late:
            return None
        a_day, good = expected_late / len(self.late), valid_late / expected_late
        if expected == 0:
            return self.after(0) if good >= wanted else None
        if good <= wanted:
            return None
        return self.after(math.ceil((wanted * expected - valid) / (a_day * (good - wanted))))

    def of_all(self, dates):
        """The latest of full, the reasons' and every requirement's; None if any is."""
        found = [self.full(), *(one and ms_of(one) for one in dates)]
        for point in self.question.points:
            if point.criteria:
                found += [self.of_completeness(point, "all"), self.of_completeness(point, "night")]
            for criterion in point.criteria:
                found += [self.of_bound(criterion), self.of_percentile(criterion),
                          self.of_run(criterion)]
        return None if any(one is None for one in found) else max(found)
