#!/usr/bin/env python3
"""核对佐证材料，另写一遍 · A second verifier of evidence bundles, which shares nothing with Lookback.

    verify_bundle.py BUNDLE.zip [--key FINGERPRINT] [--ca FILE] [--anchor FILE]… [--require CLAIM]…
                     [--json]
    verify_bundle.py --store DIR [--key FINGERPRINT] [--anchor FILE]…

Written from VERIFY.md, SEAL.md and VERDICT.md, in their order. It needs python3 and `openssl`. One
line is printed for each claim: `CLAIM: proven|not proven|refuted – reason`. It ends with 0; with 1
when a claim is refuted, a required one is not proven, or the bundle is of another version; 2 wrong
use; 3 could not be done.

每一步都按 VERIFY.md 的顺序，读得懂的人可以逐条对照。Everything is checked by hashing what stands in the
bundle; nothing is unpacked to the disk, and nothing is believed because the bundle says so.
"""
import argparse
import json
import os
import re
import sys
from bisect import bisect_right
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import verify_anchor
import verify_case
import verify_verdict
from verify_archive import read_archive
from verify_seals import (
    CONFIGURED, DIGEST, TIME, OtherVersion, Wrong, chain_breaks, digest_of, handover_holds, in_order,
    leaf_hash, read_entry, read_head, read_json, read_key_made, read_public_pem, read_row, read_shown,
    read_text, root_by_path, signatures_hold, string_text, subject_shown)

CLAIMS = ("unchanged", "complete", "signed-by", "existed-before", "verdict-recomputed")
FORMAT = "lookback bundle 1"
LONGEST_CASE = 4 * 1024 ** 3 - 1
HOUR = 3600000


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


def ms_of(text):
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


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
        self.broken = []     # doubts about the sealing itself: (kind, words)
        self.issue = None
        self.issued = None   # the event of issue.json
        self.store = ""

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


# 一、清单 · The list of files ------------------------------------------------------------------------

FIELDS = {"category": str, "collector": str, "files": list, "form": str, "format": str, "from": str,
          "libraries": dict, "points": list, "program": str, "simulated": bool, "store": str,
          "struck_off": (str, type(None)), "task": str, "to": str,
          "watch_until": (str, type(None))}
APART = {"manifest.json", "sha256sums", "issue.json"}


def check_manifest(case, claims):
    said = read_json(case.text("manifest.json"), "manifest.json")
    if isinstance(said, dict) and said.get("format") != FORMAT:
        raise OtherVersion(f"manifest.json: the format {said.get('format')!r} is not one this program "
                           "knows")
    said = case.canonical("manifest.json")
    if set(said) != set(FIELDS) or any(not isinstance(said[key], FIELDS[key]) for key in FIELDS):
        raise Wrong("manifest.json does not hold what VERIFY.md says")
    if not (re.fullmatch(TIME, said["from"]) and re.fullmatch(TIME, said["to"])
            and said["from"] < said["to"] and said["form"] in ("full", "public")
            and all(isinstance(point, str) for point in said["points"])):
        raise Wrong("manifest.json: its span, form or points cannot be")
    case.manifest = said
    listed = {}
    for one in said["files"]:
        if not isinstance(one, dict) or set(one) != {"name", "sha256", "size"} \
                or not isinstance(one["name"], str):
            raise Wrong("manifest.json: a file of the list cannot be read")
        listed[one["name"]] = (one["sha256"], one["size"])
    if list(listed) != sorted(listed, key=str.encode) or len(listed) != len(said["files"]):
        claims.refute("unchanged", "the files of manifest.json do not stand in order")
    for name in sorted(set(listed) | set(case.files) - APART):
        if name not in listed:
            claims.refute("unchanged", f"{name} is not in manifest.json")
        elif name not in case.files:
            claims.refute("unchanged", f"{name} is missing")
        elif listed[name] != (digest_of(case.files[name]), len(case.files[name])):
            claims.refute("unchanged", f"{name} is not what manifest.json says")
    sums = "".join(f"{digest_of(case.files[name])}  {name}\n"
                   for name in sorted(case.files, key=str.encode)
                   if name not in ("sha256sums", "issue.json"))
    if case.text("sha256sums") != sums:
        claims.refute("unchanged", "sha256sums does not say what the files are: " + differing_line(
            case.text("sha256sums"), sums))


