"""怎样封存，另写一遍 · How a store is sealed, written a second time.

Written from collector/store/SEAL.md alone and not from the program, so that two heads must be wrong
in the same way before a forgery passes. Python's standard library, and `openssl` for signatures.
Digests are 64 hexadecimal digits as text, or 32 bytes where the tree is built. Texts are bytes.
"""
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

NOUGHT = "0" * 64
TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"
NUMBER = r"(?:0|[1-9]\d{0,18})"
DIGEST = r"[0-9a-f]{64}"
VALUE = r"-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?(?:e-?[1-9]\d*)?"
QUALITIES = "NTCMFSDB"


class Wrong(Exception):
    """Something is not as SEAL.md or VERIFY.md says; the words say what and where."""


class OtherVersion(Wrong):
    """A form this program does not know: it says so and does not guess."""


# 一、写法 · Forms ---------------------------------------------------------------------------------


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


def time_text(ms):
    """Milliseconds since 1970; None and -1: never known."""
    if ms is None or ms == -1:
        return ""
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def ms_of(text):
    moment = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 1000 + int(text[20:23])


def read_text(data, where):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as why:
        raise Wrong(f"{where}: byte {why.start} is not UTF-8") from None


def _no_key_twice(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Wrong(f"the key {json.dumps(twice)} stands twice")
    return found


def _no_constant(word):
    raise Wrong(f"{word} is no number of JSON")


def read_json(text, where):
    """JSON where no key stands twice and no half of a surrogate pair stands alone."""
    try:
        found = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
        return found
    except Wrong as why:
        raise Wrong(f"{where}: {why}") from None
    except (ValueError, RecursionError) as why:
        raise Wrong(f"{where}: no JSON ({why})") from None


def value_text(value):
    """The digits of a double rounded to 15, 16 or 17 places, the first that reads back, written
    plain from 0.000001 to below 1e21."""
    if value == 0:
        return "0"
    for places in (15, 16, 17):
        written = f"{abs(value):.{places - 1}e}"
        if float(written) == abs(value):
            break
    mantissa, power = written.split("e")
    digits, at = mantissa.replace(".", "").rstrip("0"), int(power) + 1
    sign = "-" if value < 0 else ""
    if not -5 <= at <= 21:
        return sign + digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{at - 1}"
    if at <= 0:
        return sign + "0." + "0" * -at + digits
    return sign + digits[:at].ljust(at, "0") + ("." + digits[at:] if digits[at:] else "")


def value_is_shortest(text):
    """The one way SEAL.md has to write this number."""
    return re.fullmatch(VALUE, text) is not None and value_text(float(text)) == text


def string_text(plain):
    """A string as SEAL.md writes one."""
    return '"' + re.sub(r'["\\\x00-\x1f]', lambda at: f"\\{at[0]}" if at[0] in '"\\'
                        else f"\\u{ord(at[0]):04x}", plain) + '"'


# 二、树 · The tree (RFC 9162, 2.1) ------------------------------------------------------------------


def leaf_hash(text):
    return hashlib.sha256(b"\x00" + text).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count):
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def tree_root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    at = _split(len(hashes))
    return node_hash(tree_root(hashes[:at]), tree_root(hashes[at:]))


def tree_path(hashes, index):
    """From the leaf up."""
    if len(hashes) == 1:
        return []
    at = _split(len(hashes))
    if index < at:
        return tree_path(hashes[:at], index) + [tree_root(hashes[at:])]
    return tree_path(hashes[at:], index - at) + [tree_root(hashes[:at])]


