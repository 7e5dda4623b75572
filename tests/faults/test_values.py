"""The faults of values, V1 to V12 of the catalogue, each with what we make of it.

TESTS says which test shows what; a test of this file names its fault first. The devices stand in one
collector, side by side (`values`).
"""
import json
import struct

import pytest

from catalogue import assert_covered
from fixtures import Peers
from lookback import Town, iso_ms, profile

TESTS = {
    "V1": ["test_v1_v2_v3_what_is_no_number_has_no_value_and_keeps_its_words",
           "test_v1_no_text_nan_leaves_us",
           "drivers/test_decode.c::nan_and_infinity_are_faults_without_a_value",
           "output/test_line.c::what_is_not_finite_is_never_written",
           "output/test_message.c::absent_is_null_and_only_what_has_a_cause_names_one"],
    "V2": ["test_v1_v2_v3_what_is_no_number_has_no_value_and_keeps_its_words",
           "drivers/test_decode.c::minus_nought_is_nought",
           "drivers/test_decode.c::numbers_at_the_ends_of_their_type_keep_their_value"],
    "V3": ["test_v1_v2_v3_what_is_no_number_has_no_value_and_keeps_its_words",
           "drivers/test_decode.c::an_absent_mark_is_compared_after_the_words_are_put_in_order"],
    "V4": ["test_v4_a_wrong_word_order_is_not_good",
           "drivers/test_decode.c::a_million_random_values_of_every_type_and_order_come_back",
           "test_value_path.py::test_every_type_in_every_order_is_the_same_number_for_everyone"],
    "V5": ["ledger/test_screen.c::"
           "a_stuck_sensor_is_doubted_after_the_time_of_the_table_and_not_before",
           "ledger/test_screen.c::six_equal_values_of_an_analyser_are_doubted_and_five_are_not"],
    "V6": ["test_v6_beyond_the_span_is_at_least_this_and_below_it_a_fault",
           "ledger/test_rule.c::over_range_means_at_least_this"],
    "V7": ["test_v7_one_spike_is_stored_and_opens_no_problem",
           "ledger/test_screen.c::one_value_far_from_both_neighbours_is_doubted_where_it_stood"],
    "V8": ["test_v8_a_counter_that_wraps_or_is_reset_is_stored_as_it_is"],
    "V9": ["test_v9_no_value_is_made_of_two_requests",
           "drivers/test_plan.c::a_value_of_two_registers_is_never_split"],
    "V10": ["test_v10_a_whole_number_is_exact_or_absent",
            "drivers/test_decode.c::a_value_that_scaling_makes_infinite_is_a_fault"],
    "V11": ["test_v11_a_status_register_gives_the_letter_and_keeps_the_value",
            "ledger/test_rule.c::what_is_not_judged_is_neither_good_nor_a_breach",
            "drivers/test_decode.c::a_state_that_did_not_answer_makes_what_it_governs_unknown"],
    "V12": ["test_v12_a_unit_changed_on_the_device_changes_no_value"],
}


def test_every_fault_of_a_value_has_its_test():
    assert_covered("V", 12, TESTS, __file__)


def two_words(raw):
    return [raw >> 16, raw & 0xFFFF]


def four_words(raw):
    return [raw >> shift & 0xFFFF for shift in (48, 32, 16, 0)]


