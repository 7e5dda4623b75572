"""Raw truth: what was said on the line is kept for points that watch a task, sealed, shown, and the
whole store is decoded again from it."""
import sqlite3

from devices import rtu
from lookback import profile
from test_tasks import load, row
from verify_store import Check

TIMEOUT = 0.2
POINT = "yard/probe/ph.a"


def blocks():
    """Two blocks that are no neighbours: two requests a poll."""
    return profile("blocks", {"ph.a": ("holding", 0, "float32", {}),
                              "cod.b": ("holding", 500, "uint16", {})})


def words(request):
    return [0x40EA, 0x3D71][:request.count] if request.address == 0 else [1234]


class Recorder:
    """A script that is late, noisy or honest by the number of the request, and keeps what it sent."""

    def __init__(self, lies):
        self.lies, self.told = lies, []

    def __call__(self, request, honest):
        pieces = self.lies.get(request.number, lambda frame: [(0, frame)])(honest)
        self.told.append((request, honest, b"".join(piece for _, piece in pieces)))
        return pieces


def entries(content):
    found, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at + 1:at + 3], "big")
        found.append((chr(content[at]), bytes(content[at + 3:at + 3 + size])))
        at += 3 + size
    return found


def asked(request):
    return rtu(request.unit, bytes((request.function,)) + request.address.to_bytes(2, "big")
               + request.count.to_bytes(2, "big"))


def frames(town):
    return dict(town.rows("SELECT seq, bytes FROM frame"))


def watched_line(town, peers, lies=None, **more):
    """A probe on a serial line whose first channel watches task 37 from the start."""
    script = Recorder(lies or {})
    peer = peers.scripted(words, script, serial=town.folder + "/line")
    town.device(path=peer.serial, model=blocks(), every="300ms", timeout=f"{int(TIMEOUT * 1000)}ms",
                **more).write()
    load(town, row(37, points=POINT))
    return script


def test_the_frames_of_a_late_answer_are_kept_as_the_device_sent_them(town, peers):
    late = lambda frame: [(TIMEOUT * 1.5, frame)]  # noqa: E731
    noisy = lambda frame: [(0, b"\x00\xff\x55" + frame)]  # noqa: E731
    script = watched_line(town, peers, {2: late, 5: noisy})
    town.start()
    town.wait(lambda: len(frames(town)) >= 4, what="four polls with frames")
    town.stop()
    kept = [entries(content) for _, content in sorted(frames(town).items())]
    said = [one for poll in kept for one in poll]
    expected = [one for request, _, sent in script.told
                for one in (("S", asked(request)), ("H", sent))]
    assert len(said) >= 9 and said == expected[:len(said)]
    # the poll of the late answer asked its first block twice
    assert [what for what, _ in kept[1]] == ["S", "H"] * 3
    assert kept[1][0] == kept[1][2] and kept[1][1] == kept[1][3]
    cause, = {cause for _, name, _, _, _, cause in town.readings(POINT) if cause}
    assert cause == "after_timeout"


def test_a_task_takes_and_ends_frames_without_a_restart(town, peers):
    peer = peers.scripted(words)
    other = peers.scripted(words)
    town.device(port=peer.port, model=blocks(), every="100ms")
    town.device(port=other.port, name="other", model=blocks(), every="100ms")
    town.start()
    town.wait_polls(4)
    assert frames(town) == {}
    load(town, row(37, points=POINT))
    town.wait(lambda: len(frames(town)) >= 2, what="frames of the watching device")
    device, = town.rows("SELECT DISTINCT d.name FROM frame f JOIN poll p ON p.seq = f.seq"
                        " JOIN device d ON d.id = p.device")
    assert device == ("probe",)
    load(town, row(37, points="yard/other/ph.a"))
    town.wait(lambda: len(town.rows("SELECT DISTINCT p.device FROM frame f JOIN poll p"
                                    " ON p.seq = f.seq")) == 2, what="frames of the other one")
    last, = town.rows("SELECT max(f.seq) FROM frame f JOIN poll p ON p.seq = f.seq JOIN device d"
                      " ON d.id = p.device WHERE d.name = 'probe'")[0]
    town.wait(lambda: town.rows("SELECT count(*) FROM poll p JOIN device d ON d.id = p.device"
                                " WHERE d.name = 'probe' AND p.seq > ?", last)[0][0] >= 5,
              what="polls without frames")
    assert town.rows("SELECT max(f.seq) FROM frame f JOIN poll p ON p.seq = f.seq JOIN device d"
                     " ON d.id = p.device WHERE d.name = 'probe'")[0] == (last,)


def second_verifier(town):
    return Check(town.store).run()


def test_frames_are_sealed_and_both_verifiers_find_a_changed_one(town, peers):
    town.device(port=peers.scripted(words).port, model=blocks(), every="100ms").write()
    load(town, row(37, points=POINT))
    town.start()
    town.wait(lambda: len(frames(town)) >= 3, what="frames")
    town.stop()  # seals what it has
    assert town.command("seals", "verify").returncode == 0
    assert second_verifier(town) == []
    seq, content = sorted(frames(town).items())[1]
    with sqlite3.connect(town.store + "/lookback.db") as db:
        db.execute("UPDATE frame SET bytes = ? WHERE seq = ?", (content[:-1] + b"\x00", seq))
    answer = town.command("seals", "verify")
    assert answer.returncode == 1 and "frames of yard/probe" in answer.stdout, answer.stdout
    fault, = second_verifier(town)
    assert "frames yard/probe" in fault and str(seq) in fault
