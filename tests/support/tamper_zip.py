"""Archives that are none a bundle has: packed otherwise, or made to hurt who opens them."""
import struct
import zlib

from tamper import listed, packed, replaced
from verify_archive import LOCAL, central_header, end_record, local_header, read_archive


def renamed(files, old, new):
    return {new if name == old else name: content for name, content in files.items()}


def in_order(data, order):
    """The same entries in another order, every sum good."""
    files = read_archive(data)
    parts, directory, at = [], [], 0
    for name in order(sorted(files, key=str.encode)):
        raw, content = name.encode(), files[name]
        directory.append(central_header(raw, zlib.crc32(content), len(content), at))
        parts.append(local_header(raw, content) + content)
        at += LOCAL.size + len(raw) + len(content)
    central = b"".join(directory)
    return b"".join(parts) + central + end_record(len(files), len(central), at)


ARCHIVES = {
    "edited": lambda data, files: packed(replaced(files, "VERIFY.md", b"bundle", b"Bundle")),
    "a file added": lambda data, files: packed({**files, "notes.txt": b"x"}),
    "a file removed": lambda data, files: packed(
        {name: content for name, content in files.items() if name != "SEAL.md"}),
    "renamed": lambda data, files: packed(renamed(files, next(name for name in files if name.startswith("rows/")), "rows/a/b/c.txt")),
    "reordered": lambda data, files: in_order(data, lambda names: names[1:] + names[:1]),
    "an entry twice": lambda data, files: in_order(data, lambda names: names[:1] + names),
    "bytes behind": lambda data, files: data + b"\0",
    "bytes before": lambda data, files: b"\0" + data,
    "a comment": lambda data, files: data[:-2] + struct.pack("<H", 3) + b"abc",
    "listed anew": lambda data, files: packed(listed(replaced(files, "VERIFY.md", b"bundle", b"x"))),
}


def entry(name, content, method=0, size=None, crc=None, version=20, attributes=0o100644 << 16, extra=b""):
    """(local header with content, central header without its offset)"""
    raw = name.encode()
    size = len(content) if size is None else size
    crc = zlib.crc32(content) if crc is None else crc
    local = struct.pack("<4s5H3I2H", b"PK\3\4", version, 0, method, 0, 0x21, crc, len(content), size,
                        len(raw), len(extra)) + raw + extra + content
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 0x0314, version, 0, method, 0, 0x21, crc,
                          len(content), size, len(raw), 0, 0, 0, 0, attributes, 0) + raw
    return local, central


def archive(*entries):
    body, directory, at = b"".join(local for local, _ in entries), [], 0
    for local, central in entries:
        directory.append(central[:42] + struct.pack("<I", at) + central[46:])
        at += len(local)
    directory = b"".join(directory)
    return body + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries),
                                          len(directory), len(body), 0)


def deflated(count):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(count)) + packer.flush()


HOSTILE = {
    "a bomb": lambda: archive(entry("manifest.json", deflated(256), 8, 256 << 20)),
    "a bomb that says 4 GiB": lambda: archive(entry("manifest.json", b"x", 0, 0xFFFFFFFE)),
    "ZIP64": lambda: archive(entry("manifest.json", b"x", 0, 0xFFFFFFFF, version=45,
                                   extra=struct.pack("<2H2Q", 1, 16, 10 << 30, 10 << 30))),
    "a link": lambda: archive(entry("manifest.json", b"/etc/passwd", attributes=0o120777 << 16)),
    "a way out": lambda: archive(entry("../../../../tmp/lookback-was-here", b"x")),
    "an absolute name": lambda: archive(entry("/tmp/lookback-was-here", b"x")),
    "a way out in a row's name": lambda: archive(entry("rows/../../x/y.txt", b"x")),
    "a drive": lambda: archive(entry("C:\\x", b"x")),
    "an empty name": lambda: archive(entry("", b"x")),
    "a folder": lambda: archive(entry("rows/", b"")),
    "nothing": lambda: b"",
    "an empty archive": lambda: archive(),
    "only its end": lambda: struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, 1 << 31, 1 << 31, 0),
    "65,000 entries": lambda: archive(*(entry(f"configuration/items/{i:064x}", b"")
                                        for i in range(65000))),
    "no archive": lambda: b"\x1f\x8b" + bytes(1000),
}