NOT_A_NUMBER, ABSENT = (None, "D", "not_a_number"), (None, "D", "absent_mark")
FIXED = {  # channel: (type, its words, more of the channel, what must come of it)
    "quiet": ("float32", two_words(0x7FC00000), {}, NOT_A_NUMBER),
    "signalling": ("float32", two_words(0x7F800001), {}, NOT_A_NUMBER),
    "payload": ("float32", two_words(0xFFC12345), {}, NOT_A_NUMBER),
    "infinite": ("float32", two_words(0x7F800000), {}, NOT_A_NUMBER),
    "minus_infinite": ("float32", two_words(0xFF800000), {}, NOT_A_NUMBER),
    "minus_nought": ("float32", two_words(0x80000000), {}, (0.0, "N", "")),
    "subnormal": ("float32", two_words(0x00000001), {}, (1e-45, "N", "")),
    "plain": ("float32", two_words(0x41A40000), {}, (20.5, "N", "")),
    "mark_8000": ("uint16", [0x8000], {"absent": ["0x8000", "0x7FFF"]}, ABSENT),
    "mark_7fff": ("uint16", [0x7FFF], {"absent": ["0x8000", "0x7FFF"]}, ABSENT),
    "mark_ffff": ("uint16", [0xFFFF], {"absent": "0xFFFF"}, ABSENT),
    "mark_9999": ("int16", [65536 - 9999], {"absent": -9999}, ABSENT),
    "mark_32": ("uint32", [0xFFFF, 0xFFFF], {"absent": "0xFFFFFFFF"}, ABSENT),
    "above": ("uint16", [1401], {"scale": 0.01, "valid": (0, 14)}, (14.01, "T", "above_span")),
    "at_the_end": ("uint16", [1400], {"scale": 0.01, "valid": (0, 14)}, (14.0, "N", "")),
    "below": ("int16", [65536 - 1], {"scale": 0.01, "valid": (0, 14)}, (-0.01, "D",
                                                                      "below_span")),
    "exact": ("uint64", four_words(2 ** 53), {"valid": (0, 1e19)}, (2.0 ** 53, "N", "")),
    "even": ("uint64", four_words(2 ** 53 + 2), {"valid": (0, 1e19)}, (2.0 ** 53 + 2, "N", "")),
    "inexact": ("uint64", four_words(2 ** 53 + 1), {"valid": (0, 1e19)},
                (None, "D", "not_exact")),
    "inexact_below": ("int64", four_words(2 ** 64 - 2 ** 53 - 1), {"valid": (-1e19, 1e19)},
                      (None, "D", "not_exact")),
    "minus_one": ("int64", four_words(2 ** 64 - 1), {}, (-1.0, "N", "")),
}
for order, place in (("BADC", (1, 0, 3, 2)), ("CDAB", (2, 3, 0, 1)), ("DCBA", (3, 2, 1, 0))):
    laid = bytes(struct.pack(">f", 20.5)[i] for i in place)
    FIXED["order_" + order.lower()] = ("float32", list(struct.unpack(">HH", laid)),
                                       {"valid": (1, 50)}, None)


def fixed_words():
    words = []
    for _, own, _, _ in FIXED.values():
        words += own
    return words


def fixed_model():
    channels, address = {}, 0
    for name, (kind, own, more, _) in FIXED.items():
        channels["cod." + name] = ("holding", address, kind, more)
        address += len(own)
    model = profile("fixed", channels)
    for name in FIXED:  # 0 is below the span of these
        if name.startswith("order_"):
            model["proofs"][0]["cod_" + name] = "D"
    return model


def counter(request):
    """A 16-bit counter that wraps, and is set back once."""
    number = request.number
    return [(65530 + number if number < 12 else number - 12) & 0xFFFF]


def torn(request):
    """Each request finds other words; both halves of a value are the request's number."""
    return [request.number] * request.count


STATUS = {0: (7.0, "N", ""), 1: (7.0, "M", "status_bit"), 2: (7.0, "C", "status_bit")}
UNITS = {1: (732.0, "N", ""), 2: (0.732, "N", ""), 9: (None, "D", "unit_unknown")}


