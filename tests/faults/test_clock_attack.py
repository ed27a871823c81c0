"""T32: clocks that are set, drift, repeat a second or disagree change no decision.

One story with orders of every haste, a funding stamp, an outage of the marks and a TWAP is played
under each clock, and what was decided is compared with the story under a good one. Only the time
since boot decides about ages; money goes by the venue's stamps.
"""

import os
import time
from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, MS, START_MS, START_NS, Trader, decided
from helpers.programs import twap

from desk.model.commands import CancelOrder, ClosePosition
from desk.model.market_data import MarkPrice
from desk.model.orders import OrderType, TimeInForce

HOUR_MS = 3_600_000
STAMP_MS = START_MS + 30_000
SET_AT_MS = 20_000
"""When in the story somebody sets the clock."""


class Clocked(Trader):
    """A desk whose machine and venue each have a clock of their own."""

    def __init__(self, wall=lambda ms: 0, venue=lambda ms: 0):
        self.wall_error, self.venue_error = wall, venue
        super().__init__()

    def true_ms(self):
        return (self.now_ns - START_NS) // MS

    def tick(self, ms=0):
        self.now_ns += ms * MS
        true_ms = self.true_ms()
        self.wall_ms = START_MS + true_ms + self.wall_error(true_ms)
        return super().tick()

    def hear(self, event):
        """Let the venue stamp by its own clock whatever it says."""
        true_ms = self.true_ms()
        late_ms = self.venue_error(true_ms)
        changes = {"ts_venue_ms": START_MS + true_ms + late_ms}
        if isinstance(event, MarkPrice):
            passed = START_MS + true_ms >= STAMP_MS
            changes["next_funding_ms"] = STAMP_MS + 8 * HOUR_MS * passed + late_ms
        return super().hear(msgspec.structs.replace(event, **changes))


def story(trader):
    """A minute and a half at the desk; what was decided in it."""
    trader.deposit()
    trader.market()
    trader.buy("1", None, id="open")
    trader.buy("0.5", "59000", id="rests")
    trader.sell("1", None, id="stop", type=OrderType.STOP, trigger=D(57_000), reduce_only=True)
    for second in range(90):
        trader.tick(100)
        if not 50 <= second < 55:
            trader.market()
        trader.tick(900)
        if 50 <= second < 55:
            trader.buy("0.1", "60000", id=f"blind-{second}")
        if second == 22:
            trader.buy("0.2", "60000", id="after", tif=TimeInForce.IOC)
        if second == 40:
            trader.give(twap("0.3", id="parts", over_s=20, every_s=5))
        if second == 75:
            trader.give(CancelOrder(id="c", order_id="rests"))
        if second == 80:
            trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    return [said(row.entry) for row in decided(trader.rows)]


def said(entry):
    data = entry.data
    fill = data.get("outcome", {}).get("fill", {})
    fill = {name: fill.get(name) for name in ("order_id", "side", "quantity", "price", "fee")}
    codes = [denial["code"] for denial in data.get("what", {}).get("denials", ())]
    paid = data.get("postings") if entry.type == "funding" else None
    return entry.type, entry.id, fill, codes, paid


CLOCKS = {
    "an hour ahead": {"wall": lambda ms: HOUR_MS * (ms >= SET_AT_MS)},
    "an hour back": {"wall": lambda ms: -HOUR_MS * (ms >= SET_AT_MS)},
    "an hour ahead and back again": {"wall": lambda ms: HOUR_MS * (20_000 <= ms < 45_000)},
    "a second twice": {"wall": lambda ms: -1_000 * (ms >= SET_AT_MS)},
    "500 ppm fast": {"wall": lambda ms: ms * 500 // 1_000_000},
    "500 ppm slow": {"wall": lambda ms: -ms * 500 // 1_000_000},
    "venue 0.3 s ahead": {"venue": lambda ms: 300},
    "venue 0.3 s behind": {"venue": lambda ms: -300},
    "venue 2 s ahead": {"venue": lambda ms: 2_000},
    "venue 2 s behind": {"venue": lambda ms: -2_000},
}


@pytest.fixture(scope="module")
def good():
    return story(Clocked())


def test_the_story_has_something_to_decide(good):
    kinds = [kind for kind, *_ in good]
    assert kinds.count("funding") == 1
    assert kinds.count("denial") >= 3
    assert kinds.count("fill") >= 5
    assert any("STALE_MARK" in codes for *_, codes, _ in good)


@pytest.mark.fault("T32")
@pytest.mark.parametrize("name", CLOCKS)
def test_no_clock_changes_a_decision(name, good, figure):
    assert story(Clocked(**CLOCKS[name])) == good
    figure(f"{name}: the same decisions, funding once")


@pytest.mark.fault("T32")
@pytest.mark.parametrize("zone", ["Asia/Hong_Kong", "Europe/London", "America/New_York"])
def test_no_time_zone_changes_a_decision(zone, good, monkeypatch):
    monkeypatch.setitem(os.environ, "TZ", zone)
    time.tzset()
    try:
        assert story(Clocked()) == good
    finally:
        monkeypatch.undo()
        time.tzset()
