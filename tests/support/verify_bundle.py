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

import verify_anchor
import verify_feed
import verify_verdict
from verify_archive import read_archive
from verify_case import CLAIMS, Case, Claims
from verify_entries import check_events, check_items
from verify_heads import (
    check_chain, check_heads, check_issue, check_keys, check_last, check_made, check_manifest)
from verify_rows import check_csv, check_order, check_rows
from verify_seals import (
    DIGEST, OtherVersion, Wrong, handover_holds, ms_of, read_head, read_json, read_key_made,
    read_text)

LONGEST_CASE = 4 * 1024 ** 3 - 1
HOUR = 3600000


# 一、覆盖到哪里 · What the chain covers ---------------------------------------------------------------


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
    longest = max([HOUR] + [2 * verify_feed.sheet_of(case, point)["every_ms"]
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
    allowed = verify_feed.terms_of(case)["doubts"]["clock_step_ms"]
    for shown in (one for some in case.shown.values() for one in some if one.kind == "clock.step"):
        if begin <= shown.time < end and abs(shown.said["by_ms"]) >= allowed:
            claims.lack("complete", f"the clock was stepped by {shown.said['by_ms']} ms at {shown.time} "
                                    f"(entry {shown.seq}, clock.step)")


# 二、谁签的 · Whose key ------------------------------------------------------------------------------


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
    found, publics = {}, dict(case.keys)
    shown = [(f"segment {segment}", one) for segment, entries in sorted(case.shown.items())
             for one in entries if one.kind == "key.made"]
    for where, one in [("keys.json", one) for one in case.made] + shown:
        key, public, old = read_key_made(one, case.store, where)
        if where == "keys.json":
            publics.setdefault(key, public)
        if old is None:
            continue
        if old in publics and handover_holds(one, case.store, publics[old]):
            found.setdefault(old, set()).add(key)
        elif old in publics and one.said.get("signature") is not None:
            claims.refute("signed-by", f"the key {key} ({where}) says it replaces {old}, "
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


# 三、结论 · The claims -------------------------------------------------------------------------------


def verify(data, key=None, ca=None, anchors=()):
    """Claims about a bundle's bytes. `anchors`: heads kept outside, as dictionaries."""
    claims = Claims()
    try:
        case = Case(read_archive(data))
        check_manifest(case, claims)
        check_keys(case)
        check_made(case)
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
                         ("unchanged", lambda: verify_verdict.check_simulated(case, claims)),
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


def read_anchors(path):
    """Heads kept outside, as dictionaries: one JSON object (the MQTT message `seal`, or an issue.json),
    or lines `N DIGEST`."""
    with open(path, "rb") as file:
        text = read_text(file.read(1 << 20), path)
    lines = [re.fullmatch(rf"(\d{{1,9}}) ({DIGEST})", line) for line in text.split("\n") if line]
    if lines and all(lines):
        return [{"segment": int(line[1]), "head": line[2]} for line in lines]
    found = read_json(text, path)
    if isinstance(found, dict) and isinstance(found.get("event"), str):
        head = read_head(str(found.get("head")), b"", path)
        return [{"segment": head.segment, "head": head.digest, "time": head.sealed}]
    if not (isinstance(found, dict) and type(found.get("segment")) is int
            and re.fullmatch(DIGEST, str(found.get("head")))):
        raise Wrong(f"{path}: not a head that was kept outside")
    return [found]


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
        anchors = [one for path in asked.anchor for one in read_anchors(path)]
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
        print(json.dumps({"claims": [{"answer": state.replace(" ", "_"), "claim": claim, "reason": reason}
                                     for claim, state, reason in answers]}, ensure_ascii=False))
    else:
        for claim, state, reason in answers:
            print(f"{claim}: {state} – {reason}")


if __name__ == "__main__":
    sys.exit(main())
