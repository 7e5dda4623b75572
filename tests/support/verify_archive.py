"""压缩包，另写一遍 · The archive of a bundle, written a second time from VERIFY.md alone.

Every byte is as the text says or the archive is refused: nothing stands before, between or after the
entries, so there is no room for a bomb, a link, a path out of the folder or a second directory.
"""
import re
import struct
import zlib

from verify_seals import Wrong

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
DATE = 0x0021

PART = r"[a-z0-9][a-z0-9_-]{0,31}"
NAMES = re.compile(
    r"VERIFY\.md|SEAL\.md|VERDICT\.md|anchors/\d{6,}\.tsr|anchors\.json"
    r"|configuration/[0-9a-f]{64}\.txt|configuration/items/[0-9a-f]{64}|events\.txt|heads\.txt"
    r"|issue\.json|keys\.json|keys/[0-9a-f]{64}\.pem|manifest\.json|readings\.csv|readings\.xlsx|report\.pdf"
    rf"|rows/{PART}/{PART}/{PART}(?:\.{PART})?\.txt|sha256sums|verdict\.json")


def local_header(name, content):
    return LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, DATE, zlib.crc32(content), len(content),
                      len(content), len(name), 0) + name


def central_header(name, crc, size, at):
    return CENTRAL.pack(b"PK\x01\x02", 0x0314, 20, 0, 0, 0, DATE, crc, size, size, len(name), 0, 0,
                        0, 0, 0o100644 << 16, at) + name


def end_record(count, size, at):
    return END.pack(b"PK\x05\x06", 0, 0, count, count, size, at, 0)


def read_archive(data):
    """{name: content}; every other archive than the one we would have written is Wrong."""
    files, directory, at, before = {}, [], 0, b""
    while data[at:at + 4] == b"PK\x03\x04":
        if len(data) < at + LOCAL.size:
            raise Wrong(f"the archive ends inside a header at byte {at}")
        fields = LOCAL.unpack_from(data, at)
        crc, size, length = fields[6], fields[7], fields[9]
        start = at + LOCAL.size + length
        if len(data) < start + size:
            raise Wrong(f"the archive ends inside the file that begins at byte {at}")
        name, content = data[at + LOCAL.size:start], data[start:start + size]
        words = name.decode("ascii", "replace")
        if not NAMES.fullmatch(words):
            raise Wrong(f"{words!r} is no name of a bundle's file")
        if name <= before:
            raise Wrong(f"{words} does not stand in the order of the names")
        if data[at:start] != local_header(name, content):
            what = "its bytes are not those it was packed with" if crc != zlib.crc32(content) else \
                "its header is not the one a bundle has"
            raise Wrong(f"{words}: {what}")
        files[words] = content
        directory.append(central_header(name, crc, size, at))
        at, before = start + size, name
    central = b"".join(directory)
    rest = central + end_record(len(files), len(central), at)
    if not files or data[at:] != rest:
        shown = next((i for i, (a, b) in enumerate(zip(data[at:], rest)) if a != b),
                     min(len(data) - at, len(rest)))
        raise Wrong(f"the archive is not the one a bundle has, from byte {at + shown} on")
    return files


def write_archive(files):
    """The one archive of these files."""
    parts, directory, at = [], [], 0
    for name in sorted(files, key=str.encode):
        content, raw = files[name], name.encode()
        directory.append(central_header(raw, zlib.crc32(content), len(content), at))
        parts += [local_header(raw, content), content]
        at += LOCAL.size + len(raw) + len(content)
    central = b"".join(directory)
    return b"".join(parts) + central + end_record(len(files), len(central), at)
