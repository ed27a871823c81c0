"""Funding on paper: paid once at each stamp, never invented, the same after a restart."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader

from desk.model.commands import AddMargin, ClosePosition, SetMarginMode
from desk.model.events import Alerted
from desk.model.market_data import MarkPrice
from desk.model.orders import MarginMode

HOUR_MS = 3_600_000


class Funded(Trader):
    """A trader whose venue tells one next stamp: 10 s after the start, every eight hours."""

    stamp_ms: int = 0
    interval_h = 8

    def mark(self, instrument=BTC, price="60000", index=None, rate="0.0001"):
        self.stamp_ms = self.stamp_ms or self.wall_ms + 10_000
        return self.hear(
            MarkPrice(
                instrument=instrument,
                mark=D(price),
                index=D(price),
                funding_rate=None if rate is None else D(rate),
                next_funding_ms=self.stamp_ms,
                ts_recv_ns=self.now_ns,
                ts_venue_ms=self.wall_ms,
                funding_interval_h=self.interval_h,
            )
        )

    def restarted(self, **fields):
        again = Funded(self.rows, **fields)
        ahead = self.wall_ms - again.wall_ms
        again.tick(ahead)
        again.stamp_ms = self.stamp_ms
        return again


def holding(quantity="1", isolated=False, deposit="100000"):
    trader = Funded()
    trader.deposit(deposit)
    trader.market()
    if isolated:
        trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    (trader.buy if D(quantity) > 0 else trader.sell)(str(abs(D(quantity))), None, id="open")
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == D(quantity)
    return trader


def to_stamp(trader, ms=0, price="60000", rate="0.0001"):
    """Go to the stamp, with marks on the way, and beyond by some milliseconds."""
    while trader.wall_ms < trader.stamp_ms + ms - 500:
        trader.mark(BTC, price, rate=rate)
        trader.tick(500)
    trader.mark(BTC, price, rate=rate)
    trader.tick(trader.stamp_ms - trader.wall_ms + ms)


def alerts(trader, code):
    return [e.message for e in trader.events if isinstance(e, Alerted) and e.code == code]


def funded(trader):
    return trader.state.ledger.balance("funding", "USDT")


def rows(trader):
    return [row for row in trader.rows if row.entry.type == "funding"]


def test_a_long_pays_at_the_stamp_and_not_before():
    trader = holding()
    to_stamp(trader, -1)
    assert funded(trader) == 0
    trader.tick(1)
    assert funded(trader) == 6
    assert alerts(trader, "FUNDING") == [
        "perp-1 pays 6.00 USDT of funding on BTCUSDT-PERP.BINANCE (0.0100% at 60000)."
    ]
    (row,) = rows(trader)
    assert row.entry.data["what"] == {
        "rate": "0.0001",
        "mark": "60000",
        "quantity": "1",
        "amount": "-6",
    }
    assert row.entry.data["funding"] == ["perp-1", BTC, trader.stamp_ms]


def test_a_short_receives_and_a_negative_rate_turns_it_round():
    short = holding("-1")
    to_stamp(short)
    assert funded(short) == -6
    assert alerts(short, "FUNDING")[0].startswith("perp-1 receives 6.00 USDT")
    long = holding()
    to_stamp(long, rate="-0.0002")
    assert funded(long) == -12


def test_it_is_paid_at_the_mark_then_and_at_the_rate_told_last():
    trader = holding()
    to_stamp(trader, -600)
    trader.mark(BTC, "61000", rate="0.0003")
    trader.tick(600)
    assert funded(trader) == D("18.3")


@pytest.mark.fault("T32")
def test_it_is_paid_once():
    trader = holding()
    to_stamp(trader)
    for _ in range(5):
        trader.mark(BTC)
        trader.tick(100)
    trader.stamp_ms += 8 * HOUR_MS
    for _ in range(5):
        trader.mark(BTC)
        trader.tick(100)
    assert funded(trader) == 6
    assert len(rows(trader)) == 1
    assert alerts(trader, "FUNDING_MISSED") == []


@pytest.mark.fault("T32")
def test_a_venue_whose_clock_is_ahead_of_ours_is_paid_when_it_tells_the_next_stamp():
    trader = holding()
    to_stamp(trader, -3000)
    trader.stamp_ms += 8 * HOUR_MS
    trader.mark(BTC, "60000", rate="0.0009")
    trader.tick(20)
    assert funded(trader) == 6, "at the rate of the stamp that has passed"


@pytest.mark.fault("T32")
def test_a_stamp_that_is_corrected_by_a_little_is_one_stamp():
    trader = holding()
    to_stamp(trader, -2000)
    trader.stamp_ms += 1000
    to_stamp(trader, -1)
    assert funded(trader) == 0
    trader.tick(1)
    assert funded(trader) == 6


def test_a_payment_waits_for_a_fresh_mark():
    trader = holding()
    to_stamp(trader, -2500)
    trader.tick(2500)
    assert funded(trader) == 0
    trader.stamp_ms += 8 * HOUR_MS
    trader.mark(BTC, "60500", rate="0.0007")
    trader.tick(20)
    assert funded(trader) == D("6.05")


def test_a_mark_that_stays_away_is_a_payment_missed():
    trader = holding()
    to_stamp(trader, -2500)
    trader.tick(2500)
    stamp = trader.stamp_ms
    trader.run(59_900, step=100)
    assert rows(trader) == []
    trader.run(200, step=100)
    assert funded(trader) == 0
    (row,) = rows(trader)
    assert row.entry.data["funding"] == ["perp-1", BTC, stamp]
    assert row.entry.data["what"] == {"missed": "its mark was not fresh"}
    (said,) = alerts(trader, "FUNDING_MISSED")
    assert said.startswith("The funding of BTCUSDT-PERP.BINANCE up to ")
    assert said.endswith(
        " HKT is missing in perp-1: its mark was not fresh. Nothing was booked for it."
    )


def test_an_unknown_rate_is_not_invented():
    trader = Funded()
    trader.deposit()
    trader.mark(BTC, rate=None)
    trader.book(BTC)
    trader.buy("1", None, id="open")
    trader.run(60)
    to_stamp(trader, rate=None)
    trader.stamp_ms += 8 * HOUR_MS
    trader.mark(BTC, rate="0.0001")
    trader.tick(20)
    assert funded(trader) == 0
    (row,) = rows(trader)
    assert row.entry.data["what"] == {"missed": "its rate was not heard"}


def test_a_restart_pays_nothing_twice():
    trader = holding()
    to_stamp(trader)
    again = trader.restarted()
    again.mark(BTC)
    again.tick(100)
    again.stamp_ms += 8 * HOUR_MS
    again.mark(BTC)
    again.tick(100)
    assert funded(again) == 6
    assert len(rows(again)) == 1


def test_a_restart_before_the_stamp_pays_at_the_stamp():
    trader = holding()
    to_stamp(trader, -4000)
    again = trader.restarted()
    to_stamp(again)
    assert funded(again) == 6


def test_stamps_while_the_desk_was_away_are_missed_and_said_once():
    trader = holding()
    to_stamp(trader, -4000)
    again = trader.restarted()
    again.tick(20 * HOUR_MS)
    again.stamp_ms += 24 * HOUR_MS
    for _ in range(3):
        again.mark(BTC)
        again.tick(100)
    assert funded(again) == 0
    (row,) = rows(again)
    assert row.entry.data["funding"] == ["perp-1", BTC, again.stamp_ms - 8 * HOUR_MS]
    assert len(alerts(again, "FUNDING_MISSED")) == 1
    again.tick(again.stamp_ms - again.wall_ms - 2000)
    to_stamp(again)
    assert funded(again) == 6


def test_a_position_opened_after_a_stamp_does_not_pay_for_it():
    trader = Funded()
    trader.deposit()
    trader.market()
    trader.tick(10_000)
    trader.stamp_ms += 8 * HOUR_MS
    trader.market()
    trader.buy("1", None, id="open")
    trader.run(60)
    for _ in range(3):
        trader.mark(BTC)
        trader.tick(100)
    assert rows(trader) == []


def test_a_position_that_was_closed_pays_no_more():
    trader = holding()
    to_stamp(trader, -1000)
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.run(100)
    trader.mark(BTC)
    trader.tick(1000)
    assert funded(trader) == 0


@pytest.mark.parametrize("interval_h", [1, 4])
def test_each_instrument_has_its_own_clock(interval_h):
    trader = holding()
    trader.interval_h = interval_h
    to_stamp(trader)
    trader.stamp_ms += interval_h * HOUR_MS
    for _ in range(3):
        trader.mark(BTC)
        trader.tick(1000)
    again = trader.restarted()
    again.interval_h = interval_h
    again.tick(again.stamp_ms - again.wall_ms - 1000)
    for _ in range(3):
        again.mark(BTC)
        again.tick(600)
    assert funded(again) == 12
    assert alerts(again, "FUNDING_MISSED") == []


def past_stamp(trader):
    to_stamp(trader)
    trader.run(100)  # what else falls due there takes a look each


def quiet(trader, hours, times=5):
    """Marks at some hours from now on, none in between."""
    trader.tick(hours * HOUR_MS)
    for _ in range(times):
        trader.mark(BTC)
        trader.tick(100)


def paid(trader):
    """Stamps that were settled, in hours since the first."""
    first = rows(trader)[0].entry.data["funding"][2]
    return [(row.entry.data["funding"][2] - first) / HOUR_MS for row in rows(trader)]


@pytest.mark.parametrize(("before", "after"), [(8, 4), (8, 1), (4, 8), (1, 8)])
def test_an_interval_that_changes_at_a_stamp_is_paid_at_the_next_of_the_new_one(before, after):
    trader = holding()
    trader.interval_h = before
    past_stamp(trader)
    trader.interval_h, trader.stamp_ms = after, trader.stamp_ms + after * HOUR_MS
    trader.mark(BTC)
    trader.tick(trader.stamp_ms - trader.wall_ms - 3000)
    past_stamp(trader)
    assert paid(trader) == [0, after]
    assert funded(trader) == 12
    assert alerts(trader, "FUNDING_MISSED") == []


def test_an_interval_that_grows_before_its_stamp_pays_nothing_early():
    trader = holding()
    trader.interval_h = 1
    past_stamp(trader)
    first = trader.stamp_ms
    trader.stamp_ms = first + HOUR_MS
    trader.mark(BTC)
    trader.tick(HOUR_MS // 2)
    trader.interval_h, trader.stamp_ms = 8, first + 8 * HOUR_MS
    quiet(trader, 0)
    quiet(trader, 2)
    assert funded(trader) == 6
    trader.tick(trader.stamp_ms - trader.wall_ms - 3000)
    past_stamp(trader)
    assert paid(trader) == [0, 8]


def test_an_interval_that_shrinks_under_way_has_missed_no_stamp_that_never_was():
    trader = holding()
    past_stamp(trader)
    trader.stamp_ms += 8 * HOUR_MS
    quiet(trader, 0)
    quiet(trader, 5)
    trader.interval_h = 4  # from the next stamp on
    quiet(trader, 1)
    assert alerts(trader, "FUNDING_MISSED") == []
    trader.tick(trader.stamp_ms - trader.wall_ms - 3000)
    past_stamp(trader)
    assert paid(trader) == [0, 8]


def test_an_interval_that_shrinks_brings_its_stamp_forward():
    trader = holding()
    past_stamp(trader)
    first = trader.stamp_ms
    trader.stamp_ms = first + 8 * HOUR_MS
    trader.mark(BTC)
    quiet(trader, 1)
    trader.interval_h, trader.stamp_ms = 4, first + 4 * HOUR_MS
    quiet(trader, 1)
    trader.tick(trader.stamp_ms - trader.wall_ms - 3000)
    past_stamp(trader)
    assert paid(trader) == [0, 4]
    assert alerts(trader, "FUNDING_MISSED") == []


def test_two_positions_are_each_settled():
    trader = holding()
    trader.buy("4", "2500", id="eth", instrument=ETH)
    trader.run(60)
    while trader.wall_ms < trader.stamp_ms:
        trader.mark(BTC)
        trader.mark(ETH, "2500", rate="0.0002")
        trader.tick(200)
    trader.run(100)
    assert funded(trader) == 6 + 2
    assert len(rows(trader)) == 2


def test_the_free_balance_pays_first_then_the_wallet():
    rich = holding(isolated=True)
    to_stamp(rich)
    wallet = f"perp-1/{BTC}"
    assert rich.state.ledger.balance(wallet, "USDT") == 12000
    assert rich.state.ledger.balance("perp-1", "USDT") == 100_000 - 12_000 - 30 - 6
    poor = holding(isolated=True)
    free = poor.state.ledger.balance("perp-1", "USDT")
    poor.give(AddMargin(id="all", instrument=BTC, amount=free - 2))
    to_stamp(poor)
    assert poor.state.ledger.balance("perp-1", "USDT") == 0
    assert poor.state.ledger.balance(wallet, "USDT") == 12000 + free - 2 - 4
    assert funded(poor) == 6


def test_what_an_isolated_position_receives_goes_to_the_account():
    trader = holding("-1", isolated=True)
    before = trader.state.ledger.balance("perp-1", "USDT")
    to_stamp(trader)
    assert trader.state.ledger.balance("perp-1", "USDT") == before + 6
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == D("11999.98")


def test_amounts_are_rounded_against_the_account():
    trader = holding()
    to_stamp(trader, price="60000.1", rate="0.0000000001")
    assert funded(trader) == D("0.00000601")
    short = holding("-1")
    to_stamp(short, price="60000.1", rate="0.0000000001")
    assert funded(short) == D("-0.000006")


@pytest.mark.fault("T28")
def test_the_ledger_sums_to_zero_and_a_restart_gives_the_same_desk():
    trader = holding(isolated=True)
    to_stamp(trader)
    balances = trader.state.ledger.document()
    assert sum(D(held.get("USDT", "0")) for held in balances.values()) == 0
    assert trader.restarted().state.hash() == trader.state.hash()
    assert trader.restarted().state.funded_ms == trader.state.funded_ms
    assert trader.restarted().state.opened_ms == trader.state.opened_ms
