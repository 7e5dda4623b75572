"""A bundle made from nothing but the words of SEAL.md and VERIFY.md, without Lookback.

That it is possible shows that the texts suffice; that the second verifier takes it as it takes a
real one, that it does not lean on Lookback's habits. Keys and signatures by `openssl`.
"""
import json
import os
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone

from verify_archive import write_archive
from verify_case import canonical
from verify_rows import CSV_FIRST
from verify_seals import (
    NOUGHT, digest_of, handover_text, head_text, leaf_hash, public_pem, quoted, string_text, tree_path,
    tree_root, value_text)


class Key:
    """An Ed25519 key of openssl's."""

    def __init__(self, pem=None):
        with tempfile.TemporaryDirectory(prefix="tamper-") as folder:
            path = os.path.join(folder, "key.pem")
            with open(path, "wb") as out:
                out.write(pem or run("genpkey", "-algorithm", "ed25519"))
            with open(path, "rb") as file:
                self.pem = file.read()
            self.public = run("pkey", "-in", path, "-pubout", "-outform", "DER")[12:]
        self.fingerprint = digest_of(self.public)
        self.known = {}

    def sign(self, text):
        """Ed25519 is deterministic, so what was signed once need not be signed again."""
        if text not in self.known:
            with tempfile.TemporaryDirectory(prefix="tamper-") as folder:
                for name, content in (("key.pem", self.pem), ("text", text.encode())):
                    with open(os.path.join(folder, name), "wb") as out:
                        out.write(content)
                self.known[text] = run("pkeyutl", "-sign", "-rawin", "-inkey",
                                       os.path.join(folder, "key.pem"), "-in",
                                       os.path.join(folder, "text"))
        return self.known[text]


def run(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True,
                          stdin=subprocess.DEVNULL).stdout


def lines(*some):
    return "".join(line + "\n" for line in some)


def event_text(seq, kind, time, who, said):
    return f"event,{seq},{kind},{time},1,{seq * 1000},{string_text(who)}," + json.dumps(
        said, ensure_ascii=False, separators=(",", ":"))


def event_line(text, said):
    _, seq, kind, time, _ = text.split(",", 4)
    subject = next((said[key] for key in ("device", "id", "uid", "task")
                    if isinstance(said.get(key), str)), "")
    return f"{seq},{time},{kind},{quoted(subject)},{digest_of(text.encode())}"


def sums_of(files):
    return lines(*(f"{digest_of(files[name])}  {name}" for name in sorted(files)
                   if name not in ("sha256sums", "issue.json"))).encode()


