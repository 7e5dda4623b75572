"""判定，另写一遍 · The verdict, worked out anew from the sealed rows of a bundle.

Written from VERDICT.md alone, in its order. What comes out has the shape of verdict.json; compared
are words, counts, times and numbers, but not the sentences for people.
"""
from datetime import date

from verify_conf import read_conf
from verify_feed import (
    doubts_of, item_of, judged, maintenance_of, problems_of, sheet_of, sheets_of,
    shown_of, terms_of, terms_texts, zone_of)
from verify_outlook import Outlook
from verify_periods import Calendar
from verify_point import Point, Side
from verify_seals import Wrong, ms_of, time_text

APART = 1e-9  # relative: a number that is reckoned in another order differs by less
NOTHING = 1e-15  # what is left of a zero that is


# 一、整个问题 · The whole question ----------------------------------------------------------------------------


class Question:
    def __init__(self, case):
        said = self.said = case.manifest
        self.case, self.terms = case, terms_of(case)
        self.aggregates = read_conf(item_of(case, "aggregates.conf"), "aggregates.conf")
        self.calendar = Calendar(zone_of(case), self.aggregates["night"])
        begin, end = ms_of(said["from"]), ms_of(said["to"])
        self.struck = ms_of(said["struck_off"]) if said["struck_off"] else None
        start = begin if self.struck is None else max(begin, self.struck)
        self.span, self.window = Side(self.calendar, begin, end), Side(self.calendar, start, end)
        self.before = None
        if self.struck is not None and self.struck > begin:
            self.before = Side(self.calendar, begin, self.struck)
            self.before.days = [day for day in self.before.days if day in self.span.days]
        self.problems, self.reasons = problems_of(case), []
        self.points = [Point(self, name, sheet_of(case, name)) for name in said["points"]]
        self.doubts = self.find_doubts()
        self.outlook = Outlook(self)
        self.reasons = list(self.find_reasons())
        self.answer = self.answer_of()
        if self.answer == "relapsed":
            for one in self.reasons:
                one["provable_from"] = None

    def watch_length(self):
        if self.struck is None or self.said["watch_until"] is None:
            return None
        return ms_of(self.said["watch_until"]) - self.struck

    def end_of_sides(self, day):
        """Where the side ends that a day belongs to."""
        if self.before is not None and day in self.before.days:
            return self.before.until
        return self.window.until

    # Problems and doubts.

    def relapse(self, problem):
        return (problem["nature"] == "breach" and self.struck is not None
                and self.struck <= ms_of(problem["first"]) < self.window.until
                and self.said["task"] in problem["relapse_of"])

    def touches(self, problem):
        return ms_of(problem["first"]) < self.window.until and (
            problem["state"] == "open" or ms_of(problem["last"]) >= self.window.since)

    def find_doubts(self):
        """[{"kind", "blocks", "time", "point"}]: of problems first, then the others. `rule` and `over`
        (the last time, of a problem that is not open any more) are not printed."""
        found = [self.doubt_of_problem(one) for one in self.problems if one["nature"] == "doubt"]
        terms = self.terms["doubts"]
        others = [(seq, "", self.doubt("terms_changed", True, time, None))
                  for seq, time in self.changes(terms_texts(self.case))]
        for doubt in doubts_of(self.case):
            blocks = doubt.kind == "clock_step" and "clock_step" in terms["block"] and \
                abs(doubt.size["by_ms"]) >= terms["clock_step_ms"]
            others.append((doubt.seq, "", self.doubt(doubt.kind, blocks, doubt.time, None)))
        for point in self.said["points"]:
            sheets = [(segment, seq, judged(sheet)) for segment, seq, sheet in sheets_of(self.case, point)]
            others += [(seq, point, self.doubt("settings_changed", "settings_changed" in terms["block"], time, point))
                       for seq, time in self.changes(sheets)]
        found += [doubt for _, _, doubt in sorted(others, key=lambda one: one[:2])]
        for point in dict.fromkeys(point for _, point in self.case.removed):
            found.append(self.doubt("pruned", True, None, point))
        return found

    def doubt_of_problem(self, one):
        terms, rule, state = self.terms["doubts"], one["rule"], one["state"]
        kind = "screening" if rule.startswith("screen-") else "rule"
        still = state == "open" if terms["until"] == "open" else state != "closed"
        lasting = rule in ["screen-" + test for test in terms["lasting"]] and one["acknowledged"] is None
        return {"kind": rule, "blocks": kind in terms["block"] and (still or lasting)
                and self.touches(one), "time": one["first"], "point": one["point"], "rule": rule,
                "over": None if state == "open" else one["last"]}

    def doubt(self, kind, blocks, time, point):
        if time is not None and not self.window.since <= ms_of(time) < self.window.until:
            blocks = False
        return {"kind": kind, "blocks": blocks, "time": time, "point": point, "rule": None, "over": None}

    def changes(self, stages):
        """(SEQ, time) of those of [(segment, SEQ, what)] that say another thing inside the span."""
        for (_, _, before), (segment, seq, after) in zip(stages, stages[1:]):
            time = self.time_of(segment, seq)
            if before != after and (time is None or ms_of(time) >= self.span.since):
                yield seq, time

    def time_of(self, segment, seq):
        return next((shown.time for shown in self.case.shown.get(segment, []) if shown.seq == seq), None)

    def described_otherwise_before(self, point):
        return any(one["kind"] == "settings_changed" and one["point"] == point
                   and one["time"] is not None and ms_of(one["time"]) < self.window.since
                   for one in self.doubts)

    # The answer.

    def find_reasons(self):
        yield from self.reasons_of_problems(self.relapse, "relapsed")
        if self.struck is None:
            yield self.reason("not_struck_off")
        if not self.points:
            yield self.reason("no_points")
        for point in self.points:
            if not point.criteria:
                yield self.reason("no_rule", point.name)
        asked = [point for point in self.points if point.criteria]
        with_data = []
        for point in asked:
            if self.window.days and not sum(point.day(day).valid for day in self.window.days):
                yield self.reason("no_data", point.name)
            else:
                with_data.append(point)
        yield from self.reasons_of_problems(
            lambda one: one["nature"] == "breach" and self.touches(one) and not self.relapse(one),
            "breach")
        yield from self.reasons_of_doubts()
        yield from self.reasons_of_points(with_data)

    def reasons_of_problems(self, fits, word):
        seen = set()
        for point in self.said["points"]:
            for one in self.problems:
                key = one["point"], one["rule"]
                if one["point"] == point and fits(one) and key not in seen:
                    seen.add(key)
                    yield self.reason(word, *key)

    def reasons_of_doubts(self):
        """Of problems each one; of the others one of each kind and point."""
        seen = set()
        for one in self.doubts:
            key = one["kind"], one["point"]
            if not one["blocks"] or one["rule"] is None and key in seen:
                continue
            seen.add(key)
            heals = one["over"] or one["kind"] in ("clock_step", "settings_changed")
            yield self.reason("pruned" if one["kind"] == "pruned" else "doubt", one["point"],
                              one["rule"], when=self.outlook.full() if heals else None)

    def reasons_of_points(self, points):
        terms, days, full = self.terms, self.window.days, self.outlook.full()
        every = [(point, one, one.measured(days)) for point in points for one in point.criteria]
        for point, one, measured in every:
            if not measured.bound_holds() and 100 * measured.k > terms["rate_bound"] * measured.n:
                yield self.reason("exceeds_too_often", point.name, one.rule,
                                  when=self.outlook.of_bound(one), criterion=one)
        for point, one, measured in every:
            if not measured.percentile_holds():
                yield self.reason("percentile", point.name, one.rule,
                                  when=self.outlook.of_percentile(one), criterion=one)
        for point in points:
            if max((count for _, count in point.gaps(days)), default=0) > terms["gap_days"]:
                yield self.reason("gap", point.name, when=full)
        for point in points:
            yield from self.incomplete(point, full)
        for point, one, _ in every:
            if not one.improved():
                yield self.reason("no_improvement", point.name, one.rule, criterion=one)
        length = self.watch_length()
        if length is not None and self.window.until < self.window.since + length:
            yield self.reason("watch_not_over", when=full)
        for point, one, measured in every:
            if not measured.bound_holds() and 100 * measured.k <= terms["rate_bound"] * measured.n:
                yield self.reason("too_few_days", point.name, one.rule,
                                  when=self.outlook.of_bound(one), criterion=one)
        for point, one, measured in every:
            if not measured.run_holds():
                yield self.reason("last_run", point.name, one.rule, when=self.outlook.of_run(one),
                                  criterion=one)

    def incomplete(self, point, full):
        days, terms = self.window.days, self.terms
        if is_thin(*point.capped(days), terms["completeness"]):
            yield self.reason("incomplete", point.name, part="all",
                              when=self.outlook.of_completeness(point, "all"))
        if any(is_thin(expected, valid, terms["week"]) for _, expected, valid in point.weeks(days)):
            yield self.reason("incomplete", point.name, part="week", when=full)
        if is_thin(*point.night_hours(days), terms["night"]):
            yield self.reason("incomplete", point.name, part="night",
                              when=self.outlook.of_completeness(point, "night"))

    def reason(self, word, point=None, rule=None, part=None, when=None, criterion=None):
        return {"reason": word, "point": point, "rule": rule, "part": part,
                "provable_from": when and self.midnight_text(when), "criterion": criterion}

    def midnight_text(self, day):
        return time_text(self.calendar.midnight(day)) if isinstance(day, date) else time_text(day)

    def answer_of(self, point=None, rule=None, criterion=None):
        """Of the task; of a point; of a criterion."""
        def bears(one):
            if point is None or one["point"] is None:
                return True
            if one["point"] != point:
                return False
            return rule is None or one["rule"] is None or one["reason"] == "doubt" or (
                one["rule"] == rule and one["criterion"] in (None, criterion))
        words = {one["reason"] for one in self.reasons if bears(one)}
        return "relapsed" if "relapsed" in words else "not_proven" if words else "held"

    def printed(self):
        said = self.said
        return {
            "answer": self.answer, "task": said["task"], "category": said["category"],
            "from": said["from"], "to": said["to"], "struck_off": said["struck_off"],
            "watch_until": said["watch_until"], "window": self.window.printed(),
            "before": self.before and {**self.before.printed(), "to": time_text(
                min(self.before.until, self.span.until))},
            "reasons": [{key: value for key, value in one.items() if key != "criterion"}
                        for one in self.reasons],
            "provable_from": self.provable_from(),
            "provable_start": None if self.provable_from() is None or self.outlook.start is None else
            time_text(self.calendar.midnight(self.outlook.start)),
            "terms": {key: value for key, value in self.terms.items() if key != "before_days"},
            "points": [one.printed() for one in self.points],
            "problems": [self.problem_printed(one) for one in self.problems
                         if one["nature"] == "breach"],
            "doubts": [{key: one[key] for key in ("kind", "blocks", "time", "point")}
                       for one in self.doubts],
            "maintenance": [{"point": name, "from": time_text(start), "to": time_text(end)}
                            for name in said["points"]
                            for start, end in maintenance_of(self.case, name)
                            if start < self.span.until and end > self.span.since]}

    def provable_from(self):
        if self.answer != "not_proven":
            return None
        latest = self.outlook.of_all([one["provable_from"] for one in self.reasons])
        return latest and self.midnight_text(latest)

    def problem_printed(self, one):
        kept = ("uid", "point", "rule", "kind", "state", "first", "last", "ended", "episodes", "worst")
        return {**{key: one[key] for key in kept}, "relapse": self.relapse(one)}


