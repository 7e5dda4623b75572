"""先前就有吗，另写一遍 · Whether the rows existed before a moment somebody else vouches for.

Written from VERIFY.md alone: time stamps (RFC 3161) in the bundle, checked by `openssl ts`, and
heads that were kept outside. An anchor that is missing is never taken as good.
"""
import os
import re
import subprocess
import tempfile
from datetime import datetime, timezone

from verify_seals import Wrong, read_json

EARLY = 600  # seconds that a stamp may stand before the moment its head says it was sealed


def tokens_of(case):
    """[(segment, response in DER, where it stands)]"""
    found = []
    for name, content in case.files.items():
        match = re.fullmatch(r"anchors/(\d{6,})\.tsr", name)
        if match:
            found.append((int(match[1]), content, name))
    for one in case.issue["anchors"]:
        if isinstance(one.get("token"), str):
            found.append((one["segment"], bytes.fromhex(one["token"]), "issue.json"))
    return found


def read_response(path):
    """(what a response stamps in hexadecimal digits, its time in seconds since 1970), or None."""
    done = subprocess.run(["openssl", "ts", "-reply", "-in", path, "-text"], capture_output=True,
                          stdin=subprocess.DEVNULL)
    words = done.stdout.decode("utf-8", "replace")
    time = re.search(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", words, re.M)
    if done.returncode != 0 or not re.search(r"^Hash Algorithm: sha256$", words, re.M) or not time:
        return None
    moment = datetime.strptime(" ".join(time.groups()) + " +0000", "%b %d %H:%M:%S %Y %z")
    _, _, dump = words.partition("Message data:\n")
    digits = ""
    for line in dump.split("\n"):
        match = re.match(r"\s+[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -])+)", line)
        if match is None:
            break
        digits += re.sub("[^0-9a-f]", "", match[1])
    return digits, int(moment.timestamp())


def token_says(response, head, ca):
    """"good", "other" (it stamps something else), "early" (before the head was made), "bad",
    "untrusted". Trusted is what `ca`, or this machine, trusts as of the moment in the stamp."""
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        path = os.path.join(folder, "response.tsr")
        with open(path, "wb") as out:
            out.write(response)
        read = read_response(path)
        if read is None:
            return "bad"
        if read[0] != head.digest:
            return "other"
        trust = ["-CAfile", ca] if ca is not None else ["-CApath", "/etc/ssl/certs"]
        done = subprocess.run(["openssl", "ts", "-verify", "-digest", head.digest, "-in", path,
                               *trust, "-attime", str(read[1])], capture_output=True,
                              stdin=subprocess.DEVNULL)
        sealed = datetime.strptime(head.sealed, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
            tzinfo=timezone.utc).timestamp()
        if read[1] < sealed - EARLY:
            return "early"
        return "good" if done.returncode == 0 else "untrusted"


def last_row(case):
    """The segment of the last row of the span."""
    begin, end = case.span()
    segments = [segment for point in case.rows.values() for segment, rows in point.items()
                if any(row.time and begin <= row.time < end for row in rows)]
    return max(segments, default=case.heads[case.shown_heads - 1].segment)


def check(case, claims, ca, anchors):
    """Fills `existed-before`, and what a head from outside says about `complete`."""
    heads = {head.segment: head for head in case.heads}
    after, proofs, tokens = last_row(case), [], tokens_of(case)
    check_lists(case, claims, tokens)
    for segment, response, where in tokens:
        if segment not in heads:
            claims.refute("existed-before", f"{where} stamps segment {segment}, which is not here")
            continue
        answer = token_says(response, heads[segment], ca)
        if answer in ("other", "bad"):
            claims.refute("existed-before", f"{where} does not stamp the head of segment {segment}")
        elif answer == "early":
            claims.refute("existed-before", f"{where} is older than the head of segment {segment} that "
                                            "it stamps: the gateway's clock was ahead")
        elif answer == "good" and segment >= after:
            proofs.append(f"a time stamp over segment {segment}")
    for anchor in anchors:
        outside(case, claims, heads, anchor, after, proofs)
    if proofs:
        claims.reason["existed-before"] = ", ".join(proofs)
    else:
        claims.lack("existed-before", why_not(case, tokens, ca, after))


def outside(case, claims, heads, anchor, after, proofs):
    segment, last = anchor["segment"], case.heads[-1]
    if segment in heads:
        if heads[segment].digest != anchor["head"]:
            for claim in ("complete", "existed-before"):
                claims.refute(claim, f"the head of segment {segment} that was kept outside is not the "
                                     "one in this chain: the chain was made anew")
        elif segment >= after:
            proofs.append(f"the head of segment {segment} that was kept outside")
    elif segment > last.segment and isinstance(anchor.get("time"), str) \
            and anchor["time"] <= last.sealed:
        claims.refute("complete", f"segment {segment} was left outside at {anchor['time']}; this chain, "
                                  f"sealed at {last.sealed}, ends with segment {last.segment}: its end "
                                  "was cut off")


def check_lists(case, claims, tokens):
    """anchors.json names every time stamp that stands in the archive, and no other."""
    listed = read_json(case.text("anchors.json"), "anchors.json")
    if not isinstance(listed, dict) or not isinstance(listed.get("anchors"), list):
        raise Wrong("anchors.json cannot be read")
    stamped = {one["segment"] for one in listed["anchors"] if one["kind"] == "time_stamp"}
    here = {segment for segment, _, where in tokens if where != "issue.json"}
    if stamped != here:
        claims.refute("unchanged", "anchors.json and anchors/ name different time stamps")


def why_not(case, tokens, ca, after):
    left = sorted({str(one.get("name")) for one in [
        *read_json(case.text("anchors.json"), "anchors.json")["anchors"], *case.issue["anchors"]]})
    if not tokens:
        words = "there is no time stamp"
    elif ca is None:
        words = "this machine trusts none of the time stamps (--ca FILE of an authority)"
    else:
        words = f"no time stamp at or after segment {after} is by the authority that was given"
    if left:
        words += "; heads were left with " + ", ".join(left) + ": compare one (--anchor)"
    return words
