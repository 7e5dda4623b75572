"""一份佐证材料，读到哪里算哪里 · A bundle as far as it has been read, and what is claimed of it.

Written from VERIFY.md alone; see verify_bundle.py.
"""
import json
import re

from verify_seals import DIGEST, Wrong, leaf_hash, read_json, read_text, root_by_path, string_text

CLAIMS = ("unchanged", "complete", "signed-by", "existed-before", "verdict-recomputed")


class Claims:
    """What speaks against each claim, and what is missing for it."""

    def __init__(self):
        self.against = {claim: [] for claim in CLAIMS}
        self.missing = {claim: [] for claim in CLAIMS}
        self.reason = dict.fromkeys(CLAIMS, "")
        self.unknown = False  # a version this program does not know

    def refute(self, claim, why):
        self.against[claim].append(why)

    def lack(self, claim, why):
        self.missing[claim].append(why)

    def exit_code(self, required=()):
        answers = list(self.answers())
        no = any(state == "refuted" or (state != "proven" and claim in required)
                 for claim, state, _ in answers)
        return int(no or self.unknown)

    def answers(self):
        """[(claim, state, reason)]"""
        for claim in CLAIMS:
            if self.against[claim]:
                yield claim, "refuted", several(self.against[claim])
            elif self.missing[claim]:
                yield claim, "not proven", several(self.missing[claim])
            else:
                yield claim, "proven", self.reason[claim]


def several(reasons):
    reasons = list(dict.fromkeys(reasons))
    more = f" (and {len(reasons) - 3} more)" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more


class Case:
    """A bundle as far as it has been read."""

    def __init__(self, files):
        self.files = files
        self.manifest = {}
        self.keys = {}       # fingerprint: 32 bytes
        self.heads = []      # of heads.txt, then those of issue.json
        self.shown_heads = 0  # how many of them are of heads.txt
        self.entries = {}    # segment: [Entry]
        self.shown = {}      # segment: [Shown]
        self.configured = {}  # segment: [(seq, digest)]
        self.parts = {}      # configuration's digest: {name: digest}
        self.rows = {}       # point: {segment: [Row]}
        self.removed = []    # (segment, point) whose readings retention has removed
        self.broken = False  # whether anything is not as it was sealed
        self.issue = None
        self.issued = None   # the event of issue.json
        self.store = ""

    def differs(self, claims, words):
        """Something is not as it was sealed, so nothing can be worked out from it."""
        self.broken = True
        claims.refute("unchanged", words)

    def text(self, name):
        if name not in self.files:
            raise Wrong(f"{name} is missing")
        return read_text(self.files[name], name)

    def canonical(self, name):
        text = self.text(name)
        found = read_json(text, name)
        if not isinstance(found, dict) or canonical(found) + "\n" != text:
            raise Wrong(f"{name} is not written in the one form JSON has here")
        return found

    def item(self, configuration, name):
        """The content of what a configuration names, or None where it is not shown."""
        digest = self.parts.get(configuration, {}).get(name)
        return self.files.get(f"configuration/items/{digest}")

    def span(self):
        return self.manifest["from"], self.manifest["to"]

    def segments_with_rows(self):
        begin, end = self.span()
        return [head for head in self.heads[:self.shown_heads]
                if head.since != "-" and head.since < end and head.until >= begin]


class Lines:
    """A text read line by line, each ended by one line feed."""

    def __init__(self, text, where):
        self.lines, self.at, self.where = text.split("\n"), 0, where
        if self.lines.pop() != "":
            raise Wrong(f"{where}: does not end with a line feed")

    def more(self):
        return self.at < len(self.lines)

    def take(self, count=1):
        if self.at + count > len(self.lines):
            raise Wrong(f"{self.where}: ends too early")
        self.at += count
        return self.lines[self.at - count:self.at]

    def match(self, pattern):
        (line,) = self.take()
        found = re.fullmatch(pattern, line)
        if found is None:
            raise Wrong(f"{self.where}: line {self.at} is {line[:80]!r}")
        return found


def canonical(value):
    """JSON as VERIFY.md writes it. Numbers are kept as they stood (see plain_number())."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-8", "surrogatepass"))
        return "{" + ",".join(json_string(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return json_string(value)
    return json.dumps(value) if value is None or isinstance(value, bool) else number_text(value)


def json_string(value):
    return string_text(value).replace("\\u000a", "\\n")


def number_text(value):
    if isinstance(value, int):
        return str(value)
    mantissa, _, power = f"{value:.6g}".partition("e")
    if power:
        return f"{mantissa}e{int(power)}"
    return mantissa if "." in mantissa else mantissa + ".0"


def leads_to(head, index, text, path):
    """Whether a leaf and its path lead to the root of a head. `path`: hexadecimal digits."""
    if not all(isinstance(one, str) and re.fullmatch(DIGEST, one) for one in path):
        return False
    found = root_by_path(leaf_hash(text), index, head.leaves, [bytes.fromhex(one) for one in path])
    return found is not None and found.hex() == head.root


def joined(lines):
    return ("\n".join(lines) + "\n").encode()