def root_by_path(own, index, count, path):
    """The root that a leaf and its path lead to (2.1.3.2), or None where they fit no such tree."""
    if index >= count:
        return None
    at, last, found = index, count - 1, own
    for beside in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            found = node_hash(beside, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


# 三、叶子里的行 · Lines of the leaves ----------------------------------------------------------------

Row = namedtuple("Row", "seq time value quality cause")  # as text; "" is absent
Entry = namedtuple("Entry", "seq time kind subject digest")
Shown = namedtuple("Shown", "seq kind time boot mono who said problem")

ROW = re.compile(rf"({NUMBER}),({TIME}|),({VALUE}|),([{QUALITIES}]),([a-z0-9_]*)")
ENTRY_HEAD = re.compile(rf"({NUMBER}),({TIME}|),([a-z][a-z0-9_.]*),")
CONFIGURED = re.compile(rf"({NUMBER}),({DIGEST})")


def read_row(line, where):
    found = ROW.fullmatch(line)
    if found is None or not (found[3] == "" or value_is_shortest(found[3])):
        raise Wrong(f"{where}: {line!r} is no reading as SEAL.md writes one")
    return Row(int(found[1]), found[2], found[3], found[4], found[5])


def quoted(subject):
    """Where it holds a comma, a quotation mark or a control character, as a JSON string."""
    return string_text(subject) if re.search(r'[,"\x00-\x1f]', subject) else subject


def subject_of(said):
    for key in ("device", "id", "uid", "task"):
        if isinstance(said.get(key), str):
            return said[key]
    return ""


def read_said(text):
    """Arguments or body: of a key that stands twice the last; of what is no JSON object nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_entry(line, where):
    """One line of leaf 0."""
    found = ENTRY_HEAD.match(line)
    digest = line[-64:]
    if found is None or not re.fullmatch(DIGEST, digest) or line[-65:-64] != ",":
        raise Wrong(f"{where}: {line!r} is no line of the events")
    subject = line[found.end():-65]
    if subject.startswith('"'):
        plain = read_json(subject, where)
        if not isinstance(plain, str) or quoted(plain) != subject:
            raise Wrong(f"{where}: {subject!r} is not how a subject is written")
        subject = plain
    elif quoted(subject) != subject:
        raise Wrong(f"{where}: {subject!r} is not how a subject is written")
    if found[3] == "problem" and found[2]:
        raise Wrong(f"{where}: a version of a problem has no time")
    return Entry(int(found[1]), found[2], found[3], subject, digest)


SHOWN_EVENT = re.compile(rf"event,({NUMBER}),([a-z][a-z0-9_.]*),({TIME}|),({NUMBER}),({NUMBER}),")
SHOWN_PROBLEM = re.compile(rf"problem,({NUMBER}),([0-9a-f]{{32}}),({NUMBER}),([a-z]+),")


def read_shown(line, where):
    """An entry's own line."""
    found = SHOWN_EVENT.match(line)
    if found is not None:
        try:
            who, end = json.JSONDecoder().raw_decode(line, found.end())
        except ValueError:
            who, end = None, 0
        if (not isinstance(who, str) or line[end:end + 1] != ","
                or string_text(who) != line[found.end():end]):
            raise Wrong(f"{where}: who did it cannot be read")
        said = read_said(line[end + 1:])
        return Shown(int(found[1]), found[2], found[3], int(found[4]), int(found[5]), who, said, None)
    found = SHOWN_PROBLEM.match(line)
    if found is None:
        raise Wrong(f"{where}: no entry as SEAL.md writes one")
    said = read_said(line[found.end():])
    if said.get("uid") != found[2]:
        raise Wrong(f"{where}: the version is of another problem than its line says")
    return Shown(int(found[1]), "problem", "", None, None, None, said,
                 (found[2], int(found[3]), found[4]))


def subject_shown(shown):
    if shown.kind == "problem":
        point = shown.said.get("point")
        return point if isinstance(point, str) else ""
    return subject_of(shown.said)


def in_order(rows, where):
    """(TIME, SEQ) order, unknown times first, none twice."""
    before = None
    for number, row in enumerate(rows, 2):
        if before is not None and (row.time, row.seq) <= before:
            raise Wrong(f"{where}: line {number} (entry {row.seq}) does not stand in order")
        before = (row.time, row.seq)


# 四、头和签名 · Heads and signatures -----------------------------------------------------------------

HEAD = re.compile(
    rf"lookback seal 1\ncollector ([a-z0-9][a-z0-9_-]{{0,31}})\nstore ([0-9a-f]{{32}})\n"
    rf"segment ({NUMBER})\nentries ({NUMBER}) ({NUMBER})\ntimes ({TIME}|-) ({TIME}|-)\n"
    rf"leaves ({NUMBER})\nroot ({DIGEST})\nprevious ({DIGEST})\nsealed ({TIME})\nkey ({DIGEST})\n")

Head = namedtuple("Head", "text digest signature collector store segment first last since until"
                  " leaves root previous sealed key")


def head_text(collector, store, segment, first, last, since, until, leaves, root, previous, sealed,
              key):
    return (f"lookback seal 1\ncollector {collector}\nstore {store}\nsegment {segment}\n"
            f"entries {first} {last}\ntimes {since} {until}\nleaves {leaves}\nroot {root}\n"
            f"previous {previous}\nsealed {sealed}\nkey {key}\n")


def read_head(text, signature, where):
    """`text` as str, `signature` as bytes (or None)."""
    found = HEAD.fullmatch(text)
    if found is None:
        first = text.split("\n", 1)[0]
        if re.fullmatch(r"lookback seal .*", first) and first != "lookback seal 1":
            raise OtherVersion(f"{where}: {first!r} is a form this program does not know")
        raise Wrong(f"{where}: no head as SEAL.md writes one")
    head = Head(text, digest_of(text.encode()), signature, found[1], found[2], int(found[3]),
                int(found[4]), int(found[5]), found[6], found[7], int(found[8]), found[9],
                found[10], found[11], found[12])
    if head.first > head.last or head.first < 1 or head.leaves < 2 or head.segment < 1:
        raise Wrong(f"{where}: the numbers of segment {head.segment} cannot be")
    if (head.since == "-") != (head.until == "-") or head.since > head.until:
        raise Wrong(f"{where}: the times of segment {head.segment} cannot be")
    return head


def chain_breaks(heads):
    """Every place where a head does not follow the one before it, in words."""
    for before, head in zip(heads, heads[1:]):
        at = f"segment {head.segment}"
        if head.segment != before.segment + 1:
            yield f"{at} follows segment {before.segment}"
        elif head.previous != before.digest:
            yield f"{at} was not chained to this head of segment {before.segment}"
        elif head.first != before.last + 1:
            yield f"{at} begins with entry {head.first}, the one before ended with {before.last}"
        elif head.store != before.store:
            yield f"{at} is of another store"
    if heads and heads[0].segment == 1 and (heads[0].previous != NOUGHT or heads[0].first != 1):
        yield "segment 1 is not the beginning of a chain"


def public_pem(public):
    """SubjectPublicKeyInfo (RFC 8410) of the 32 bytes of an Ed25519 key."""
    import base64
    der = bytes.fromhex("302a300506032b6570032100") + public
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"


def read_public_pem(data, where):
    """The 32 bytes of a key whose file is written in exactly this one way."""
    import base64
    try:
        der = base64.b64decode(data.split(b"\n")[1], validate=True)
    except (ValueError, IndexError):
        der = b""
    if len(der) != 44 or public_pem(der[12:]) != data:
        raise Wrong(f"{where}: not the PEM of an Ed25519 key")
    return der[12:]


_known = {}  # what openssl has answered before, by (key, text, signature)


def _ask_openssl(item):
    public, text, signature = item
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        names = [os.path.join(folder, name) for name in ("key.pem", "text", "signature")]
        for name, content in zip(names, (public_pem(public), text, signature)):
            with open(name, "wb") as out:
                out.write(content)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", names[0], "-rawin",
             "-in", names[1], "-sigfile", names[2]], capture_output=True,
            stdin=subprocess.DEVNULL).returncode == 0


