"""The station as it is now, from devices on a wire to what the page is told."""
import pytest
from page import Page

NOW = "/api/v1/now"


def site(page, name="yard"):
    sites = {one["name"]: one for one in page.get(NOW).json()["sites"]}
    return sites[name]


def point(page, channel):
    return next(row for row in site(page)["points"] if row["channel"] == channel)


class Value:
    """What the register says now."""

    def __init__(self, words):
        self.words = words

    def __call__(self, request):
        return [self.words] * request.count


@pytest.fixture
def value():
    return Value(10)


@pytest.fixture
def page(town, peers, value):
    """One device of two channels, asked five times a second; above 100 is a breach."""
    device = peers.scripted(value)
    town.device(device.port, every="200ms")
    town.rules.append({"name": "high", "points": ["yard/probe/*"], "above": 100.0})
    page = Page(town, open=True)
    town.start()
    page.device = device
    return page.wait()


def is_in(page, state):
    return lambda: site(page)["state"] == state


def test_a_breach_is_on_the_page_when_it_is_stored(town, page, value):
    """Or, where the town took long to make (a busy machine), at most two seconds later."""
    town.wait(is_in(page, "good"))
    assert site(page)["problems"] == []
    value.words = 150
    rows = town.wait(lambda: town.rows("SELECT uid, seq FROM problem"), what="the breach")
    town.wait(is_in(page, "breach"))
    shown = site(page)
    assert rows[0][0] in [one["uid"] for one in shown["problems"]]
    assert shown["since"] == min(one["first"] for one in shown["problems"])
    value.words = 10
    town.wait(is_in(page, "recovered"))


def test_what_is_shown_is_what_is_stored(town, page, value):
    value.words = 42
    town.wait(lambda: point(page, "cod.c0")["value"] == 42)
    row = point(page, "cod.c0")
    seq, stored = town.rows("SELECT r.seq, r.value FROM reading r JOIN point p ON p.id = r.point"
                            " WHERE p.name = 'yard/probe/cod.c0' AND r.seq = ?", row["seq"])[0]
    assert (seq, stored) == (row["seq"], 42)
    assert row["quality"] == "N" and row["bound"] == {"above": 100} and not row["stale"]
    latest = page.get("/api/v1/latest?limit=1").json()
    assert latest["latest"][0]["point"] == "yard/probe/cod.c0" and latest["next"]


def test_a_silent_device_is_shown_with_its_cause_and_no_value(town, page):
    town.wait(is_in(page, "good"))
    page.device.stop()
    town.wait(is_in(page, "silent"))
    shown = site(page)
    assert shown["devices"][0]["state"] == "silent" and shown["devices"][0]["cause"]
    town.wait(lambda: point(page, "cod.c0")["value"] is None)
    row = point(page, "cod.c0")
    assert row["quality"] == "B" and row["cause"] == site(page)["devices"][0]["cause"]


def test_after_a_restart_the_old_value_is_stale_and_has_its_old_time(town, peers, value):
    device = peers.scripted(value)
    town.device(device.port, every="200ms")
    page = Page(town, open=True)
    town.start()
    page.wait()
    town.wait(is_in(page, "good"))
    town.stop()
    old = town.readings("yard/probe/cod.c0")[-1]
    town.links[0]["after_connect"] = "60s"  # nothing is asked while the test looks
    town.start()
    page.wait()
    row = point(page, "cod.c0")
    assert (row["seq"], row["value"], row["stale"]) == (old[0], old[3], True)
    assert site(page)["state"] == "silent"


def test_status_of_the_page_is_that_of_the_command(town, page):
    town.wait(is_in(page, "good"))
    page_status, command = page.get("/api/v1/status").json(), town.ask("status")

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(one) for key, one in value.items() if key != "errors"}
        return [shape(one) for one in value] if isinstance(value, list) else None

    assert shape(page_status) == shape(command)
    assert page.get("/api/v1/links").json()["links"][0]["name"] == "link-probe"

    def device():
        return page.get("/api/v1/devices?site=yard").json()["devices"][0]

    town.wait(lambda: device()["state"] == "answering")
    assert device()["points"] == ["yard/probe/cod.c0", "yard/probe/cod.c1"]


def test_the_plan_of_the_page_is_that_of_the_command(town, page):
    town.wait(is_in(page, "good"))

    def without_times(plan):
        return [{key: link[key] for key in ("name", "kind", "fits")}
                | {"requests": [device["requests"][0]["count"] for device in link["devices"]]}
                for link in plan["links"]]

    assert without_times(page.get("/api/v1/plan").json()) == without_times(town.ask("plan"))


def test_who_has_the_town_is_sent_nothing_again(town, page):
    answer = page.get("/api/v1/town")
    again = page.get("/api/v1/town", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert page.ask("HEAD", "/api/v1/town").headers["ETag"] == answer.headers["ETag"]


def test_who_has_what_is_now_is_sent_it_again_only_when_something_changes(town, peers, value):
    device = peers.scripted(value)
    town.device(device.port, every="60s")
    page = Page(town, open=True)
    town.start()
    page.wait()
    town.wait(is_in(page, "good"))

    def etag():
        return page.get(NOW).headers["ETag"]

    town.wait(lambda: etag() == etag(), what="the first poll to be all told")
    known = etag()
    town.wait(lambda: page.get(NOW, headers={"If-None-Match": known}).status == 304)
    device.stop()
    town.stop()
    town.start()  # the same numbers of another run are another answer
    page.wait()
    assert page.get(NOW, headers={"If-None-Match": known}).status == 200