def status(request):
    word = list(STATUS)[request.number // 4 % 3]
    return [word if request.address + i == 1 else 7 for i in range(request.count)]


def unit(request):
    word = list(UNITS)[request.number // 4 % 3]
    return [word if request.address + i == 1 else 732 for i in range(request.count)]


def status_model():
    return profile("status", {"cod.s": ("holding", 0, "uint16", {})},
                   states=[{"area": "holding", "address": 1, "mask": 1, "quality": "M"},
                           {"area": "holding", "address": 1, "mask": 2, "quality": "C"}])


def unit_model():
    model = profile("units", {"cod.u": ("holding", 0, "uint16", {
        "unit_register": {"area": "holding", "address": 1,
                          "units": [{"is": 1, "scale": 1}, {"is": 2, "scale": 0.001}]}})})
    model["proofs"] = [{"note": "computed", "holding": [{"at": 0, "words": (732, 2)}],
                        "cod_u": 0.732}]
    return model


def torn_model():
    return profile("torn", {f"cod.t{i}": ("holding", 2 * i, "uint32", {}) for i in range(10)},
                   max_registers=7)


class Values:
    """One collector that polled all devices for a while; it has ended."""

    def __init__(self, folder, peers):
        self.town = Town(folder)
        fixed = fixed_words()
        self.devices = {}
        for name, words, model in (
                ("fixed", lambda r: fixed[r.address:r.address + r.count], fixed_model()),
                ("counter", counter, profile("counter", {"flow": ("holding", 0, "uint16", {})})),
                ("torn", torn, torn_model()), ("status", status, status_model()),
                ("unit", unit, unit_model())):
            self.devices[name] = peers.scripted(words)
            self.town.device(port=self.devices[name].port, name=name, model=model, every="100ms")
        self.town.start()
        try:
            self.town.wait(lambda: all(len(one.requests) > 20 for one in self.devices.values()),
                           30, "every device to have been asked enough")
            self.json = self.town.command("readings", "--point", "yard/fixed/cod.quiet",
                                          "--json").stdout
        finally:
            self.town.stop()
        self.rows = {name: [row for row in self.town.readings()
                            if row[1].startswith(f"yard/{name}/")] for name in self.devices}


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    peers = Peers(folder)
    try:
        yield Values(folder, peers)
    finally:
        peers.end()


def seen(values, channel):
    return {row[3:] for row in values.rows["fixed"] if row[1] == "yard/fixed/cod." + channel}


@pytest.mark.parametrize("channel", [name for name, row in FIXED.items() if row[3] is not None])
def test_v1_v2_v3_what_is_no_number_has_no_value_and_keeps_its_words(values, channel):
    """V1, V2, V3, and of V6 and V10 the plain cases: value, letter and cause of each."""
    assert seen(values, channel) == {FIXED[channel][3]}
    kept = [raw for device, time, raw in values.town.polls().values()]
    words = b"".join(word.to_bytes(2, "big") for word in FIXED[channel][1])
    assert any(words in raw for raw in kept)


def test_v1_no_text_nan_leaves_us(values):
    """V1: JSON knows no NaN; InfluxDB refuses it, VictoriaMetrics drops it without a word."""
    assert "nan" not in values.json.lower()
    assert {row["value"] for row in json.loads(values.json)["readings"]} == {None}


@pytest.mark.parametrize("order", ["badc", "cdab", "dcba"])
def test_v4_a_wrong_word_order_is_not_good(values, order):
    """V4: 20.5, laid out otherwise than the profile says: the span catches it."""
    assert {letter for _, letter, _ in seen(values, "order_" + order)} == {"D"}


def test_v6_beyond_the_span_is_at_least_this_and_below_it_a_fault(values):
    """V6: the value is kept."""
    assert seen(values, "above") == {(14.01, "T", "above_span")}
    assert seen(values, "below") == {(-0.01, "D", "below_span")}


def test_v8_a_counter_that_wraps_or_is_reset_is_stored_as_it_is(values):
    """V8: we make no differences; what the device said is what is stored, in its order."""
    stored = [row[3] for row in values.rows["counter"]]
    said = [float((65530 + n if n < 12 else n - 12) & 0xFFFF)
            for n in range(len(values.devices["counter"].requests))]
    assert stored == said[:len(stored)] and len(stored) > 15
    assert {row[4:] for row in values.rows["counter"]} == {("N", "")}


def test_v9_no_value_is_made_of_two_requests(values):
    """V9: ten values of two registers, seven registers a request, other words each time."""
    assert len(values.rows["torn"]) > 20
    for row in values.rows["torn"]:
        assert int(row[3]) >> 16 == int(row[3]) & 0xFFFF, row
    asked = values.devices["torn"].requests
    assert all(one.address % 2 == 0 and one.count % 2 == 0 and one.count <= 7 for one in asked)


def test_v10_a_whole_number_is_exact_or_absent(values):
    """V10: beyond 2^53 a double holds every second number."""
    assert seen(values, "even") == {(2.0 ** 53 + 2, "N", "")}
    for channel in ("inexact", "inexact_below"):
        assert seen(values, channel) == {(None, "D", "not_exact")}


def test_v11_a_status_register_gives_the_letter_and_keeps_the_value(values):
    """V11: maintenance and calibration."""
    assert {row[3:] for row in values.rows["status"]} == set(STATUS.values())


def test_v12_a_unit_changed_on_the_device_changes_no_value(values):
    """V12: mg/L, then µg/L, then a unit nobody knows."""
    assert {row[3:] for row in values.rows["unit"]} == set(UNITS.values())


def test_v7_one_spike_is_stored_and_opens_no_problem(town, peers):
    """V7: two of three readings make a problem, one does not; both are stored."""
    spikes = {8, 16, 17}
    device = peers.scripted(lambda r: [1000 if r.number in spikes else 10] * r.count)
    town.device(port=device.port, every="100ms")
    town.rules = [{"name": "cod-high", "points": ["yard/probe/cod.c0"], "above": 500.0,
                   "count": (2, 3)}]
    town.start()
    town.wait(lambda: [row for row in town.readings("yard/probe/cod.c0") if row[3] == 1000], 20,
              "the spike")
    town.wait(lambda: 9 < len(town.readings("yard/probe/cod.c0")), 20, "what follows it")
    problems = town.wait(lambda: town.ask("problems")["problems"], 20, "a problem")
    assert len(problems) == 1
    rows = [(row[0], row[3]) for row in town.readings("yard/probe/cod.c0")]
    assert len([value for _, value in rows if value == 1000]) == 3
    first = [time for _, _, time, value, _, _ in town.readings("yard/probe/cod.c0")
             if value == 1000]
    assert iso_ms(problems[0]["first"]) >= first[1]
