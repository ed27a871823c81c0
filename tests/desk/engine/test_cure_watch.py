"""The countdown of a margin call on a perpetual account."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader

from desk.engine.cure_watch import deadline_of
from desk.engine.views import account_views
from desk.model.commands import SetMarginMode
from desk.model.events import Alerted, Denied
from desk.model.orders import MarginMode

MINUTE_MS = 60_000


@pytest.fixture
def called():
    """1 BTC on 15,000 at 46,000: initial margin 9,200 on 970 of collateral, margin ratio 19 %."""
    trader = Trader()
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.mark(BTC, "46000")
    trader.tick(20)
    assert trader.desk.levels["perp-1"] == "MARGIN_CALL"
    return trader


def alerts(trader, code):
    return [e.message for e in trader.events if isinstance(e, Alerted) and e.code == code]


def view(trader):
    return next(v for v in account_views(trader.desk) if v.account == "perp-1")


def test_a_call_begins_with_its_row_and_its_end_is_120_minutes_later(called):
    levels = [row for row in called.rows if row.entry.type == "level"]
    (row,) = [row for row in levels if row.entry.data["level"] == ["perp-1", "MARGIN_CALL"]]
    assert view(called).level_since_ms == row.entry.time_ms
    assert view(called).cure_deadline_ms == row.entry.time_ms + 120 * MINUTE_MS
    assert len(alerts(called, "MARGIN_CALL")) == 1
    assert alerts(called, "MARGIN_CALL")[0].startswith(
        "Margin call on perp-1: no new risk. Deposit or reduce by "
    )


def test_a_fall_straight_to_close_out_promises_no_two_hours():
    trader = Trader()
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    trader.mark(BTC, "45000", index="60000")  # due, but not confirmed
    trader.run(40)
    assert trader.desk.levels["perp-1"] == "CLOSE_OUT"
    assert alerts(trader, "MARGIN_CALL") == []
    assert alerts(trader, "CLOSE_OUT_DUE") == [
        "perp-1 is due for close-out: no new risk. It begins on a confirmed mark."
    ]


def test_no_new_risk_in_a_call(called):
    (denied,) = [e for e in called.buy("0.001", "45900") if isinstance(e, Denied)]
    assert "LEVEL_MARGIN_CALL" in [denial.code for denial in denied.denials]


def test_the_alarm_goes_on_once_a_minute_after_the_end(called):
    called.tick(120 * MINUTE_MS - 1)
    assert alerts(called, "CURE_OVERDUE") == []
    called.tick(1)
    said = alerts(called, "CURE_OVERDUE")
    assert len(said) == 1
    assert said[0].startswith("The margin call on perp-1 is not cured: its 120 minutes ended at ")
    called.tick(MINUTE_MS - 1)
    assert len(alerts(called, "CURE_OVERDUE")) == 1
    called.tick(1)
    assert len(alerts(called, "CURE_OVERDUE")) == 2
    assert called.desk.levels["perp-1"] == "MARGIN_CALL", "no close-out but by the margin ratio"
    assert not called.state.close_outs


def test_the_countdown_survives_a_restart(called):
    deadline = deadline_of(called.desk, "perp-1")
    again = called.restarted()
    assert deadline_of(again.desk, "perp-1") == deadline
    again.tick(121 * MINUTE_MS)
    assert len(alerts(again, "CURE_OVERDUE")) == 1


def test_a_worse_level_does_not_start_it_anew_and_a_cure_ends_it(called):
    deadline = deadline_of(called.desk, "perp-1")
    called.tick(5000)
    called.mark(BTC, "45000", index="60000")  # due, but not confirmed
    called.run(40)
    assert called.desk.levels["perp-1"] == "CLOSE_OUT"
    assert deadline_of(called.desk, "perp-1") == deadline
    called.deposit("100000", command_id="cure")
    for _ in range(12):
        called.mark(BTC, "45000")
        called.tick(1000)
    assert called.desk.levels["perp-1"] == "NORMAL"
    assert deadline_of(called.desk, "perp-1") is None
    assert view(called).level_since_ms > deadline - 120 * MINUTE_MS


def test_an_isolated_position_brings_its_account_to_its_level():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1", "60000")
    trader.run(60)
    for price, level in (("48400", "NORMAL"), ("48380", "WARNING"), ("48240", "MARGIN_CALL")):
        trader.mark(BTC, price)
        trader.tick(20)
        assert trader.desk.levels["perp-1"] == level
    assert trader.desk.figures("perp-1").margin_ratio == 0
    assert D(0) < trader.desk.figures("perp-1").positions[0].margin_ratio < 1