def differing_line(text, other):
    for number, (a, b) in enumerate(zip(text.split("\n"), other.split("\n")), 1):
        if a != b:
            return f"line {number}"
    return "its end"


# 二、头和钥匙 · Heads and keys -----------------------------------------------------------------------


def check_keys(case):
    for name, content in case.files.items():
        if name.startswith("keys/"):
            public = read_public_pem(content, name)
            if f"keys/{digest_of(public)}.pem" != name:
                raise Wrong(f"{name} holds another key than its name says")
            case.keys[digest_of(public)] = public


def check_heads(case, claims):
    text = case.text("heads.txt")
    for number, block in enumerate(text.split("\n\n")[:-1] or [""], 1):
        found = re.fullmatch(r"(.*\n)signature ([0-9a-f]{128})", block, re.S)
        if found is None:
            raise Wrong(f"heads.txt: the {number}. head has no signature")
        case.heads.append(read_head(found[1], bytes.fromhex(found[2]), f"heads.txt, {number}. head"))
    if not text.endswith("\n\n"):
        raise Wrong("heads.txt: its end is not as it is written")
    case.shown_heads = len(case.heads)
    case.store = case.heads[0].store
    if any(head.store != case.manifest["store"] for head in case.heads):
        claims.refute("unchanged", "heads.txt is of another store than manifest.json")


def check_last(case, claims):
    """No head after those of heads.txt belongs to the span: it would be the last one then."""
    _, end = case.span()
    for head in case.heads[case.shown_heads:-1]:
        if head.since != "-" and head.since < end:
            claims.refute("complete", f"segment {head.segment} begins inside the span, and its events "
                                      "and readings are not here")


def check_issue(case, claims):
    """The event of this export, and its proof up to a signed head."""
    issue = case.canonical("issue.json")
    kinds = {"anchors": list, "event": str, "events": str, "head": str, "heads": list, "path": list,
             "signature": str}
    if set(issue) != set(kinds) or any(not isinstance(issue[key], kinds[key]) for key in kinds):
        raise Wrong("issue.json does not hold what VERIFY.md says")
    case.issue = issue
    for number, one in enumerate([*issue["heads"], issue], 1):
        if not isinstance(one, dict) or not (isinstance(one.get("head"), str) and isinstance(
                one.get("signature"), str) and re.fullmatch("[0-9a-f]{128}", one["signature"])):
            raise Wrong(f"issue.json: the {number}. head has no signature")
        case.heads.append(read_head(one["head"], bytes.fromhex(one["signature"]),
                                    f"issue.json, {number}. head"))
    head = case.heads[-1]
    if head.collector != case.manifest["collector"]:
        claims.refute("unchanged", "issue.json is of another collector than manifest.json")
    if not leads_to(head, 0, issue["events"].encode(), issue["path"]):
        claims.refute("unchanged", "issue.json: the events do not lead to the root of its head")
    event = read_shown(issue["event"], "issue.json, event")
    lines = Lines(issue["events"], "issue.json, events")
    lines.match("events")
    entries = [read_entry(line, "issue.json, events") for line in lines.lines[1:]]
    if (event.seq, event.kind, digest_of(issue["event"].encode())) not in [
            (one.seq, one.kind, one.digest) for one in entries]:
        claims.refute("unchanged", "issue.json: its event is not among the sealed events")
    manifest = case.manifest
    said = event.said
    if event.kind != "evidence.issue":
        claims.refute("unchanged", f"issue.json shows an event {event.kind}, not that of an export")
    if said.get("manifest") != digest_of(case.files["manifest.json"]):
        claims.refute("unchanged", "the sealed event of the export is of another manifest.json")
    for key in ("form", "from", "task", "to"):
        if said.get(key) != manifest[key]:
            claims.refute("unchanged", f"the sealed event was for another `{key}`: {said.get(key)!r}")
    case.issued = event


