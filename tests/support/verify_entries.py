"""事件和配置 · Events and configuration of each segment.

Written from VERIFY.md and SEAL.md alone; see verify_bundle.py.
"""
import re

from verify_case import Lines, joined, leads_to
from verify_seals import (
    CONFIGURED, DIGEST, Wrong, digest_of, leaf_hash, read_entry, read_shown, subject_shown)


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
            case.differs(claims, f"{where}: the configuration is not the sealed one")
        if not leads_to(head, 0, joined(events), path):
            case.differs(claims, f"{where}: events and configuration do not lead to the root of "
                                  "the head")
        read_events(case, claims, head, where, events, shown)
        read_configuration(case, claims, head, where, configuration)
    if lines.more():
        raise Wrong(f"events.txt: line {lines.at + 1} is of no segment of heads.txt")


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
            case.differs(claims, f"{where}: entry {one.seq} ({entry.kind}) is not the sealed one")
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
            case.differs(claims, f"{name} is not what its name says")
        if match[2] not in (named if match[1] else case.parts):
            claims.refute("unchanged", f"{name} belongs to no configuration here")
    for digest, names in named.items():
        shown = [name for name in names if not is_withheld(case, name)]
        if shown and f"configuration/items/{digest}" not in case.files:
            claims.refute("complete", f"{shown[0]} of the configuration is not shown")
