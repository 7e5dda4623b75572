"""设置文件的语法，另写一遍 · The syntax of settings files (libconfig 1.5), as little as is needed.

A group { } is a dictionary, a list ( ) and an array [ ] are lists.
"""
import re

from verify_seals import Wrong

TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<real>[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+)
      | (?P<hex>0[xX][0-9A-Fa-f]+L{0,2})
      | (?P<whole>[-+]?\d+L{0,2})
      | (?P<name>[A-Za-z*][-A-Za-z0-9_*]*)
      | (?P<mark>[=:;,{}()\[\]])""", re.X | re.S)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "b": "\b", "a": "\a"}


class Reader:
    def __init__(self, text, where):
        self.where, self.tokens, at = where, [], 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise Wrong(f"{where}: line {text.count(chr(10), 0, at) + 1} cannot be read")
            if found.lastgroup != "skip":
                self.tokens.append((found.lastgroup, found[0], at))
            at = found.end()
        self.tokens.append(("end", "", len(text)))
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, *wanted):
        kind, text, at = self.tokens[self.at]
        if wanted and text not in wanted and kind not in wanted:
            raise Wrong(f"{self.where}: {text!r} cannot stand at byte {at}")
        self.at += 1
        return kind, text

    def settings(self, until):
        found = {}
        while self.peek()[1] != until or (until == "" and self.peek()[0] != "end"):
            _, name = self.take("name")
            if name in found:
                raise Wrong(f"{self.where}: {name} stands twice")
            self.take("=", ":")
            found[name] = self.value()
            if self.peek()[1] in (";", ","):
                self.take()
        self.take()
        return found

    def value(self):
        kind, text = self.take()
        if kind == "text":
            words = unescaped(text)
            while self.peek()[0] == "text":
                words += unescaped(self.take()[1])
            return words
        if kind == "whole":
            return int(text.rstrip("L"))
        if kind == "hex":
            return int(text.rstrip("L"), 16)
        if kind == "real":
            return float(text)
        if kind == "name" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if text == "{":
            return self.settings("}")
        if text in "([" and kind == "mark":
            return self.several(")" if text == "(" else "]")
        raise Wrong(f"{self.where}: {text!r} is no value")

    def several(self, until):
        found = []
        while self.peek()[1] != until:
            found.append(self.value())
            if self.peek()[1] == ",":
                self.take()
        self.take()
        return found


def unescaped(text):
    def one(found):
        word = found[1]
        return chr(int(word[1:], 16)) if word[0] == "x" else ESCAPES.get(word, word)
    return re.sub(r"\\(x[0-9A-Fa-f]{2}|.)", one, text[1:-1], flags=re.S)


BARE = re.compile(r'("(?:[^"\\]|\\.)*"?)|\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)|[ \t\r\n]+', re.S)


def bare(text):
    """What it says, without comments and blanks."""
    return BARE.sub(lambda found: found[1] or "", text)


def read_conf(text, where):
    return Reader(text, where).settings("")


UNITS = {"ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000}


def duration_ms(text):
    found = re.fullmatch(r"(\d+)(ms|s|min|h|d)", text)
    if found is None:
        raise Wrong(f"{text!r} is no duration")
    return int(found[1]) * UNITS[found[2]]
