"""What a forger does to a bundle: from a byte turned over to a chain made anew with a key of his own.

Works on {name: content} of an archive. Every forgery stops at one layer: `packed` makes the archive
good again, `listed` the list of files as well, `reissued` the event that seals the list, `resealed`
the whole chain.
"""
import json
import re

from tamper_make import Key, sums_of
from verify_archive import read_archive, write_archive
from verify_case import canonical
from verify_seals import digest_of, leaf_hash, node_hash, public_pem, read_head

__all__ = ["Key", "issued", "listed", "opened", "packed", "reissued", "resealed"]


def opened(data):
    return dict(read_archive(data))


def packed(files):
    return write_archive(files)


def listed(files, **more):
    """The list of files and the sums say what the files are; `more` changes the manifest."""
    files = dict(files)
    manifest = json.loads(files["manifest.json"])
    manifest.update(more)
    manifest["files"] = [{"name": name, "sha256": digest_of(files[name]), "size": len(files[name])}
                         for name in sorted(files, key=str.encode)
                         if name not in ("manifest.json", "sha256sums", "issue.json")]
    files["manifest.json"] = (canonical(manifest) + "\n").encode()
    files["sha256sums"] = sums_of(files)
    return files


def reissued(files, key, **more):
    """As if the export had sealed just these files: by someone who holds the key."""
    return issued(listed(files, **more), key)


def issued(files, key):
    """The event of the export seals the manifest as it stands."""
    files = {**files, "sha256sums": sums_of(files)}
    issue, manifest = json.loads(files["issue.json"]), json.loads(files["manifest.json"])
    said = {"manifest": digest_of(files["manifest.json"]),
            **{name: manifest[name] for name in ("form", "from", "task", "to")}}
    old = issue["event"]
    at = old.index("{")
    event = old[:at] + json.dumps({**json.loads(old[at:]), **said}, ensure_ascii=False,
                                  separators=(",", ":"))
    issue["event"] = event
    issue["events"] = issue["events"].replace(digest_of(old.encode()), digest_of(event.encode()))
    head = read_head(issue["head"], b"", "issue.json")
    tree = Tree(head.leaves)
    tree.learn(0, leaf_hash(issue["events"].encode()), [bytes.fromhex(one) for one in issue["path"]])
    sign(issue, head, {"root": tree.root().hex()}, key)
    files["issue.json"] = (canonical(issue) + "\n").encode()
    return files


def sign(issue, head, changes, key):
    text = head_with(head, {**changes, "key": key.fingerprint})
    issue["head"], issue["signature"] = text, key.sign(text).hex()


def head_with(head, changes):
    text = head.text
    for name, value in changes.items():
        text = re.sub(rf"^{name} .*$", f"{name} {value}", text, flags=re.M)
    return text


class Tree:
    """What the paths of a few leaves tell of a tree, so that a changed leaf changes them all."""

    def __init__(self, count):
        self.count, self.known, self.changed = count, {}, {}

    def learn(self, index, own, path):
        """Takes the hashes of a path; a leaf learnt is one that has just these contents now."""
        self.changed[index] = own
        first, last = 0, self.count
        for beside in reversed(path):
            at = first + (1 << (last - first - 1).bit_length() - 1)
            if index < at:
                self.known.setdefault((at, last), beside)
                last = at
            else:
                self.known.setdefault((first, at), beside)
                first = at

    def node(self, first, last):
        if last - first == 1:
            return self.changed.get(first, self.known.get((first, last)))
        if not any(first <= index < last for index in self.changed):
            return self.known[first, last]
        at = first + (1 << (last - first - 1).bit_length() - 1)
        left, right = self.node(first, at), self.node(at, last)
        return node_hash(left, right)

    def root(self):
        return self.node(0, self.count)

    def path(self, index):
        found, first, last = [], 0, self.count
        while last - first > 1:
            at = first + (1 << (last - first - 1).bit_length() - 1)
            if index < at:
                found.append(self.node(at, last))
                last = at
            else:
                found.append(self.node(first, at))
                first = at
        return found[::-1]


EVENTS = re.compile(r"segment (\d+)\npath (.*)\nconfiguration (\d+)\n")
ROWS = re.compile(r"segment (\d+) leaf (\d+) rows (\d+)\npath (.*)\n")


