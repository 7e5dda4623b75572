"""Forgeries by chance: of the bytes of a bundle, of its files, of a store. Each takes a random.Random
and gives words for what it did, so that a seed tells the whole story.
"""
import json

from tamper import listed, opened, other_digit, packed, reissued, with_line
from verify_seals import Wrong

SEALED = ("heads.txt", "events.txt", "readings.csv", "verdict.json", "rows/", "configuration/",
          "keys/")


# 一、字节 · Bytes of the archive ------------------------------------------------------------------------


def flip(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:], f"byte {at}"


def cut(data, rng):
    at = rng.randrange(1, len(data))
    return data[:at], f"cut at byte {at}"


def insert(data, rng):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 40)) + data[at:], f"inserted at byte {at}"


def leave_out(data, rng):
    at, count = rng.randrange(len(data)), rng.randint(1, 40)
    return data[:at] + data[at + count:], f"left out from byte {at}"


def move(data, rng):
    one, other = sorted(rng.sample(range(len(data) - 64), 2))
    count = min(rng.randint(1, 64), other - one)
    changed = (data[:one] + data[other:other + count] + data[one + count:other]
               + data[one:one + count] + data[other + count:])
    return changed, f"{count} bytes at {one} and {other} swapped"


BYTES = (flip, flip, flip, cut, insert, leave_out, move)


# 二、文件 · Files, packed again so that every sum of the archive is good ----------------------------------


def name_of(files, rng, sealed):
    return rng.choice([name for name in sorted(files) if files[name] and (
        name.startswith(SEALED) if sealed else name != "issue.json" or rng.random() < 0.5)])


def flip_inside(files, rng, sealed):
    name = name_of(files, rng, sealed)
    changed, words = flip(files[name], rng)
    return {**files, name: changed}, f"{name}: {words}"


def digit_inside(files, rng, sealed):
    name = name_of(files, rng, sealed)
    lines = files[name].split(b"\n")
    number = rng.randrange(len(lines))
    changed = other_digit(lines[number], rng)
    if changed is None:
        return flip_inside(files, rng, sealed)
    return with_line(files, name, number, lambda _: changed), f"{name}, line {number + 1}: a digit"


def swap_lines(files, rng, sealed):
    name = name_of(files, rng, sealed)
    lines = files[name].split(b"\n")
    if len(lines) < 3:
        return flip_inside(files, rng, sealed)
    one, other = sorted(rng.sample(range(len(lines) - 1), 2))
    lines[one], lines[other] = lines[other], lines[one]
    return {**files, name: b"\n".join(lines)}, f"{name}: lines {one + 1} and {other + 1} swapped"


def drop_line(files, rng, sealed):
    name = name_of(files, rng, sealed)
    number = rng.randrange(files[name].count(b"\n") + 1)
    return with_line(files, name, number, lambda _: None), f"{name}: without line {number + 1}"


def repeat_line(files, rng, sealed):
    name = name_of(files, rng, sealed)
    number = rng.randrange(files[name].count(b"\n") + 1)
    return (with_line(files, name, number, lambda line: line + b"\n" + line),
            f"{name}: line {number + 1} twice")


def swap_files(files, rng, sealed):
    one, other = rng.sample([name for name in sorted(files)
                             if not sealed or name.startswith(SEALED)], 2)
    return {**files, one: files[other], other: files[one]}, f"{one} and {other} swapped"


def drop_file(files, rng, sealed):
    name = name_of(files, rng, sealed)
    return {key: content for key, content in files.items() if key != name}, f"without {name}"


def rename_file(files, rng, sealed):
    name = name_of(files, rng, sealed)
    changed = {key: content for key, content in files.items() if key != name}
    other = rng.choice([name + "x", name.upper(), "x" + name, name.replace("/", "/x", 1)])
    return {**changed, other: files[name]}, f"{name} is called {other}"


def add_file(files, rng, sealed):
    name = rng.choice(["configuration/items/" + "%064x" % rng.getrandbits(256), "notes.txt",
                       "rows/a/b/c.txt", "anchors/000001.tsr", "keys/" + "0" * 64 + ".pem"])
    return {**files, name: rng.randbytes(rng.randint(1, 99))}, f"with {name}"