def is_thin(expected, valid, wanted):
    return expected > 0 and valid * 100 < wanted * expected


# 二、比较 · The comparison -------------------------------------------------------------------------------------

SENTENCES = {"zh", "en"}


def differences(said, own, where=""):
    """Where two verdicts differ, in words."""
    if isinstance(own, dict) and isinstance(said, dict):
        for key in sorted((set(said) | set(own)) - (SENTENCES if where.count("title") == 0 else set())):
            if key not in own or key not in said:
                yield f"{where}{key} stands in one of them only"
            else:
                yield from differences(said[key], own[key], f"{where}{key}.")
    elif isinstance(own, list) and isinstance(said, list):
        if len(own) != len(said):
            yield f"{where[:-1]} has {len(said)} parts, worked out anew {len(own)}"
        for number, (a, b) in enumerate(zip(said, own), 1):
            yield from differences(a, b, f"{where[:-1]}[{number}].")
    elif not same(said, own):
        yield f"{where[:-1]} says {said!r}, worked out anew it is {own!r}"


def same(a, b):
    """What is printed and what was worked out: of a real, 6 significant digits are printed."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None or isinstance(a, str):
        return a is b if isinstance(a, bool) or a is None else a == b
    if isinstance(b, (dict, list, str)) or isinstance(a, (dict, list)):
        return False
    if isinstance(a, int):
        return a == b
    return abs(a - b) < NOTHING or any(a == float(f"{b * nearly:.6g}") for nearly in (1 - APART, 1, 1 + APART))


def check(case, claims):
    try:
        said = case.canonical("verdict.json")
    except Wrong as why:
        for claim in ("unchanged", "verdict-recomputed"):
            claims.refute(claim, str(why))
        return
    if case.broken:
        claims.lack("verdict-recomputed", "rows, entries or configuration are not those that were sealed")
        return
    question = Question(case)
    for where in differences(said, question.printed()):
        claims.refute("verdict-recomputed", f"verdict.json: {where}")
    check_task(case, claims)
    issued = case.issued.said.get("verdict")
    if issued != question.answer:
        claims.refute("verdict-recomputed", f"the sealed event of the export says {issued!r}, worked "
                                            f"out anew it is {question.answer!r}")
    claims.reason["verdict-recomputed"] = (f"{question.answer}, worked out anew from the sealed rows; "
                                           "the sentences for people were not compared")
    if case.manifest["form"] == "public":
        claims.reason["verdict-recomputed"] += ("; points, strike-off and watch period are as "
                                                "manifest.json says")


def check_task(case, claims):
    """The task is the one the ledger's newest shown entry has."""
    said, found = case.manifest, None
    for _, shown in shown_of(case):
        if shown.kind.startswith("task"):
            for task in shown.said.get("tasks") or []:
                if task.get("id") == said["task"]:
                    found = task
    if found is None:
        if said["form"] == "full" and said["struck_off"] is not None \
                and said["struck_off"] < said["to"]:
            claims.lack("verdict-recomputed", "no sealed entry of the ledger here names the task")
        return
    keys = ["points", "category"]
    if found["struck_off"] or (said["struck_off"] and said["struck_off"] < said["to"]):
        keys += ["struck_off", "watch_until"]
    for key in keys:
        if found[key] != said[key]:
            claims.lack("verdict-recomputed", f"the ledger's newest sealed entry says of the task's {key} "
                                              f"{found[key]!r}, the verdict rests on {said[key]!r}")


def check_simulated(case, claims):
    """Whether anything was made up is said by the sealed descriptions."""
    made_up = any(sheets[-1][2]["simulated"] for sheets in
                  (sheets_of(case, point) for point in case.manifest["points"]) if sheets)
    if case.manifest["simulated"] != made_up:
        claims.refute("unchanged", f"manifest.json says simulated: {case.manifest['simulated']}, the sealed "
                                   f"descriptions say {made_up}")
