"""清单、封存头、导出记录 · The list of files, the heads, and the event that seals the list.

Written from VERIFY.md alone; see verify_bundle.py.
"""
import re
from collections import namedtuple

from verify_case import Lines, leads_to
from verify_seals import (
    TIME, OtherVersion, Wrong, chain_breaks, digest_of, read_entry, read_head, read_json,
    read_key_made, read_public_pem, read_shown, signatures_hold)

Made = namedtuple("Made", "seq said")

FORMAT = "lookback bundle 1"


# 一、清单 · The list of files ------------------------------------------------------------------------

FIELDS = {"category": str, "collector": str, "files": list, "form": str, "format": str, "from": str,
          "libraries": dict, "points": list, "program": str, "simulated": bool, "store": str,
          "struck_off": (str, type(None)), "task": str, "to": str,
          "watch_until": (str, type(None))}
APART = {"manifest.json", "sha256sums", "issue.json"}


def check_manifest(case, claims):
    said = read_json(case.text("manifest.json"), "manifest.json")
    form = said.get("format") if isinstance(said, dict) else None
    if form != FORMAT and re.fullmatch(r"lookback bundle \d+", str(form)):
        raise OtherVersion(f"manifest.json: the format {form!r} is not one this program knows")
    said = case.canonical("manifest.json")
    if set(said) != set(FIELDS) or any(not isinstance(said[key], FIELDS[key]) for key in FIELDS):
        raise Wrong("manifest.json does not hold what VERIFY.md says")
    if not (re.fullmatch(TIME, said["from"]) and re.fullmatch(TIME, said["to"])
            and said["from"] < said["to"] and said["format"] == FORMAT and said["form"] in ("full", "public")
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


def check_made(case):
    """keys.json: every key of the store, and who handed over to it. Not in every bundle."""
    case.made = []
    if "keys.json" not in case.files:
        return
    said = case.canonical("keys.json")
    if set(said) != {"keys"} or not isinstance(said["keys"], list) or len(said["keys"]) > 10000:
        raise Wrong("keys.json does not hold what VERIFY.md says")
    for number, one in enumerate(said["keys"], 1):
        if not isinstance(one, dict) or set(one) != {"key", "public", "replaces", "signature"} \
                or not all(value is None or isinstance(value, str) and re.fullmatch(form, value)
                           for value, form in ((one["replaces"], "[0-9a-f]{64}"),
                                               (one["signature"], "[0-9a-f]{128}"))):
            raise Wrong(f"keys.json: key {number} is not as it is written")
        made = Made(0, one)
        read_key_made(made, case.manifest["store"], "keys.json")
        case.made.append(made)


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
        case.broken = True
    wanted = [(case.keys.get(head.key, b""), head.text.encode(), head.signature)
              for head in case.heads]
    for head, holds in zip(case.heads, signatures_hold(wanted)):
        if head.key not in case.keys:
            claims.refute("signed-by", f"the key of segment {head.segment} is not in the bundle")
            claims.refute("unchanged", f"the head of segment {head.segment} is by a key that is not here")
        elif not holds:
            claims.refute("signed-by", f"the signature of segment {head.segment} is wrong")
            case.differs(claims, f"the head of segment {head.segment} is not signed")
    for key in set(case.keys) - {head.key for head in case.heads}:
        claims.refute("unchanged", f"keys/{key}.pem signed nothing here")
