"""What the live desk knows beyond a document: funding, open interest, prices that run away."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, SPOT, Trader, decided

from desk.engine.surroundings import surroundings
from desk.model.events import Alerted, Denied
from desk.model.market_data import OpenInterest


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    return trader


def of(trader, instrument=BTC):
    return surroundings(trader.desk, trader.desk.catalogue.get(instrument), "perp-1")


def codes(events):
    return [d.code for event in events if isinstance(event, Denied) for d in event.denials]


def test_funding_interest_and_marks_of_the_last_minute_are_gathered(trader):
    trader.hear(OpenInterest(instrument=BTC, quantity=D(5), ts_recv_ns=trader.now_ns))
    trader.tick(30_000)
    trader.mark(BTC, "60600")
    found = of(trader)
    assert (found.live, found.funding_interval_h, found.open_interest) == (False, 8, D(5))
    assert (found.lowest_mark, found.highest_mark, found.anomaly_s) == (60000, 60600, None)
    trader.tick(31_000)
    assert (of(trader).lowest_mark, of(trader).highest_mark) == (60600, 60600)
    assert Trader(mode="PAPER").desk.settings.live is True


def test_an_open_interest_is_known_for_five_minutes_at_the_live_desk():
    trader = Trader(mode="PAPER")
    trader.hear(OpenInterest(instrument=BTC, quantity=D(5), ts_recv_ns=trader.now_ns))
    trader.tick(300_000)
    assert of(trader).open_interest == 5
    trader.tick(1)
    assert of(trader).open_interest is None
    trader.hear(OpenInterest(instrument=BTC, quantity=D(7), ts_recv_ns=trader.now_ns))
    assert of(trader).open_interest == 7


def test_in_a_recording_where_an_unknown_one_would_let_more_in_the_last_one_holds(trader):
    trader.hear(OpenInterest(instrument=BTC, quantity=D(5), ts_recv_ns=trader.now_ns))
    trader.tick(300_001)
    assert (of(trader).live, of(trader).open_interest) == (False, D(5))


def test_spot_has_no_such_marks(trader):
    found = of(trader, SPOT)
    assert (found.lowest_mark, found.open_interest, found.anomaly_s) == (None, None, None)


def test_a_runaway_price_is_recorded_once_told_and_forgotten_when_calm(trader):
    rows = len(trader.rows)
    trader.tick(1000)
    trader.mark(BTC, "62999.9")
    trader.tick()
    assert len(trader.rows) == rows
    trader.mark(BTC, "63000")
    trader.run(100)
    (row,) = decided(trader.rows[rows:])
    assert (row.entry.type, row.entry.reserve) == ("surveillance", True)
    assert row.entry.data["what"] == {
        "instrument": BTC,
        "move": "0.05",
        "mark": "63000",
        "rule": "price.anomaly",
        "profile_hash": trader.desk.rules.hash,
    }
    (told,) = [event for event in trader.events if isinstance(event, Alerted)]
    assert (told.severity, told.code) == ("warning", "PRICE_ANOMALY")
    assert told.message == f"{BTC} has moved 5.00% within 10 s."
    assert of(trader).anomaly_s == 0
    assert of(trader, ETH).anomaly_s is None
    trader.tick(12_000)
    assert of(trader).anomaly_s is None


def test_a_price_that_runs_at_the_edge_of_the_rule_is_told_once_not_every_second(trader):
    # 4.7 % in 10 s, 5.2 % in 11: a window of whole seconds holds now the one, now the other.
    rows = len(trader.rows)
    for step in range(120):
        trader.tick(250)
        trader.mark(BTC, str(round(D(60000) * D("0.99882") ** step, 1)))
    assert len(decided(trader.rows)) == rows + 1
    assert of(trader).anomaly_s >= 15
    trader.tick(12_000)
    trader.mark(BTC, str(round(D(60000) * D("0.99882") ** 120, 1)))
    assert of(trader).anomaly_s is None


def test_a_price_that_goes_on_running_lets_no_new_risk_in(trader):
    price = D(60000)
    for _ in range(32):
        price *= D("1.01")
        trader.tick(1000)
        trader.mark(BTC, str(round(price, 1)))
    trader.book(BTC, bids=((str(round(price, 1) - 1), "10"),), asks=((str(round(price, 1)), "10"),))
    trader.tick(5000)
    trader.mark(BTC, str(round(price, 1)))
    assert of(trader).anomaly_s >= 30
    found = codes(trader.buy("0.1", str(round(price, 1))))
    assert "PRICE_ANOMALY" in found
    assert "PRICE_MOVE" in found
