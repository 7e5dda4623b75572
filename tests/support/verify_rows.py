"""读数和表格 · The sealed rows, the table made of them, and the order of time in them.

Written from VERIFY.md alone; see verify_bundle.py.
"""
import re
from bisect import bisect_right
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import verify_feed
from verify_case import Lines, joined, leads_to
from verify_seals import DIGEST, Wrong, in_order, ms_of, read_row


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
            case.differs(claims, f"{where}: the readings do not lead to the root of the head")
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
    local = LocalTime(verify_feed.zone_of(case))
    yield CSV_FIRST
    for point in case.manifest["points"]:
        unit = verify_feed.sheet_of(case, point)["unit"]
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