class Made:
    """A store of `segments` hours with one point, made in memory; bundle() exports it."""

    COLLECTOR, DEVICE, POINT = "zj-01", "yard/probe", "yard/probe/cod"
    BEGIN = datetime(2026, 9, 1, tzinfo=timezone.utc)

    def __init__(self, segments=2, key=None, store="0123456789abcdef" * 2, value=20.5):
        self.key, self.store, self.value = key or Key(), store, value
        self.seq, self.previous, self.at = 0, NOUGHT, self.BEGIN
        self.segments, self.items, self.configured = [], {}, []
        self.first_configuration()
        for number in range(1, segments + 1):
            events = [("key.made", "", {"key": self.key.fingerprint, "public": self.key.public.hex(),
                                        "replaces": None, "signature": None}),
                      ("device.every", "", {"device": self.DEVICE, "every_ms": 600000,
                                            "since": None})] if number == 1 else []
            self.close(events, 6)

    def now(self):
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def first_configuration(self):
        sheet = {"every_ms": 600000, "point": self.POINT, "since": None, "unit": "mg/L"}
        named = {"collector.json": canonical({"name": self.COLLECTOR, "timezone": "Asia/Shanghai",
                                              "version": "1"}),
                 f"points/{self.POINT}.json": canonical(sheet)}
        parts = {name: (text + "\n").encode() for name, text in named.items()}
        self.items.update({digest_of(content): content for content in parts.values()})
        self.configuration = lines(*(f"{digest_of(parts[name])}  {name}" for name in sorted(parts)))
        self.configured = [(1, digest_of(self.configuration.encode()))]

    def close(self, events, readings):
        """One segment: events [(kind, who, arguments)] and so many readings, ten minutes apart."""
        first, since, entries, shown, rows, polls = self.seq + 1, self.now(), [], [], [], []
        for kind, who, said in events:
            self.seq += 1
            text = event_text(self.seq, kind, self.now(), who, said)
            entries.append(event_line(text, said))
            shown.append(text)
        for _ in range(readings):
            self.seq += 1
            self.at += timedelta(minutes=10)
            rows.append(f"{self.seq},{self.now()},{value_text(self.value)},N,")
            polls.append(f"{self.seq},{self.now()},1,{self.seq * 1000},{NOUGHT},03")
        leaves = [lines("events", *entries),
                  lines("configuration", *(f"{seq},{digest}" for seq, digest in self.configured)),
                  lines(f"device {self.DEVICE}", *polls), lines(f"point {self.POINT}", *rows)]
        hashes = [leaf_hash(text.encode()) for text in leaves]
        text = head_text(self.COLLECTOR, self.store, len(self.segments) + 1, first, self.seq, since,
                         self.now(), len(leaves), tree_root(hashes).hex(), self.previous, self.now(),
                         self.key.fingerprint)
        self.previous = digest_of(text.encode())
        self.segments.append({
            "head": text, "signature": self.key.sign(text), "leaves": leaves, "rows": rows,
            "shown": shown, "paths": [[one.hex() for one in tree_path(hashes, i)] for i in range(4)]})

    def files(self):
        files = {name: b"\n" for name in ("VERIFY.md", "SEAL.md", "VERDICT.md", "report.pdf",
                                          "readings.xlsx")}
        files["anchors.json"] = b'{"anchors":[]}\n'
        files["verdict.json"] = b'{}\n'
        files[f"keys/{self.key.fingerprint}.pem"] = public_pem(self.key.public)
        files[f"configuration/{self.configured[0][1]}.txt"] = self.configuration.encode()
        files.update({f"configuration/items/{digest}": content
                      for digest, content in self.items.items()})
        heads, events, rows, csv = "", "", "", "\ufeff" + CSV_FIRST + "\r\n"
        for number, one in enumerate(self.segments, 1):
            heads += one["head"] + lines(f"signature {one['signature'].hex()}", "")
            events += lines(f"segment {number}", "path " + " ".join(one["paths"][0]),
                            f"configuration {len(self.configured)}") + one["leaves"][1]
            listed = one["leaves"][0].count("\n") - 1
            events += f"events {listed} {len(one['shown'])}\n" + one["leaves"][0] + lines(*one["shown"])
            rows += lines(f"segment {number} leaf 3 rows {len(one['rows'])}",
                          "path " + " ".join(one["paths"][3])) + one["leaves"][3]
            for row in one["rows"]:
                seq, time, value, quality, cause = row.split(",")
                local = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ") + timedelta(hours=8)
                csv += (f"{local:%Y-%m-%d %H:%M:%S}.000,{self.POINT},{value},mg/L,{quality},{cause},"
                        f"{seq}\r\n")
        files.update({"heads.txt": heads.encode(), "events.txt": events.encode(),
                      f"rows/{self.POINT}.txt": rows.encode(), "readings.csv": csv.encode()})
        return files

    def bundle(self, task="37", form="full"):
        """The archive's bytes. Exporting is an act, so it closes a segment."""
        files = self.files()
        self.at += timedelta(minutes=10)
        span = {"from": self.BEGIN.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "to": self.now()}
        manifest = {"category": "industry", "collector": self.COLLECTOR, "form": form,
                    "format": "lookback bundle 1", "libraries": {}, "points": [self.POINT],
                    "program": "1", "simulated": True, "store": self.store, "struck_off": None,
                    "task": task, "watch_until": None, **span,
                    "files": [{"name": name, "sha256": digest_of(files[name]),
                               "size": len(files[name])} for name in sorted(files)]}
        files["manifest.json"] = (canonical(manifest) + "\n").encode()
        files["sha256sums"] = sums_of(files)
        self.close([("evidence.issue", "li", {
            "by": "li", "form": form, "manifest": digest_of(files["manifest.json"]), "task": task,
            "verdict": "not_proven", **span})], 0)
        issued = self.segments[-1]
        files["issue.json"] = (canonical({
            "anchors": [], "event": issued["shown"][0], "events": issued["leaves"][0],
            "head": issued["head"], "heads": [], "path": issued["paths"][0],
            "signature": issued["signature"].hex()}) + "\n").encode()
        return write_archive(files)


def new_key(maker, replaced_by):
    """The event of a key that takes over."""
    text = handover_text(maker.store, replaced_by.fingerprint, maker.key.fingerprint)
    return ("key.made", "", {"key": replaced_by.fingerprint, "public": replaced_by.public.hex(),
                             "replaces": maker.key.fingerprint,
                             "signature": maker.key.sign(text).hex()})