def check_chain(case, claims):
    for why in chain_breaks(case.heads):
        claims.refute("complete", why)
        case.broken.append(("head_differs", why))
    wanted = [(case.keys.get(head.key, b""), head.text.encode(), head.signature)
              for head in case.heads]
    for head, holds in zip(case.heads, signatures_hold(wanted)):
        if head.key not in case.keys:
            claims.refute("signed-by", f"the key of segment {head.segment} is not in the bundle")
            claims.refute("unchanged", f"the head of segment {head.segment} is by a key that is not here")
        elif not holds:
            case.broken.append(("head_differs", f"segment {head.segment} is not signed"))
            claims.refute("signed-by", f"the signature of segment {head.segment} is wrong")
            claims.refute("unchanged", f"the head of segment {head.segment} is not signed")
    for key in set(case.keys) - {head.key for head in case.heads}:
        claims.refute("unchanged", f"keys/{key}.pem signed nothing here")


def leads_to(head, index, text, path):
    """Whether a leaf and its path lead to the root of a head. `path`: hexadecimal digits."""
    if not all(isinstance(one, str) and re.fullmatch(DIGEST, one) for one in path):
        return False
    found = root_by_path(leaf_hash(text), index, head.leaves, [bytes.fromhex(one) for one in path])
    return found is not None and found.hex() == head.root


# 三、事件和配置 · Events and configuration ------------------------------------------------------------

ALWAYS = {"started", "stopped", "gap", "configuration", "key.made", "evidence.issue"}
ALWAYS_BEGIN = ("clock.", "rule.", "aggregates.")


def bears_on(case, entry):
    said = case.manifest
    if entry.kind == "problem":
        return entry.subject in said["points"] and not (
            said["form"] == "public" and said["struck_off"] is None)
    if entry.kind in ALWAYS or entry.kind.startswith(ALWAYS_BEGIN):
        return True
    if entry.kind.startswith("device."):
        return entry.subject in {point.rsplit("/", 1)[0] for point in said["points"]}
    return said["form"] == "full" and (
        entry.kind == "tasks.import" or entry.subject == said["task"])


def check_events(case, claims):
    lines = Lines(case.text("events.txt"), "events.txt")
    for head in case.heads[:case.shown_heads]:
        where = f"events.txt, segment {head.segment}"
        lines.match(f"segment {head.segment}")
        path = lines.match(rf"path((?: {DIGEST})+)")[1].split()
        configuration = lines.take(1 + int(lines.match(r"configuration (\d{1,9})")[1]))
        found = lines.match(r"events (\d{1,9}) (\d{1,9})")
        events = lines.take(1 + int(found[1]))
        shown = lines.take(int(found[2]))
        if leaf_hash(joined(configuration)).hex() != path[0]:
            claims.refute("unchanged", f"{where}: the configuration is not the sealed one")
        if not leads_to(head, 0, joined(events), path):
            claims.refute("unchanged", f"{where}: events and configuration do not lead to the root of "
                                       "the head")
        read_events(case, claims, head, where, events, shown)
        read_configuration(case, claims, head, where, configuration)
    if lines.more():
        raise Wrong(f"events.txt: line {lines.at + 1} is of no segment of heads.txt")


def joined(lines):
    return ("\n".join(lines) + "\n").encode()


