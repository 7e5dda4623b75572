"""整个存储的核对，另写一遍 · A whole store against its seals, from SEAL.md alone.

SQLite is only opened for reading. What is printed: one line for the store, and where something
differs the first row of each leaf that does.
"""
import os
import sqlite3
import sys

from verify_seals import (
    NOUGHT, QUALITIES, Wrong, chain_breaks, digest_of, handover_holds, leaf_hash, quoted, read_head,
    read_key_made, read_said, read_shown, root_by_path, signatures_hold, string_text, subject_of, time_text,
    tree_root, value_text)

def as_text(content):
    return content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else str(content)


def as_bytes(content):
    """What should be bytes; a forger may have left a text, or nothing."""
    return content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")


def row_marks(lines):
    """The first two bytes of H of each line but the first."""
    return b"".join(bytes.fromhex(digest_of(as_bytes(line) + b"\n")[:4]) for line in lines[1:])


class Store:
    def __init__(self, folder):
        path = os.path.join(folder, "lookback.db")
        if not os.path.exists(path):
            raise Wrong(f"{path} is not there")
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.text_factory = as_text
        self.db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
        if self.one("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' OR (type = 'view' AND name"
                    " <> 'reading') OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%')"):
            raise Wrong(f"{path} holds views, triggers or virtual tables: its rows are computed")
        self.id = self.one("SELECT value FROM meta WHERE key = 'store'")
        self.has_frames = self.one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'frame'")
        self.points = dict(self.db.execute("SELECT id, name FROM point"))
        self.devices = {id: f"{site}/{name}" for id, site, name in self.db.execute(
            "SELECT id, site, name FROM device")}
        self.causes = dict(self.db.execute("SELECT id, word FROM cause"))
        self.profiles = {id: as_bytes(digest).hex() for id, digest in self.db.execute(
            "SELECT id, digest FROM profile")}
        self.parts, self.known_configurations = {}, [
            (seq, as_bytes(digest), text) for seq, digest, text in self.db.execute(
                "SELECT seq, digest, text FROM configuration ORDER BY seq")]

    def one(self, query, *values):
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    # The leaves of a segment, made from its rows. -------------------------------------------------

    def events(self, first, last):
        """[(line of leaf 0, the entry's own text)]"""
        found = []
        for seq, kind, time, mono, boot, who, said in self.db.execute(
                "SELECT seq, kind, time, mono, boot, who, arguments FROM event"
                " WHERE seq BETWEEN ? AND ?", (first, last)):
            text = (f"event,{seq},{kind},{time_text(time)},{boot},{mono},{string_text(who)},{said}")
            subject = subject_of(read_said(said))
            found.append((seq, f"{seq},{time_text(time)},{kind},{quoted(subject)},"
                               f"{digest_of(as_bytes(text))}", text))
        for seq, uid, version, nature, body in self.db.execute(
                "SELECT seq, uid, version, nature, body FROM problem_version"
                " WHERE seq BETWEEN ? AND ?", (first, last)):
            text = f"problem,{seq},{uid},{version},{nature},{body}"
            point = read_said(body).get("point")
            subject = quoted(point if isinstance(point, str) else "")
            found.append((seq, f"{seq},,problem,{subject},{digest_of(as_bytes(text))}", text))
        return [(line, text) for _, line, text in sorted(found)]

    def configured(self, first, last):
        before = [one for one in self.known_configurations if one[0] <= first]
        inside = [one for one in self.known_configurations if first < one[0] <= last]
        return before[-1:] + inside

    def leaves(self, segment, first, last):
        """[the lines of a leaf] in the order of the tree."""
        configured = self.configured(first, last)
        polls, frames, rows = {}, {}, {}
        for seq, device, time, boot, mono, profile, raw in self.db.execute(
                "SELECT seq, device, time, boot, mono, profile, raw FROM poll"
                " WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)):
            polls.setdefault(self.devices.get(device, "?"), []).append(
                f"{seq},{time_text(time)},{boot},{mono},{self.profiles.get(profile, NOUGHT)},"
                f"{as_bytes(raw or b'').hex()}")
        for seq, device, content in self.db.execute(
                "SELECT f.seq, p.device, f.bytes FROM frame AS f LEFT JOIN poll AS p ON p.seq = f.seq"
                " WHERE f.seq BETWEEN ? AND ? ORDER BY f.seq", (first, last)) if self.has_frames else ():
            frames.setdefault(self.devices.get(device, "?"), []).append(
                f"{seq},{digest_of(as_bytes(content))}")
        for point, time, seq, value, quality, cause in self.db.execute(
                "SELECT point, time, seq, value, quality, cause FROM kept WHERE segment = ?"
                " ORDER BY point, time, seq", (segment,)):
            letter = QUALITIES[quality] if 0 <= quality < len(QUALITIES) else "?"
            number = "" if value is None else value_text(value) if isinstance(value, float) \
                else repr(value)
            rows.setdefault(self.points.get(point, "?"), []).append(
                f"{seq},{time_text(time)},{number},{letter},{self.causes.get(cause, '?')}")
        points = {name for name in rows}
        for _, digest, text in configured:
            points.update(self.points_of(digest, text))
        devices = {point.rsplit("/", 1)[0] for point in points} | set(polls)
        return [["events", *(line for line, _ in self.events(first, last))],
                ["configuration", *(f"{seq},{digest.hex()}" for seq, digest, _ in configured)],
                *([f"device {name}", *polls.get(name, [])] for name in sorted(devices, key=str.encode)),
                *([f"frames {name}", *frames[name]] for name in sorted(frames, key=str.encode)),
                *([f"point {name}", *rows.get(name, [])] for name in sorted(points, key=str.encode))]

    def points_of(self, digest, text):
        if digest not in self.parts:
            names = [line[66:] for line in as_text(text).split("\n")]
            self.parts[digest] = [name[7:-5] for name in names if name.startswith("points/")]
        return self.parts[digest]


def leaf_text(lines):
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


class Check:
    """Goes through a store from its first segment to its last."""

    def __init__(self, folder, anchors=()):
        self.store, self.anchors, self.faults = Store(folder), anchors, []
        self.heads = []

    def fault(self, words):
        self.faults.append(words)

    def run(self):
        store, last_seen = self.store, None
        for (collector, segment, first, last, since, until, root, head, previous, signature, key, sealed, count,
             pruned, path) in store.db.execute(
                "SELECT collector, segment, first_seq, last_seq, first_time, last_time, root, head, previous,"
                " signature, key, sealed, leaves, pruned, path FROM segment"
                " WHERE head IS NOT NULL ORDER BY segment"):
            if last_seen is not None and first != last_seen + 1:
                self.fault(f"segment {segment} begins with entry {first}, {last_seen + 1} was due")
            last_seen = last
            text = (f"lookback seal 1\ncollector {collector}\nstore {store.id}\nsegment {segment}\n"
                    f"entries {first} {last}\ntimes {time_text(since) or '-'} {time_text(until) or '-'}\n"
                    f"leaves {count}\nroot {as_bytes(root).hex()}\n"
                    f"previous {as_bytes(previous).hex()}\n"
                    f"sealed {time_text(sealed)}\nkey {key}\n")
            try:
                made = read_head(text, as_bytes(signature), f"segment {segment}")
            except Wrong as why:
                self.fault(str(why))
                continue
            if made.digest != as_bytes(head).hex():
                self.fault(f"segment {segment}: its head is not made of what its row says")
            self.heads.append(made)
            if pruned:
                self.pruned(made, as_bytes(path or b""))
            else:
                self.segment(made)
        for why in chain_breaks(self.heads):
            self.fault(why)
        if self.heads and self.heads[0].previous != NOUGHT:
            self.fault(f"segment {self.heads[0].segment} is not the beginning of a chain")
        self.entries(last_seen or 0)
        self.signatures()
        self.configurations()
        self.outside()
        return self.faults

    def segment(self, head):
        """The tree made anew, and where it differs the first row that does."""
        leaves = self.store.leaves(head.segment, head.first, head.last)
        hashes = [leaf_hash(leaf_text(lines)) for lines in leaves]
        if len(leaves) == head.leaves and tree_root(hashes).hex() == head.root:
            self.kept_leaves(head, leaves, hashes)
            return
        faults = len(self.faults)
        self.kept_leaves(head, leaves, hashes)
        if len(self.faults) == faults:
            self.fault(f"segment {head.segment}: its leaves are not those of its root")

    def kept_leaves(self, head, leaves, hashes):
        known = {name: (number, count, digest, marks) for number, name, count, digest, marks in
                 self.store.db.execute("SELECT number, name, rows, digest, marks FROM leaf"
                                       " WHERE segment = ?", (head.segment,))}
        for number, (lines, own) in enumerate(zip(leaves, hashes)):
            kept = known.pop(lines[0], None)
            if kept is None:
                self.fault(f"segment {head.segment}: {lines[0]} was not sealed there")
            elif as_bytes(kept[2]) != own or kept[1] != len(lines) - 1 or kept[0] != number:
                self.fault(f"segment {head.segment}, {lines[0]}: " + first_difference(lines, kept))
        for name in known:
            self.fault(f"segment {head.segment}: {name} was sealed and is not there any more")

    def pruned(self, head, path):
        """Its readings were removed; the events still lead to the root."""
        events = ["events", *(line for line, _ in self.store.events(head.first, head.last))]
        steps = [path[at:at + 32] for at in range(0, len(path), 32)]
        found = root_by_path(leaf_hash(leaf_text(events)), 0, head.leaves, steps)
        if found is None or found.hex() != head.root:
            self.fault(f"segment {head.segment}: its events do not lead to its root")

    def entries(self, last_sealed):
        """From 1 without a hole, up to the newest."""
        due = 1
        for (seq,) in self.store.db.execute(
                "SELECT seq FROM poll UNION ALL SELECT seq FROM event UNION ALL"
                " SELECT seq FROM problem_version ORDER BY seq"):
            if seq != due and not self.is_pruned(due, seq):
                self.fault(f"entry {due} is missing" if seq > due else f"entry {seq} is there twice")
                due = seq
            due = seq + 1
        if due <= last_sealed:
            self.fault(f"entries {due} to {last_sealed} were sealed and are not there")

    def is_pruned(self, first, last):
        """Whether retention has removed entries first to last - 1."""
        count = self.store.one("SELECT count(*) FROM segment WHERE pruned = 1 AND last_seq >= ?"
                               " AND first_seq < ?", first, last)
        return bool(count) and last > first

    def signatures(self):
        publics, made = {}, []
        for line, text in self.store.events(1, 1 << 62):
            if text.split(",", 3)[2] != "key.made":
                continue
            shown = read_shown(text, "an event key.made")
            key, public, old = read_key_made(shown, self.store.id, "the store")
            publics[key] = public
            made.append((key, old, shown))
        for key, old, shown in made:
            if old is not None and not (old in publics
                                        and handover_holds(shown, self.store.id, publics[old])):
                self.fault(f"entry {shown.seq}: the key {key} was not handed over by {old}")
            elif old is None and key != made[0][0]:
                self.fault(f"entry {shown.seq}: the key {key} replaces none")
        wanted = [(publics.get(head.key, b""), head.text.encode(), head.signature)
                  for head in self.heads]
        for head, holds in zip(self.heads, signatures_hold(wanted)):
            if not holds:
                self.fault(f"segment {head.segment}: its signature is wrong")

    def configurations(self):
        snapshots = {as_bytes(digest).hex(): content for digest, content in self.store.db.execute(
            "SELECT digest, content FROM snapshot")}
        for digest, content in snapshots.items():
            if digest_of(as_bytes(content)) != digest:
                self.fault(f"snapshot {digest}: its content is another")
        for seq, digest, text in self.store.known_configurations:
            if digest_of(as_bytes(text)) != digest.hex():
                self.fault(f"configuration {seq}: its text is another")
            for line in as_text(text).split("\n")[:-1]:
                if line[:64] not in snapshots:
                    self.fault(f"configuration {seq}: {line[66:]} is not kept")

    def outside(self):
        heads = {head.segment: head for head in self.heads}
        for anchor in self.anchors:
            segment = anchor["segment"]
            if segment in heads and heads[segment].digest != anchor["head"]:
                self.fault(f"segment {segment}: the head that was left outside is another")
            elif segment not in heads:
                self.fault(f"segment {segment} was left outside and is not there: the end of the store "
                           "was cut off")


def first_difference(lines, kept):
    _, count, _, marks = kept
    ours, marks = row_marks(lines), as_bytes(marks)
    for at in range(0, min(len(ours), len(marks)), 2):
        if ours[at:at + 2] != marks[at:at + 2]:
            return f"row {at // 2 + 1} differs, now {lines[at // 2 + 1]!r}"
    if len(lines) - 1 != count:
        return f"has {len(lines) - 1} rows, {count} were sealed"
    return "differs from what was sealed"


def main(folder, key, anchors):
    check = Check(folder, anchors)
    faults = check.run()
    if key is not None and any(head.key != key for head in check.heads):
        faults.append("not every head is by the key that was given")
    if not check.heads:
        faults.append("nothing is sealed in this store")
    for words in faults:
        print(words)
    print(f"{len(check.heads)} segments, " + (f"{len(faults)} faults" if faults else "all as sealed"))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], None, []))
