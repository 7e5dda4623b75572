"""What of a bundle the verdict is fed with: VERIFY.md, "What the verdict is fed with".

Written from the text alone; see verify_bundle.py.
"""
from collections import namedtuple

from verify_conf import bare, duration_ms, read_conf
from verify_seals import Wrong, ms_of, read_json, read_text

PASSED_OVER = {"device_title", "every_ms", "gather_ms", "note", "parameter_en", "parameter_zh",
               "serial_number", "since", "source", "title", "verified"}
Doubt = namedtuple("Doubt", "seq kind time point size")


def counting(case):
    """The configurations that count, [(segment, seq, digest)], in order."""
    _, end = case.span()
    late = {shown.seq for some in case.shown.values() for shown in some
            if shown.kind == "configuration" and shown.time and shown.time >= end}
    found = []
    for segment in sorted(case.configured):
        for seq, digest in case.configured[segment]:
            if not found or found[-1][1:] != (seq, digest):
                found.append((segment, seq, digest))
    if not found:
        raise Wrong("no configuration is in force in the whole span")
    return [one for one in found if one[1] not in late] or found[:1]


def item_of(case, name, digest=None):
    """Text of what the last configuration that counts (or `digest`) names."""
    content = case.item(digest or counting(case)[-1][2], name)
    if content is None:
        raise Wrong(f"{name} of the configuration is not shown")
    return read_text(content, name)


def terms_of(case):
    """The numbers a verdict goes by."""
    terms = read_conf(item_of(case, "verdict.conf"), "verdict.conf")
    terms["doubts"]["clock_step_ms"] = duration_ms(terms["doubts"].pop("clock_step"))
    return terms


def zone_of(case):
    return read_json(item_of(case, "collector.json"), "collector.json")["timezone"]


def sheets_of(case, point):
    """[(segment, seq, description)] of every configuration that counts and names the point."""
    name = f"points/{point}.json"
    return [(segment, seq, read_json(item_of(case, name, digest), name))
            for segment, seq, digest in counting(case) if name in case.parts[digest]]


def sheet_of(case, point):
    """The point's description in the last configuration that counts and names it."""
    sheets = sheets_of(case, point)
    if not sheets:
        raise Wrong(f"no configuration that counts describes {point}")
    return sheets[-1][2]


def terms_texts(case):
    """[(segment, seq, what the files of terms say)] of every configuration that counts."""
    return [(segment, seq, [bare(item_of(case, name, digest)) if name in case.parts[digest] else None
                            for name in ("verdict.conf", "aggregates.conf")])
            for segment, seq, digest in counting(case)]


def judged(sheet):
    """A description without what does not change what it says."""
    if isinstance(sheet, dict):
        return {key: judged(value) for key, value in sheet.items() if key not in PASSED_OVER}
    return [judged(one) for one in sheet] if isinstance(sheet, list) else sheet


def shown_of(case, kind=None):
    """[(segment, entry)] in order of SEQ."""
    return [(segment, shown) for segment in sorted(case.shown) for shown in case.shown[segment]
            if kind is None or shown.kind == kind]


def intervals_of(case, point):
    """[(from ms, interval ms)] of the point's device, in order of time."""
    device, first, found = point.rsplit("/", 1)[0], case.heads[0], []
    at_first = [digest for seq, digest in case.configured.get(first.segment, []) if seq <= first.first]
    name = f"points/{point}.json"
    if at_first and name in case.parts[at_first[0]]:
        sheet = read_json(item_of(case, name, at_first[0]), name)
        since = max(case.manifest["from"], sheet["since"] or "")
        found.append((ms_of(since), sheet["every_ms"]))
    heads = {head.segment: head for head in case.heads}
    for segment, shown in shown_of(case, "device.every"):
        if shown.said.get("device") == device:
            since = shown.said.get("since") or shown.time or heads[segment].since
            if since != "-":
                found.append((ms_of(since), shown.said["every_ms"]))
    return found


def maintenance_of(case, point):
    device = point.rsplit("/", 1)[0]
    return [(ms_of(shown.said["from"]), ms_of(shown.said["to"]))
            for _, shown in shown_of(case, "device.maintenance") if shown.said.get("device") == device]


def readings_of(case, point):
    """[(time, value or None, letter, whether in maintenance)] of the span in (time, seq) order."""
    begin, end = case.span()
    windows, found, days = maintenance_of(case, point), [], {}
    rows = sorted((row.time, row.seq, row) for some in case.rows.get(point, {}).values() for row in some
                  if row.time and begin <= row.time < end)
    for time, _, row in rows:
        if time[:10] not in days:
            days[time[:10]] = ms_of(time[:10] + "T00:00:00.000Z")
        ms = (days[time[:10]] + int(time[11:13]) * 3600000 + int(time[14:16]) * 60000
              + int(time[17:19]) * 1000 + int(time[20:23]))
        found.append((ms, float(row.value) if row.value else None, row.quality,
                      any(start <= ms < stop for start, stop in windows)))
    return found


def problems_of(case):
    """Of each the newest version shown, in order of SEQ, if it began before the span ended."""
    newest = {}
    for _, shown in shown_of(case, "problem"):
        newest[shown.problem[0]] = (shown.seq, shown.said)
    return [said for _, said in sorted(newest.values(), key=lambda one: one[0])
            if said["first"] < case.span()[1]]


def doubts_of(case):
    """Everything but problems that stands against the data, in order."""
    begin, end = case.span()
    found = []
    for _, shown in shown_of(case):
        kind = {"clock.step": "clock_step", "clock.filled": "clock_filled", "gap": "gap"}.get(shown.kind)
        if kind is not None and shown.time and begin <= shown.time < end:
            found.append(Doubt(shown.seq, kind, shown.time, None, shown.said))
    return found