def read_events(case, claims, head, where, events, shown):
    if events[0] != "events":
        raise Wrong(f"{where}: leaf 0 is {events[0]!r}")
    entries = [read_entry(line, where) for line in events[1:]]
    for before, entry in zip([None, *entries], entries):
        if not head.first <= entry.seq <= head.last or (before and before.seq >= entry.seq):
            raise Wrong(f"{where}: entry {entry.seq} does not stand in its place")
    by_seq = {entry.seq: entry for entry in entries}
    case.entries[head.segment], case.shown[head.segment] = entries, []
    before = 0
    for line in shown:
        one = read_shown(line, where)
        entry = by_seq.get(one.seq)
        if entry is None or one.seq <= before:
            claims.refute("unchanged", f"{where}: entry {one.seq} is not among the sealed ones")
            continue
        if digest_of(line.encode()) != entry.digest:
            claims.refute("unchanged", f"{where}: entry {one.seq} ({entry.kind}) is not the sealed one")
        elif (one.kind, one.time, subject_shown(one)) != (entry.kind, entry.time, entry.subject):
            claims.refute("unchanged", f"{where}: entry {one.seq} is listed as another than it is")
        before = one.seq
        case.shown[head.segment].append(one)
    seen = {one.seq for one in case.shown[head.segment]}
    for entry in entries:
        if bears_on(case, entry) and entry.seq not in seen:
            claims.refute("complete", f"{where}: entry {entry.seq} ({entry.kind} {entry.subject}) "
                                      "bears on the case and is not shown")
        elif entry.seq in seen and not bears_on(case, entry):
            claims.refute("unchanged", f"{where}: entry {entry.seq} ({entry.kind}) is shown and does "
                                       "not belong here")


def read_configuration(case, claims, head, where, lines):
    if lines[0] != "configuration":
        raise Wrong(f"{where}: leaf 1 is {lines[0]!r}")
    found = []
    for line in lines[1:]:
        match = CONFIGURED.fullmatch(line)
        if match is None or (found and int(match[1]) <= found[-1][0]):
            raise Wrong(f"{where}: leaf 1 cannot be read")
        found.append((int(match[1]), match[2]))
    before = case.configured.get(head.segment - 1)
    if before and (not found or (found[0] != before[-1] and found[0][0] < head.first)):
        claims.refute("complete", f"{where}: the configuration in force at its beginning is not the "
                                  "one that was in force before")
    case.configured[head.segment] = found
    for _, digest in found:
        if digest not in case.parts:
            case.parts[digest] = read_parts(case, digest)


def read_parts(case, digest):
    """{name: digest} of a configuration's text."""
    name = f"configuration/{digest}.txt"
    text = case.text(name)
    if digest_of(text.encode()) != digest:
        raise Wrong(f"{name} is not what its name says")
    parts, before = {}, b""
    for line in text.split("\n")[:-1]:
        match = re.fullmatch(rf"({DIGEST})  (.+)", line)
        if match is None or match[2].encode() <= before:
            raise Wrong(f"{name}: {line!r} cannot stand there")
        parts[match[2]] = match[1]
        before = match[2].encode()
    return parts


def is_withheld(case, name):
    if case.manifest["form"] != "public":
        return False
    if name.startswith("points/"):
        return name[7:-5] not in case.manifest["points"]
    return name == "ledger.conf" or name.startswith(("settings/", "sites/"))


def check_items(case, claims):
    named = {}
    for parts in case.parts.values():
        for name, digest in parts.items():
            named.setdefault(digest, []).append(name)
    for name, content in case.files.items():
        match = re.fullmatch(r"configuration/(items/)?([0-9a-f]{64})(\.txt)?", name)
        if match is None:
            continue
        if digest_of(content) != match[2]:
            claims.refute("unchanged", f"{name} is not what its name says")
        if match[2] not in (named if match[1] else case.parts):
            claims.refute("unchanged", f"{name} belongs to no configuration here")
    for digest, names in named.items():
        shown = [name for name in names if not is_withheld(case, name)]
        if shown and f"configuration/items/{digest}" not in case.files:
            claims.refute("complete", f"{shown[0]} of the configuration is not shown")


# 四、读数 · Readings ---------------------------------------------------------------------------------


def check_rows(case, claims):
    heads = {head.segment: head for head in case.segments_with_rows()}
    for point in case.manifest["points"]:
        name = f"rows/{point}.txt"
        case.rows[point] = {}
        if name in case.files:
            read_rows(case, claims, point, name, heads)
        for segment in heads:
            described = any(f"points/{point}.json" in case.parts[digest]
                            for _, digest in case.configured.get(segment, []))
            if described and segment not in case.rows[point]:
                claims.refute("complete", f"{name}: the leaf of segment {segment} is not shown")
    for name in case.files:
        if name.startswith("rows/") and name[5:-4] not in case.manifest["points"]:
            claims.refute("unchanged", f"{name} is of no point of the case")