FILES = (flip_inside, flip_inside, digit_inside, digit_inside, digit_inside, swap_lines, drop_line,
         repeat_line, swap_files, drop_file, rename_file, add_file)
NO_LIST = ("manifest.json", "sha256sums", "issue.json")


def forged_bundle(data, rng, key):
    """(bytes, words) of one forgery: as raw bytes, packed anew, with a good list of files, or even
    with that list sealed by the gateway's own key."""
    layer = rng.choice(["bytes", "packed", "packed", "listed", "reissued", "reissued"])
    if layer == "bytes":
        changed, words = rng.choice(BYTES)(data, rng)
        return changed, f"{layer}: {words}"
    files = opened(data)
    changed, words = rng.choice(FILES)(files, rng, layer == "reissued")
    if layer != "packed" and all(name in changed for name in NO_LIST) \
            and all(changed[name] == files[name] for name in NO_LIST):
        changed = listed(changed) if layer == "listed" else reissued(changed, key)
    return packed(changed), f"{layer}: {words}"


def only_words(data, forged):
    """Whether nothing but a sentence for people of the verdict was forged. How those are made is no
    part of VERDICT.md, so only Lookback can tell."""
    try:
        verdicts = [without_words(json.loads(opened(one)["verdict.json"])) for one in (data, forged)]
        files = [{name: content for name, content in opened(one).items()
                  if name not in (*NO_LIST, "verdict.json")} for one in (data, forged)]
    except (Wrong, KeyError, ValueError):
        return False
    return verdicts[0] == verdicts[1] and files[0] == files[1]


def without_words(value):
    if isinstance(value, dict):
        return {key: without_words(one) for key, one in value.items() if key not in ("zh", "en")}
    return [without_words(one) for one in value] if isinstance(value, list) else value


# 三、存储 · A store, by whoever may write the file -------------------------------------------------------

POINT = "(SELECT id FROM point WHERE name = ?)"


def any_row(town, rng, table, where="1"):
    count = town.rows(f"SELECT count(*) FROM {table} WHERE {where}")[0][0]
    return f"(SELECT rowid FROM {table} WHERE {where} LIMIT 1 OFFSET {rng.randrange(count)})"


def of_kept(town, rng):
    """The key of one sealed reading, as a condition."""
    count = town.rows("SELECT count(*) FROM kept")[0][0]
    segment, point, time, seq = town.rows(
        f"SELECT segment, point, time, seq FROM kept LIMIT 1 OFFSET {rng.randrange(count)}")[0]
    return f"segment = {segment} AND point = {point} AND time = {time} AND seq = {seq}", seq


def forge_reading(town, rng):
    where, seq = of_kept(town, rng)
    change = rng.choice(["value = ifnull(value, 1) + 0.1", "value = ifnull(value, 1) * 0.5",
                         "value = CASE WHEN value IS NULL THEN 1 END", "quality = (quality + 1) % 8",
                         "cause = (cause + 1) % 20", "time = time + 1000", "time = time - 60000",
                         "seq = seq + 1000000"])
    return town.forge(f"UPDATE kept SET {change} WHERE {where}"), f"kept, entry {seq}: {change}"


def remove_reading(town, rng):
    where, seq = of_kept(town, rng)
    return town.forge(f"DELETE FROM kept WHERE {where}"), f"kept, entry {seq}: removed"


def insert_reading(town, rng):
    where, seq = of_kept(town, rng)
    return town.forge("INSERT INTO kept(segment, point, time, seq, value, quality, cause) SELECT"
                      f" segment, point, time + 500, seq, value, quality, cause FROM kept WHERE {where}"
                      ), f"kept, entry {seq}: a second one beside it"


def swap_readings(town, rng):
    while True:
        (one, a), (other, b) = of_kept(town, rng), of_kept(town, rng)
        values = [town.rows(f"SELECT value, quality, cause FROM kept WHERE {where}")[0]
                  for where in (one, other)]
        if values[0] != values[1]:
            break
    set_to = "UPDATE kept SET value = ?, quality = ?, cause = ? WHERE "
    return town.forge((set_to + one, values[1]), (set_to + other, values[0])), \
        f"kept, entries {a} and {b}: swapped"


