"""Which problems a list of readings holds, worked out anew from the words of the design.

Written from the contract and not from the judge, so that two heads must be wrong in the same way
before a test is.
"""
import hashlib

HOLE_MS = 300000  # judged readings of a quick device may be this far apart


def utc_text(ms):
    from datetime import datetime, timezone
    moment = datetime.fromtimestamp(ms // 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"


def uid_of(collector, rule, point, first):
    words = "\n".join((collector, rule, point, utc_text(first)))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


class Problem:
    def __init__(self, uid, first):
        self.uid, self.first, self.episodes = uid, first, 0
        self.last = self.ended = self.worst = None


def problem_above(collector, rule, point, readings, above, for_ms=0, recover=None):
    """The one problem of a rule `above` with `recover_for` 0 at one point, or None. `readings`:
    [(time ms, value, letter)] in order; a problem is joined by every later episode."""
    recover = above if recover is None else recover
    problem, pending, running, seen = None, None, False, None
    for time, value, letter in readings:
        if letter not in "NT" or value is None:
            continue
        if seen is not None and not 0 <= time - seen <= HOLE_MS:
            pending = None
        seen = time
        if value > above:
            if not running:
                pending = pending or (time, value)
                pending = (pending[0], max(pending[1], value))
                if time - pending[0] >= for_ms:
                    problem = problem or Problem(uid_of(collector, rule, point, pending[0]),
                                                 pending[0])
                    problem.episodes += 1
                    running = True
                    value = pending[1]
            if running:
                problem.last, problem.ended = time, None
                if problem.worst is None or value > problem.worst:
                    problem.worst = value
        else:
            pending = None
            if running and value <= recover and letter == "N":
                running, problem.ended = False, time
    return problem