def read_rows(case, claims, point, name, heads):
    lines, before = Lines(case.text(name), name), 0
    while lines.more():
        found = lines.match(r"segment (\d{1,9})(?: removed| leaf (\d{1,9}) rows (\d{1,9}))")
        segment, number, count = (int(one or 0) for one in found.groups())
        where = f"{name}, segment {segment}"
        if found[2] is None:
            claims.lack("complete", f"{where}: the readings were removed by retention")
            case.rows[point][segment] = []
            case.removed.append((segment, point))
            continue
        path = lines.match(rf"path((?: {DIGEST})+)")[1].split()
        leaf = lines.take(1 + count)
        head = heads.get(segment)
        if head is None or segment <= before or leaf[0] != f"point {point}":
            raise Wrong(f"{where}: does not belong where it stands")
        if not leads_to(head, number, joined(leaf), path):
            claims.refute("unchanged", f"{where}: the readings do not lead to the root of the head")
            case.broken.append(("rows_differ", where))
        rows = [read_row(line, where) for line in leaf[1:]]
        in_order(rows, where)
        for row in rows:
            if not head.first <= row.seq <= head.last or row.time and not (
                    head.since <= row.time <= head.until):
                claims.refute("unchanged", f"{where}: entry {row.seq} cannot be of this segment")
        case.rows[point][segment] = rows
        before = segment


def in_span(case, point):
    """The readings of the span, in (time, seq) order."""
    begin, end = case.span()
    return sorted((row.time, row.seq, row) for rows in case.rows.get(point, {}).values()
                  for row in rows if row.time and begin <= row.time < end)