def signatures_hold(items):
    """For each (public key, text, signature), bytes all three: is it a good Ed25519 signature?
    A few milliseconds each, so as many at a time as there are cores."""
    wanted = [item for item in dict.fromkeys(items)
              if item not in _known and item[2] is not None and len(item[2]) == 64]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        _known.update(zip(wanted, pool.map(_ask_openssl, wanted)))
    return [_known.get(item, False) for item in items]


# 五、钥匙的交接 · How one key hands over to the next --------------------------------------------------


def handover_text(store, key, replaces):
    return f"lookback key 1\nstore {store}\nkey {key}\nreplaces {replaces}\n"


def read_key_made(shown, store, where):
    """(fingerprint, public key, fingerprint it replaces or None) of an event `key.made`. A key that
    says it replaces another must carry that one's signature; it is checked by handover_holds()."""
    said = shown.said
    key, public, old = said.get("key"), said.get("public"), said.get("replaces")
    if not (isinstance(key, str) and isinstance(public, str)
            and re.fullmatch(DIGEST, public) and digest_of(bytes.fromhex(public)) == key):
        raise Wrong(f"{where}: the event key.made {shown.seq} does not fit its key")
    return key, bytes.fromhex(public), old


def handover_holds(shown, store, old_public):
    said = shown.said
    signature = said.get("signature")
    if not isinstance(signature, str) or not re.fullmatch(r"[0-9a-f]{128}", signature):
        return False
    text = handover_text(store, said["key"], said["replaces"]).encode()
    return signatures_hold([(old_public, text, bytes.fromhex(signature))])[0]
