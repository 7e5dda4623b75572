"""Which problems and episodes a rule makes of judged values, worked out anew from the words of the
design, the contract and the headers of the ledger.

A rule here has lanes; a lane says on what it judges and by which bound. Values are rounded half to
even on their decimal text to the digits of a printed limit before they are compared.
"""
import hashlib
from collections import namedtuple
from datetime import datetime, timezone
from decimal import ROUND_HALF_EVEN, Decimal

from oracle_aggregates import HOUR, NORMAL, utc_ms

OVER_RANGE = 1
HOLE_MS = 5 * 60000
DAY_MS = 24 * HOUR

# `on`: "reading" or a period; `when`: "always", "day", "night" of the value's start; one of the
# bounds is None; `decimals` None: compared as it is.
Lane = namedtuple("Lane", "on when above below decimals statistic", defaults=("mean",))
Rule = namedtuple("Rule", "name lanes for_ms recover recover_for_ms gather_ms",
                  defaults=(0, None, 0, DAY_MS))
Value = namedtuple("Value", "seq time value quality")


def uid_of(collector, rule, point, first):
    stamp = datetime.fromtimestamp(first // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    words = "\n".join((collector, rule, point, f"{stamp}.{first % 1000:03d}Z"))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def standing(rule, lane, value, quality):
    """"breach", "good" or "between"."""
    text = Decimal(repr(value))
    if lane.decimals is not None:
        text = text.quantize(Decimal(1).scaleb(-lane.decimals), ROUND_HALF_EVEN)
    over = lane.above is not None and text > Decimal(repr(lane.above))
    under = lane.below is not None and text < Decimal(repr(lane.below))
    if over or (under and quality == NORMAL):
        return "breach"
    if quality == OVER_RANGE:
        return "between"
    if rule.recover is None:
        return "good"
    back = Decimal(repr(rule.recover))
    return "good" if (text <= back if lane.above is not None else text >= back) else "between"


class Episode:
    def __init__(self, first, value):
        self.first = self.last = first
        self.worst, self.ended, self.ended_by = value, None, ""


class Run:
    """One lane's way through its values."""

    def __init__(self):
        self.pending = self.running = self.good_since = self.seen = None


class Problem:
    def __init__(self, uid, episode, about):
        self.uid, self.first, self.episodes = uid, episode.first, []
        self.kind, self.tasks, self.relapse_of = about
        self.state, self.ended = "open", None

    @property
    def last(self):
        return max(e.last for e in self.episodes)


class Ledger:
    """Which tasks watch a point, as the events of the sequence say."""

    def __init__(self):
        self.tasks = {}

    def take(self, kind, said):
        """Returns the points of tasks that this event struck off."""
        points = set()
        for task in said["tasks"]:
            before = self.tasks.get(task["id"])
            self.tasks[task["id"]] = task
            if task["struck_off"] and (before is not None or kind == "task.strike_off") and (
                    before is None or before["struck_off"] != task["struck_off"]):
                points.update(task["points"])
        return points

    def look(self, point, moment):
        open_ones, watched = [], []
        for task in self.tasks.values():
            if point not in task["points"]:
                continue
            if task["struck_off"] and task["state"] in ("struck_off", "watching", "looked_back"):
                if utc_ms(task["struck_off"]) <= moment < utc_ms(task["watch_until"]):
                    watched.append(task["id"])
            elif task["state"] not in ("closed", "handed_over"):
                open_ones.append(task["id"])
        kind = "relapse" if watched else "ongoing" if open_ones else "new"
        return kind, sorted(open_ones + watched), sorted(watched)


class Track:
    """One rule at one point."""

    def __init__(self, collector, rule, point, gap_of, is_night):
        self.collector, self.rule, self.point = collector, rule, point
        self.gap_of, self.is_night = gap_of, is_night
        self.runs = [Run() for _ in rule.lanes]
        self.ledger, self.problem, self.problems = Ledger(), None, []

    def event(self, kind, said):
        if self.point in self.ledger.take(kind, said) and self.problem is not None:
            for run in self.runs:
                if run.running is not None:
                    run.running.ended, run.running.ended_by = run.running.last, "struck_off"
            self.runs = [Run() for _ in self.rule.lanes]
            self.problem.state, self.problem = "closed", None

    def step(self, index, item):
        """A value of a lane."""
        lane, run = self.rule.lanes[index], self.runs[index]
        if item.value is None or item.quality not in (NORMAL, OVER_RANGE):
            return
        if lane.when != "always" and (lane.when == "night") != self.is_night(item.time):
            return
        hole = (run.seen is not None
                and not 0 <= item.time - run.seen <= self.gap_of(lane, item.time))
        run.seen = item.time
        if hole:
            run.pending = run.good_since = None
        how = standing(self.rule, lane, item.value, item.quality)
        if how == "breach":
            self._breach(lane, run, item)
        elif run.running is None:
            run.pending = None
        if how != "good":
            run.good_since = None
        elif run.running is not None:
            run.good_since = run.good_since or item.time
            if item.time - run.good_since >= self.rule.recover_for_ms:
                self._end(run)
        self._gather(item, how)

    def _breach(self, lane, run, item):
        worse = (lambda a, b: max(a, b)) if lane.above is not None else (lambda a, b: min(a, b))
        current = run.running or run.pending
        if current is None:
            current = run.pending = Episode(item.time, item.value)
        current.last = max(current.last, item.time)
        current.worst = worse(current.worst, item.value)
        if run.running is None and item.time - current.first >= self.rule.for_ms:
            run.running, run.pending = current, None
            self._open(current)

    def _open(self, episode):
        if self.problem is None:
            uid = uid_of(self.collector, self.rule.name, self.point, episode.first)
            self.problem = Problem(uid, episode, self.ledger.look(self.point, episode.first))
            self.problems.append(self.problem)
        self.problem.episodes.append(episode)
        self.problem.state, self.problem.ended = "open", None

    def _end(self, run):
        ended = max(run.good_since, run.running.last)  # the clock may have been set back: never before `last`
        run.running.ended, run.running.ended_by = ended, "recovered"
        run.running = run.good_since = None
        if all(other.running is None for other in self.runs):
            self.problem.state, self.problem.ended = "recovered", ended

    def _gather(self, item, how):
        """Closed by the machine, where no task watches, after so long without a breach."""
        problem = self.problem
        if (problem is not None and problem.state == "recovered" and how == "good"
                and item.time - problem.ended >= self.rule.gather_ms
                and self.ledger.look(self.point, item.time)[0] == "new"):
            problem.state, self.problem = "closed", None


def play(track, values, events):
    """`values`: {lane index: [Value, …]}; `seq` is that of the poll that made it known."""
    order = [(v.seq, 1, i, index, v) for index, some in values.items() for i, v in enumerate(some)]
    order += [(seq, 0, 0, 0, (kind, said)) for seq, kind, _, said in events
              if kind in ("tasks.import", "task.strike_off")]
    for _, is_value, _, index, item in sorted(order, key=lambda one: one[:4]):
        if is_value:
            track.step(index, item)
        else:
            track.event(*item)
    return track.problems