def forge_poll(town, rng):
    row = any_row(town, rng, "poll")
    change = rng.choice(["time = time + 1", "mono = mono + 1", "boot = boot + 1",
                         "raw = ifnull(raw, x'') || x'00'", "seq = seq + 1000000",
                         "device = device % (SELECT count(*) FROM device) + 1"])
    return town.forge(f"UPDATE poll SET {change} WHERE rowid = {row}"), f"poll {row}: {change}"


def remove_poll(town, rng):
    row = any_row(town, rng, "poll")
    return town.forge(f"DELETE FROM poll WHERE rowid = {row}"), f"poll {row}: removed"


def forge_event(town, rng):
    row = any_row(town, rng, "event")
    change = rng.choice(["kind = kind || 'x'", "time = time + 60000", "mono = mono + 1",
                         "boot = boot + 1", "who = who || '李'",
                         "arguments = json_set(arguments, '$.note', 'x')",
                         "arguments = json_set(arguments, '$.device', 'a/b')",
                         "arguments = arguments || ' '"])
    return town.forge(f"UPDATE event SET {change} WHERE rowid = {row}"), f"event {row}: {change}"


def remove_event(town, rng):
    row = any_row(town, rng, "event")
    return town.forge(f"DELETE FROM event WHERE rowid = {row}"), f"event {row}: removed"


def forge_problem(town, rng):
    row = any_row(town, rng, "problem_version")
    change = rng.choice(["body = json_set(body, '$.kind', 'nothing')", "nature = 'forged'",
                         "body = json_remove(body, '$.relapse_of')", "version = version + 1000",
                         "body = json_set(body, '$.worst.value', 0.25)",
                         "uid = substr(uid, 2) || '0'"])
    return town.forge(f"UPDATE problem_version SET {change} WHERE rowid = {row}"), \
        f"problem_version {row}: {change}"


def forge_segment(town, rng):
    count = town.rows("SELECT count(*) FROM segment WHERE head IS NOT NULL")[0][0]
    number = rng.randint(1, count)
    change = rng.choice(["sealed = sealed + 1000", "leaves = leaves + 1", "collector = 'other'",
                         "first_time = first_time + 1", "last_time = last_time - 1",
                         *(f"{name} = zeroblob(length({name}))" for name in (
                             "root", "head", "previous", "signature")),
                         "signature = x'00' || substr(signature, 2)", "key = '" + "a" * 64 + "'"])
    if number == 1 and change.startswith("previous"):
        number = 2
    return town.forge(f"UPDATE segment SET {change} WHERE segment = {number}"), \
        f"segment {number}: {change}"


def forge_name(town, rng):
    change = rng.choice(["point SET name = name || 'x'", "device SET name = name || 'x'",
                         "cause SET word = 'fine'", "profile SET digest = zeroblob(32)"])
    where = "id IN (SELECT cause FROM kept WHERE cause > 0)" if change.startswith("cause") else \
        "id = (SELECT min(profile) FROM poll)" if change.startswith("profile") else \
        "id IN (SELECT device FROM poll)" if change.startswith("device") else \
        "id IN (SELECT point FROM kept)"
    return town.forge(f"UPDATE {change} WHERE {where}"), change


def forge_configuration(town, rng):
    change = rng.choice(["configuration SET text = replace(text, 'points/', 'point/')",
                         "configuration SET digest = zeroblob(32)", "configuration SET seq = seq + 1",
                         "snapshot SET content = content || 'x'",
                         "snapshot SET digest = zeroblob(32)"])
    table = change.split()[0]
    return town.forge(f"UPDATE {change} WHERE rowid = {any_row(town, rng, table)}"), change


def forge_id(town, rng):
    return town.forge("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'store'"), \
        "the store's id"


STORE = (forge_reading,) * 6 + (
    remove_reading, remove_reading, insert_reading, swap_readings, swap_readings, forge_poll, forge_poll,
    remove_poll, forge_event, forge_event, remove_event, forge_problem, forge_segment, forge_segment,
    forge_name, forge_configuration, forge_id)


def forge_store(town, rng):
    """Words for what was changed. What changes nothing (a value that was absent) is tried again."""
    while True:
        changed, words = rng.choice(STORE)(town, rng)
        if changed:
            return words
