"""tests/support/liar.c from Python: a scripted Modbus device that lies, on ports and pseudo terminals."""
import json
import subprocess

from devices import program


class Liar:
    """`options` as `liar --help` says. `ports` has what each link is reached by, in their order: a
    port, or the path of a pseudo terminal. It can be told things while it runs, and its log, the
    ground truth, is at `log`."""

    def __init__(self, *options, log=None):
        self.log = str(log) if log else None
        more = ["--log", self.log] if log else []
        self.process = subprocess.Popen(
            [program("liar"), "--control", *(str(one) for one in options), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        assert words and words[0] == "ready", words
        self.ports = [int(word) if word.isdigit() else word for word in words[1:]]
        self.port = self.ports[0]

    def say(self, command):
        """`fault NAME…`, `clear`, `cut`, `mend`, `dead 7`…: done when this returns."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", (command, answer)

    def counts(self):
        """{"asked": …, and how often each fault was told}."""
        self.process.stdin.write("counts\n")
        self.process.stdin.flush()
        counts = json.loads(self.process.stdout.readline())
        assert self.process.stdout.readline() == "done\n"
        return counts

    def exchanges(self):
        """The log: one dictionary an exchange, as it was heard."""
        names = ("link", "number", "unit", "function", "address", "count", "heard_us")
        rows = []
        with open(self.log) as lines:
            for line in lines:
                words = line.split()
                if line.endswith("\n") and words[0] != "still":
                    row = dict(zip(names, map(int, words)))
                    rows.append({**row, "fault": words[7], "value": int(words[8])})
        return rows

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(10)
        self.process.stdout.close()


def cell(words):
    """What the eight words of a cell say; their check is the collector's oracle's business."""
    return {"unit": words[0] >> 8, "link": words[0] & 255, "address": words[1],
            "number": words[2] << 16 | words[3], "ms": words[4] << 16 | words[5],
            "function": words[6] >> 8, "map": words[6] & 255}