def resealed(files, key, **more):
    """Every path, root and head made anew over what the files say now, signed by `key`."""
    files = dict(files)
    heads, signed = heads_of(files["heads.txt"].decode()), {}
    leaves = leaves_of(files)
    trees = {segment: Tree(head.leaves) for segment, head in heads.items()}
    for (name, segment, number), (text, path) in leaves.items():
        trees[segment].learn(number, leaf_hash(text.encode()), path)
    previous, text = None, ""
    for segment, head in heads.items():
        changes = {"root": trees[segment].root().hex(), "key": key.fingerprint}
        if previous is not None:
            changes["previous"] = previous
        signed[segment] = head_with(head, changes)
        previous = digest_of(signed[segment].encode())
        text += signed[segment] + f"signature {key.sign(signed[segment]).hex()}\n\n"
    files["heads.txt"] = text.encode()
    write_paths(files, trees)
    issue = json.loads(files["issue.json"])
    for one in [*issue["heads"], issue]:
        head = read_head(one["head"], b"", "issue.json")
        sign(one, head, {"previous": previous}, key)
        previous = digest_of(one["head"].encode())
    files["issue.json"] = (canonical(issue) + "\n").encode()
    for name in [name for name in files if name.startswith("keys/")]:
        del files[name]
    files[f"keys/{key.fingerprint}.pem"] = public_pem(key.public)
    return reissued(files, key, **more)


def heads_of(text):
    found = [read_head(block.rpartition("signature ")[0], b"", "heads.txt")
             for block in text.split("\n\n")[:-1]]
    return {head.segment: head for head in found}


def leaves_of(files):
    """{(file, segment, number): (leaf's text, path)}"""
    found = {}
    text = files["events.txt"].decode()
    for part in re.split(r"(?m)^(?=segment \d+$)", text)[1:]:
        match = EVENTS.match(part)
        lines = part[match.end():].split("\n")
        configuration = lines[:int(match[3]) + 1]
        rest = lines[len(configuration):]
        count = int(rest[0].split()[1])
        path = [bytes.fromhex(one) for one in match[2].split()]
        found["events.txt", int(match[1]), 0] = ("\n".join(rest[1:count + 2]) + "\n", path)
        path = [leaf_hash(found["events.txt", int(match[1]), 0][0].encode()), *path[1:]]
        found["events.txt", int(match[1]), 1] = ("\n".join(configuration) + "\n", path)
    for name in files:
        if name.startswith("rows/"):
            for part in re.split(r"(?m)^(?=segment \d+ )", files[name].decode())[1:]:
                match = ROWS.match(part)
                if match:
                    found[name, int(match[1]), int(match[2])] = (
                        part[match.end():], [bytes.fromhex(one) for one in match[4].split()])
    return found


def write_paths(files, trees):
    def of_events(match):
        path = " ".join(one.hex() for one in trees[int(match[1])].path(0))
        return f"segment {match[1]}\npath {path}\nconfiguration {match[3]}\n"

    def of_rows(match):
        path = " ".join(one.hex() for one in trees[int(match[1])].path(int(match[2])))
        return f"segment {match[1]} leaf {match[2]} rows {match[3]}\npath {path}\n"

    for name in files:
        if name == "events.txt":
            files[name] = EVENTS.sub(of_events, files[name].decode()).encode()
        elif name.startswith("rows/"):
            files[name] = ROWS.sub(of_rows, files[name].decode()).encode()


# 一行改成另一行 · Edits --------------------------------------------------------------------------------


def with_line(files, name, number, change):
    """`change` makes of one line another (None: takes it away). Lines are counted from 0."""
    lines = files[name].split(b"\n")
    changed = change(lines[number])
    lines[number:number + 1] = [] if changed is None else [changed]
    return {**files, name: b"\n".join(lines)}


def replaced(files, name, old, new, count=1):
    assert old in files[name], (name, old)
    return {**files, name: files[name].replace(old, new, count)}


def other_digit(text, rng):
    """The same text with one digit of it another; None where it has none."""
    places = [match.start() for match in re.finditer(rb"\d", text)]
    if not places:
        return None
    at = rng.choice(places)
    digit = rng.choice([one for one in b"0123456789" if one != text[at]])
    return text[:at] + bytes([digit]) + text[at + 1:]


def event_text(line, said):
    """An entry's own line with other arguments."""
    return line[:line.index("{")] + json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def with_event(files, kind, change):
    """The arguments of an event, its own line and its line in leaf 0, all changed alike."""
    text = files["events.txt"].decode()
    line = next(line for line in text.split("\n")
                if line.startswith("event,") and line.split(",")[2] == kind)
    said = json.loads(line[line.index("{"):])
    other = event_text(line, change(said))
    text = text.replace(line, other).replace(digest_of(line.encode()), digest_of(other.encode()))
    return {**files, "events.txt": text.encode()}


def without_segment(files, number):
    """A segment is taken out of heads, events and rows."""
    files = dict(files)
    heads = files["heads.txt"].decode().split("\n\n")
    files["heads.txt"] = "\n\n".join(
        head for head in heads if f"\nsegment {number}\n" not in head).encode()
    for name in files:
        if name == "events.txt" or name.startswith("rows/"):
            parts = re.split(r"(?m)^(?=segment \d+(?: leaf .*)?$)", files[name].decode())
            files[name] = "".join(part for part in parts if not re.match(
                rf"segment {number}[ \n]", part)).encode()
    return files
