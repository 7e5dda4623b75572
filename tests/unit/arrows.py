"""Reads every #include and fails on an arrow between rooms that points right, and on a foreign
library's header outside its place. `--self-test` plants violations and fails if one goes unseen."""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# From left to right; a file includes its own room and those to its left.
ROOMS = ["base", "model", "drivers", "flow", "store", "ledger", "record", "output", "report", "town", "page",
         "app"]

# Programs of their own, beside the rooms: what they may include at most, by room.
BESIDE = {"drivers/simulator": "drivers", "collector/report/drawing": "base", "collector/page/pack": "base"}
# What such a program calls its own headers, where that is not a room.
OWN = {"drawing": "collector/report/drawing"}

# Header (or its folder) of a foreign library: the places it may stand in. A place is a folder or a
# file; ONE means that only one file there may include it.
ONE = "one file"
FOREIGN = {
    "sqlite3.h": (["collector/store"], None),
    "MQTTAsync.h": (["collector/output"], ONE),
    "curl/": (["collector/output"], ONE),
    "modbus/": (["drivers"], ONE),
    "modbus.h": (["drivers"], ONE),
    "libconfig.h": (["collector/base/conf.c"], ONE),
    "uv.h": (["drivers", "collector/flow", "collector/app"], None),
    "openssl/": (["drivers", "collector/store", "collector/ledger", "collector/record",
                  "collector/output", "collector/report", "collector/town", "collector/page",
                  "collector/app"], None),
    "jansson.h": (["collector/store", "collector/ledger", "collector/record",
                   "collector/output", "collector/report", "collector/town", "collector/page",
                  "collector/app"], None),
    "systemd/": (["collector/app"], ONE),
    "microhttpd.h": (["collector/page"], ONE),
    "zlib.h": (["collector/base/gzip.c"], ONE),
    "cairo.h": (["collector/report/drawing"], None),
    "cairo-": (["collector/report/drawing"], None),
    "pango/": (["collector/report/drawing"], None),
    "xlsxwriter.h": (["collector/report/drawing"], ONE),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(path):
    """The room a file of ours (relative to the root) stands in; None beside the house."""
    for folder, room in BESIDE.items():
        if path.startswith(folder + "/"):
            return room
    if path.startswith("drivers/"):
        return "drivers"
    parts = path.split("/")
    if parts[0] == "collector" and parts[1] in ROOMS:
        return parts[1]
    return None


def stands_in(path, place):
    return path == place or path.startswith(place + "/")


def is_beside(path):
    return any(path.startswith(folder + "/") for folder in BESIDE)


def foreign_key(header):
    for key in FOREIGN:
        if header == key or (key.endswith(("/", "-")) and header.startswith(key)):
            return key
    return None


def check_ours(path, line, header, faults):
    """One include of a header of ours."""
    own = room_of(path)
    if header.startswith("drivers/"):
        other = "drivers"
    else:
        other = header.split("/")[0] if "/" in header else None
    if other is None:
        faults.append(f'{path}:{line}: "{header}": say the room: "ROOM/{header}"')
    elif other in OWN:
        if not path.startswith(OWN[other] + "/"):
            faults.append(f'{path}:{line}: "{header}": {OWN[other]} is a program of its own')
    elif other not in ROOMS:
        faults.append(f'{path}:{line}: "{header}" is in no room')
    elif ROOMS.index(other) > ROOMS.index(own):
        faults.append(f'{path}:{line}: "{header}": the arrow {own} -> {other} points right')
    elif header.startswith("drivers/simulator/") and not is_beside(path):
        faults.append(f'{path}:{line}: "{header}": the simulator is a program of its own')


def check_foreign(path, line, header, users, faults):
    """One include of somebody else's header."""
    key = foreign_key(header)
    if key is None:
        return
    places, _ = FOREIGN[key]
    if key.startswith("modbus") and is_beside(path):
        return  # the independent peer of the tests
    if not any(stands_in(path, place) for place in places):
        faults.append(f"{path}:{line}: <{header}> belongs to {' or '.join(places)}")
        return
    users.setdefault(key, set()).add(path)


def check(root):
    """(files, includes, faults) of the rooms below `root`."""
    files = includes = 0
    faults, users = [], {}
    for folder in ("collector", "drivers"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            name = path.relative_to(root).as_posix()
            files += 1
            if room_of(name) is None:
                faults.append(f"{name}:1: stands in no room")
                continue
            for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(text)
                if not found:
                    continue
                includes += 1
                if found[1] == '"':
                    check_ours(name, line, found[2], faults)
                else:
                    check_foreign(name, line, found[2], users, faults)
    for key, (_, how) in FOREIGN.items():
        if how == ONE and len(users.get(key, ())) > 1:
            faults.append(f"{key} belongs to one file, but stands in {', '.join(sorted(users[key]))}")
    return files, includes, faults


# What must be seen: file, its text, words of the fault; None: no fault.
PLANTED = [
    ("collector/base/a.c", '#include "base/a.h"\n#include <stdio.h>\n', None),
    ("collector/flow/a.c", '#include "drivers/plan.h"\n#include <uv.h>\n', None),
    ("collector/base/b.c", '#include "model/quality.h"\n', "base -> model points right"),
    ("collector/store/a.h", '  #  include "town/settings.h"\n', "store -> town points right"),
    ("drivers/a.c", '#include "flow/poller.h"\n', "drivers -> flow points right"),
    ("drivers/simulator/b.c", '#include "store/store.h"\n', "drivers -> store points right"),
    ("collector/app/a.c", '#include "settings.h"\n', "say the room"),
    ("collector/app/b.c", '#include "drivers/simulator/player.h"\n', "a program of its own"),
    ("collector/app/c.c", "#include <sqlite3.h>\n", "belongs to collector/store"),
    ("collector/base/c.c", "#include <libconfig.h>\n", "belongs to collector/base/conf.c"),
    ("collector/flow/b.c", "#include <jansson.h>\n", "belongs to collector/store"),
    ("collector/model/a.c", "#include <openssl/evp.h>\n", "belongs to drivers"),
    ("collector/model/b.c", "#include <uv.h>\n", "belongs to drivers"),
    ("collector/app/d.c", "#include <modbus/modbus.h>\n", "belongs to drivers"),
    ("collector/attic/a.c", "int a;\n", "stands in no room"),
    ("collector/report/drawing/a.c", '#include "drawing/page.h"\n#include <cairo-pdf.h>\n', None),
    ("collector/report/drawing/b.c", '#include "ledger/section.h"\n', "base -> ledger points right"),
    ("collector/report/a.c", '#include "drawing/page.h"\n', "a program of its own"),
    ("collector/report/b.c", "#include <pango/pangocairo.h>\n", "belongs to collector/report/drawing"),
]


def self_test():
    """Every planted fault alone is found, and what is good stays so."""
    missed = []
    for path, text, words in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            planted = Path(folder) / path
            planted.parent.mkdir(parents=True)
            planted.write_text(text, encoding="utf-8")
            faults = check(Path(folder))[2]
            good = not faults if words is None else len(faults) == 1 and words in faults[0]
            if not good:
                missed.append(f"{path}: wanted {words}, found {faults}")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.c", "b.c"):
            planted = Path(folder) / "collector/output" / name
            planted.parent.mkdir(parents=True, exist_ok=True)
            planted.write_text("#include <curl/curl.h>\n", encoding="utf-8")
        if "belongs to one file" not in "".join(check(Path(folder))[2]):
            missed.append("two users of curl went unseen")
    for line in missed:
        print(line)
    print(f"arrows: {len(PLANTED) + 1} planted, {len(missed)} missed")
    return 1 if missed else 0


def main():
    if "--self-test" in sys.argv[1:]:
        return self_test()
    files, includes, faults = check(ROOT)
    for fault in faults:
        print(fault)
    print(f"arrows: {files} files, {includes} includes, {len(faults)} faults")
    return 1 if faults or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