class LocalTime:
    """2026-11-22 08:00:00.123 in the collector's zone; the offset is asked for once an hour."""

    def __init__(self, zone):
        self.zone, self.known = ZoneInfo(zone), {}

    def __call__(self, time):
        hour = time[:13]
        if hour not in self.known:
            start = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=timezone.utc)
            local = start.astimezone(self.zone)
            whole = local.utcoffset().total_seconds() % 3600 == 0
            self.known[hour] = local.strftime("%Y-%m-%d %H") if whole else None
        if self.known[hour] is not None:
            return self.known[hour] + time[13:23]
        moment = datetime.strptime(time[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S") + time[19:23]


def csv_field(text):
    return '"' + text.replace('"', '""') + '"' if re.search('[,"]', text) else text


CSV_FIRST = ("时间 time,监测点 point,数值 value,单位 unit,标记 quality,原因 cause,序号 seq")


def csv_lines(case):
    local = LocalTime(verify_case.zone_of(case))
    yield CSV_FIRST
    for point in case.manifest["points"]:
        unit = verify_case.sheet_of(case, point)["unit"]
        middle = "," + csv_field(point) + ","
        for time, seq, row in in_span(case, point):
            yield (local(time) + middle + row.value + "," + csv_field(unit) + "," + row.quality + ","
                   + csv_field(row.cause) + f",{seq}")


def check_csv(case, claims):
    text = case.text("readings.csv")
    lines = text.removeprefix("\ufeff").split("\r\n")
    if not text.startswith("\ufeff") or lines.pop() != "":
        claims.refute("unchanged", "readings.csv does not begin or end as it is written")
    ours = list(csv_lines(case))
    for number, (line, own) in enumerate(zip(lines, ours), 1):
        if line != own:
            claims.refute("unchanged", f"readings.csv, line {number} says {line[:90]!r}; the sealed row "
                                       f"says {own[:90]!r}")
            return
    if len(lines) != len(ours):
        claims.refute("unchanged", f"readings.csv has {len(lines) - 1} readings, the sealed rows "
                                   f"{len(ours) - 1}")


# 五、覆盖到哪里 · What the chain covers ---------------------------------------------------------------


def check_cover(case, claims):
    for point in case.manifest["points"]:
        check_order(case, claims, point)
    check_steps(case, claims)
    begin, end = case.span()
    timed = [head for head in case.heads if head.since != "-"]
    if not timed:
        claims.lack("complete", "no segment has a time")
        return
    earliest = min(begin, case.manifest["struck_off"] or begin)
    if case.heads[0].segment > 1 and timed[0].since > earliest:
        claims.lack("complete", f"the chain begins at {timed[0].since}, after the span")
    if timed[-1].until < end:
        claims.lack("complete", f"the chain ends at {timed[-1].until}, before {end}")
    longest = max([HOUR] + [2 * verify_case.sheet_of(case, point)["every_ms"]
                            for point in case.manifest["points"]])
    for before, head in zip(timed, timed[1:]):
        since, until = max(before.until, begin), min(head.since, end)
        if since < until and ms_of(until) - ms_of(since) > longest:
            events = [one for one in case.entries.get(before.segment, []) if one.kind != "problem"]
            if not events or events[-1].kind != "stopped":
                claims.lack("complete", f"nothing was recorded from {before.until} to {head.since} and "
                                        "no stop was: the power may have failed, or the end of the "
                                        "store was cut off")


def check_steps(case, claims):
    """The clock inside the span."""
    begin, end = case.span()
    allowed = verify_case.terms_of(case)["doubts"]["clock_step_ms"]
    for shown in (one for some in case.shown.values() for one in some if one.kind == "clock.step"):
        if begin <= shown.time < end and abs(shown.said["by_ms"]) >= allowed:
            claims.lack("complete", f"the clock was stepped by {shown.said['by_ms']} ms at {shown.time} "
                                    f"(entry {shown.seq}, clock.step)")


def check_order(case, claims, point):
    """Time never goes back unseen: a later time with a lower number means that the clock was set."""
    rows = sorted((row.time, row.seq, segment) for segment, some in case.rows.get(point, {}).items()
                  for row in some if row.time)
    highest, found = [], 0
    for time, seq, segment in rows:
        if highest and seq < highest[-1] and found < 3:
            early = rows[bisect_right(highest, seq)]
            if ms_of(time) - ms_of(early[0]) > 1000:
                found += explain_order(case, claims, point, (time, seq, segment), early)
        highest.append(max(seq, highest[-1] if highest else 0))


def explain_order(case, claims, point, late, early):
    """Whether the clock was said to have been set back before the higher number was recorded."""
    since = next(head.first for head in case.heads if head.segment == late[2])
    between = [shown for some in case.shown.values() for shown in some if since <= shown.seq < early[1]]
    if any(shown.kind == "clock.step" and shown.said["by_ms"] < 0 for shown in between):
        return 0
    words = (f"{point}: entry {late[1]} says {late[0]} and the later entry {early[1]} says {early[0]}: "
             "the clock was set back")
    if any(shown.kind == "started" for shown in between):
        claims.lack("complete", words + ", perhaps across a start")
    else:
        claims.refute("complete", words + ", and no event says so")
    return 1


# 六、谁签的 · Whose key ------------------------------------------------------------------------------


def check_signed_by(case, claims, given):
    successors = handovers(case, claims)
    used = list(dict.fromkeys(head.key for head in case.heads))
    claims.reason["signed-by"] = f"all {len(case.heads)} heads, by the key that was given"
    if given is None:
        claims.lack("signed-by", "no key was given to compare with; the heads are by "
                    + ", ".join(used))
        return
    known = reachable(successors, given)
    for key in used:
        if key in known:
            continue
        first = next(head.segment for head in case.heads if head.key == key)
        if given in reachable(successors, key):
            claims.lack("signed-by", f"segment {first} is by the older key {key}, which handed over to "
                                     "the one given: compare that one")
        else:
            claims.refute("signed-by", f"segment {first} is signed by another key, {key}")


def handovers(case, claims):
    """{old fingerprint: {new ones}}, only those the old key has signed."""
    found = {}
    for segment, entries in sorted(case.shown.items()):
        for shown in entries:
            if shown.kind != "key.made":
                continue
            key, _, old = read_key_made(shown, case.store, f"segment {segment}")
            if old is None:
                continue
            if old in case.keys and handover_holds(shown, case.store, case.keys[old]):
                found.setdefault(old, set()).add(key)
            elif old in case.keys and shown.said.get("signature") is not None:
                claims.refute("signed-by", f"the key {key} (entry {shown.seq}) says it replaces {old}, "
                                           "which did not sign that")
    return found


def reachable(successors, key):
    known, todo = set(), [key]
    while todo:
        one = todo.pop()
        if one not in known:
            known.add(one)
            todo += successors.get(one, ())
    return known


# 七、结论 · The claims -------------------------------------------------------------------------------


def verify(data, key=None, ca=None, anchors=()):
    """Claims about a bundle's bytes. `anchors`: heads kept outside, as dictionaries."""
    claims = Claims()
    try:
        case = Case(read_archive(data))
        check_manifest(case, claims)
        check_keys(case)
        check_heads(case, claims)
        check_issue(case, claims)
        check_last(case, claims)
        check_chain(case, claims)
        check_events(case, claims)
        check_items(case, claims)
        check_rows(case, claims)
    except OtherVersion as why:
        claims = Claims()
        claims.unknown = True
        for claim in CLAIMS:
            claims.lack(claim, str(why))
        return claims
    except (Wrong, KeyError, TypeError, ValueError) as why:
        claims.refute("unchanged", said(why))
        for claim in CLAIMS[1:]:
            claims.lack(claim, "the bundle could not be read to its end")
        return claims
    for claim, check in (("unchanged", lambda: check_csv(case, claims)),
                         ("complete", lambda: check_cover(case, claims)),
                         ("signed-by", lambda: check_signed_by(case, claims, key)),
                         ("existed-before", lambda: verify_anchor.check(case, claims, ca, anchors)),
                         ("verdict-recomputed", lambda: verify_verdict.check(case, claims))):
        try:
            check()
        except (Wrong, KeyError, TypeError, ValueError, IndexError) as why:
            (claims.refute if claim == "unchanged" else claims.lack)(claim, said(why))
    proven_words(case, claims)
    return claims


def said(why):
    return str(why) if isinstance(why, Wrong) else f"something is missing or of another kind: {why!r}"


def proven_words(case, claims):
    first, last = case.heads[0], case.heads[-1]
    count = sum(len(rows) for point in case.rows.values() for rows in point.values())
    claims.reason["unchanged"] = (f"{len(case.files)} files, {count} sealed readings and "
                                  f"{sum(map(len, case.shown.values()))} entries lead to signed heads")
    claims.reason["complete"] = f"segments {first.segment} to {last.segment} follow each other"


def read_anchor(path):
    with open(path, "rb") as file:
        found = read_json(read_text(file.read(65536), path), path)
    if not (isinstance(found, dict) and type(found.get("segment")) is int
            and re.fullmatch(DIGEST, str(found.get("head")))):
        raise Wrong(f"{path}: not a head that was kept outside")
    return found


def read_file(path):
    if os.path.getsize(path) > LONGEST_CASE:
        raise Wrong(f"{path} is longer than any bundle")
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--store")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    parser.add_argument("--anchor", action="append", default=[])
    parser.add_argument("--require", action="append", default=[], choices=CLAIMS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if (asked.bundle is None) == (asked.store is None):
        parser.error("one of BUNDLE.zip and --store DIR")
    if asked.key is not None and not re.fullmatch(DIGEST, asked.key):
        parser.error("--key: 64 hexadecimal digits")
    try:
        anchors = [read_anchor(path) for path in asked.anchor]
        if asked.store is not None:
            import verify_store
            return verify_store.main(asked.store, asked.key, anchors)
        claims = verify(read_file(asked.bundle), asked.key, asked.ca, anchors)
    except (OSError, Wrong) as why:
        print(why, file=sys.stderr)
        return 3
    tell(list(claims.answers()), asked.json)
    return claims.exit_code(asked.require)


def tell(answers, as_json):
    if as_json:
        print(json.dumps({"claims": [{"claim": claim, "state": state, "reason": reason}
                                     for claim, state, reason in answers]}, ensure_ascii=False))
    else:
        for claim, state, reason in answers:
            print(f"{claim}: {state} – {reason}")


if __name__ == "__main__":
    sys.exit(main())
