"""What of a bundle the verdict is fed with: VERIFY.md, "What the verdict is fed with".

Written from the text alone; see verify_bundle.py.
"""
from verify_seals import Wrong, read_json, read_text


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


def zone_of(case):
    return read_json(item_of(case, "collector.json"), "collector.json")["timezone"]


def sheet_of(case, point):
    """The point's description in the last configuration that counts and names it."""
    name = f"points/{point}.json"
    for _, _, digest in reversed(counting(case)):
        if name in case.parts[digest]:
            return read_json(item_of(case, name, digest), name)
    raise Wrong(f"no configuration that counts describes {point}")
