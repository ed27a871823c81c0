"""The day's profit and loss since 00:00 in Hong Kong, and what a day may lose."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, RULES, START_MS, Trader

from desk.cli.shipped import shipped_profile
from desk.engine.day import daily_limit, day_loss, day_pnl, hong_kong_day
from desk.engine.frame import build_frame
from desk.ledger.book import FUNDING, transfer
from desk.model.commands import (
    CancelOrder,
    ClosePosition,
    Kill,
    NextFrame,
    Rearm,
    SetDailyLoss,
)
from desk.model.events import Acknowledged, Alerted, Denied

# Trader's clock starts on 18 November 2026 at 19:06:40 in Hong Kong, which leaves 17,600 s.
LEFT_MS = 60_000
"""From where these tests start to midnight."""


@pytest.fixture
def trader():
    return begin()


def begin():
    """A desk a minute before midnight in Hong Kong."""
    trader = Trader(wall_ms=START_MS + 17_600_000 - LEFT_MS)
    trader.deposit()
    trader.market()
    return trader


def holding(trader, quantity="1"):
    trader.buy(quantity, "60000", id="open")
    trader.run(60)
    trader.market()
    return trader


def parts(trader):
    day = day_pnl(trader.desk)
    return day.realized, day.unrealized, day.fees, day.funding


def codes(events):
    return [d.code for event in events if isinstance(event, Denied) for d in event.denials]


def daily(limit, first="Ada", second="", reason="a hard week behind", command_id="d"):
    value = None if limit is None else D(limit)
    return SetDailyLoss(
        id=command_id, limit=value, first_name=first, second_name=second, reason=reason
    )


def day_rows(trader):
    return [row for row in trader.rows if row.entry.type == "day"]


# --- profit and loss -----------------------------------------------------------------------------


def test_the_day_is_of_hong_kong(trader):
    assert hong_kong_day(trader.wall_ms) == "2026-11-18"
    assert hong_kong_day(trader.wall_ms + LEFT_MS - 1) == "2026-11-18"
    assert hong_kong_day(trader.wall_ms + LEFT_MS) == "2026-11-19"


def test_a_new_desk_starts_from_nothing_and_writes_no_row(trader):
    assert parts(trader) == (0, 0, 0, 0)
    trader.tick(LEFT_MS)
    trader.run(100)
    assert parts(trader) == (0, 0, 0, 0)
    assert day_rows(trader) == []


def test_the_parts_add_up_and_money_that_comes_is_no_profit(trader):
    holding(trader)
    trader.mark(BTC, "60600")
    # 60,000 × 0.05 % of fee; 600 on one coin.
    assert parts(trader) == (0, 600, -30, 0)
    trader.book(BTC, bids=(("60600.0", "10"),), asks=(("60600.1", "10"),))
    trader.sell("0.5", None, id="half")
    trader.run(60)
    assert parts(trader) == (300, 300, D("-45.15"), 0)
    trader.deposit("5000", command_id="dep-2")
    assert day_pnl(trader.desk).total == D("554.85")


def test_funding_that_was_paid_is_a_part(trader):
    holding(trader)
    trader.state.ledger.post(transfer("perp-1", FUNDING, "USDT", D(6)))
    assert parts(trader) == (0, 0, -30, -6)
    assert day_pnl(trader.desk).total == -36


def test_a_day_begins_with_a_row_at_fresh_marks(trader):
    holding(trader)
    trader.tick(LEFT_MS)
    assert parts(trader) == (None, None, None, None)
    assert day_rows(trader) == []
    trader.mark(BTC, "61000")
    trader.run(100)
    (row,) = day_rows(trader)
    assert row.entry.reserve is True
    assert row.entry.data["what"] == {"day": "2026-11-19"}
    assert row.entry.data["rules"]["day"] == {
        "day": "2026-11-19",
        "realized": {"USDT": "0"},
        "unrealized": {"USDT": "1000.0000"},
        "fees": {"USDT": "30.00000000"},
        "funding": {},
        "marks": {BTC: "61000"},
    }
    assert parts(trader) == (0, 0, 0, 0)
    trader.mark(BTC, "60900")
    assert parts(trader) == (0, -100, 0, 0)
    trader.run(200)
    assert len(day_rows(trader)) == 1


def test_a_restart_gives_the_same_day_exactly(trader):
    holding(trader)
    trader.tick(LEFT_MS)
    trader.mark(BTC, "61000")
    trader.run(100)
    assert len(day_rows(trader)) == 1
    trader.book(BTC, bids=(("60950.0", "10"),), asks=(("61000.0", "10"),))
    trader.sell("0.3", None, id="part")
    trader.run(60)
    trader.mark(BTC, "60900")
    again = Trader(trader.rows, wall_ms=trader.wall_ms)
    again.mark(BTC, "60900")
    assert again.state.hash() == trader.state.hash()
    assert parts(again) == parts(trader)
    assert day_rows(again) == day_rows(trader)


def test_a_desk_that_slept_over_midnight_begins_its_day_when_it_can(trader):
    holding(trader)
    again = Trader(trader.rows, wall_ms=trader.wall_ms + 9 * 3_600_000)
    again.tick()
    assert parts(again) == (None, None, None, None)
    again.market()
    again.tick()
    assert [row.entry.data["what"]["day"] for row in day_rows(again)] == ["2026-11-19"]
    assert parts(again) == (0, 0, 0, 0)


def test_the_frame_shows_the_day_and_its_parts(trader):
    holding(trader)
    trader.mark(BTC, "60600")
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    totals = frame.totals
    assert totals.day_pnl == 570
    assert (totals.day_realized, totals.day_unrealized) == (0, 600)
    assert (totals.day_fees, totals.day_funding) == (-30, 0)


def test_a_position_without_a_mark_leaves_the_day_unknown(trader):
    holding(trader)
    trader.desk.market.get(BTC).mark = None
    assert day_pnl(trader.desk).unrealized is None
    assert day_pnl(trader.desk).total is None
    assert day_loss(trader.desk) is None


# --- what a day may lose -------------------------------------------------------------------------


def test_it_is_off_until_somebody_sets_it(trader):
    assert daily_limit(trader.desk) is None
    trader.give(daily("1000"))
    assert daily_limit(trader.desk) == 1000
    assert trader.rows[-1].entry.data["what"] == {
        "before": None,
        "after": "1000",
        "names": ["Ada"],
        "reason": "a hard week behind",
    }
    assert trader.restarted().desk.state.rules.daily_loss.limit == 1000
    strict = Trader(rules=_strict())
    assert daily_limit(strict.desk) == 250_000


def _strict():
    from msgspec.structs import replace

    return replace(RULES, profile=shipped_profile("house_strict"))


def lose(trader, price="59029.9"):
    trader.mark(BTC, price)
    trader.tick()


def test_reached_the_desk_only_reduces_until_the_next_day(trader):
    holding(trader)
    trader.give(daily("1000"))
    trader.buy("0.1", "59500", id="rest")
    trader.run(60)
    lose(trader, "59030.1")
    assert trader.state.state == "ACTIVE"
    # 970 on the coin and 30 of fee: the limit to the cent.
    lose(trader, "59030")
    assert trader.state.state == "REDUCING"
    (told,) = [e for e in trader.events if isinstance(e, Alerted) and e.code == "DAILY_LOSS"]
    assert told.severity == "danger"
    assert told.message == (
        "REDUCING until the next day in Hong Kong: the day has lost 1,000.00 USD of 1,000.00."
    )
    trader.run(200)
    assert not trader.state.orders["rest"].is_live
    trader.mark(BTC, "60000")
    assert codes(trader.buy("0.1", "60000", id="more")) == ["STATE_REDUCING"]
    out = trader.give(ClosePosition(id="out", instrument=BTC, fraction=D("0.5")))
    assert isinstance(out[-1], Acknowledged)
    assert trader.restarted().state.state == "REDUCING"
    trader.tick(LEFT_MS)
    trader.market()
    trader.run(200)
    assert trader.state.state == "ACTIVE"
    (row,) = [row for row in trader.rows if row.entry.type == "rearm"]
    assert row.entry.data["what"]["reason"] == "a new day in Hong Kong"
    assert codes(trader.buy("0.1", "60000", id="new day")) == []


def test_a_stale_mark_stops_nobody_by_itself(trader):
    holding(trader)
    trader.give(daily("1000"))
    trader.desk.market.get(BTC).mark = None
    trader.tick(100)
    assert trader.state.state == "ACTIVE"


def test_one_person_cannot_lift_it(trader):
    holding(trader)
    trader.give(daily("1000"))
    lose(trader)
    (denied,) = trader.give(Rearm(id="r", name="Ada", reason="let me go on please"))
    assert [(d.code, d.rule, d.message) for d in denied.denials] == [
        (
            "DAILY_LOSS",
            "risk.max_daily_loss",
            (
                "The day has lost what it may: the desk goes on with the next day in Hong Kong, "
                "or when two people raise the limit."
            ),
        )
    ]  # fmt: skip
    assert codes(trader.give(daily("2000", command_id="e"))) == ["NAME"]
    assert codes(trader.give(daily(None, second="ada", command_id="f"))) == ["SECOND_NAME"]
    assert trader.state.state == "REDUCING"
    trader.give(daily("2000", second="Ben", command_id="g"))
    assert trader.state.state == "ACTIVE"
    assert trader.restarted().state.hash() == trader.state.hash()


def test_a_limit_that_is_still_reached_lifts_nothing(trader):
    holding(trader)
    trader.give(daily("900"))
    lose(trader)
    trader.give(daily("1000", second="Ben", command_id="g"))
    assert trader.state.state == "REDUCING"
    trader.give(daily(None, second="Ben", command_id="h"))
    assert trader.state.state == "ACTIVE"
    assert daily_limit(trader.desk) is None


@pytest.mark.parametrize("limit", ["1000", "900"])
def test_one_person_lifts_nothing_by_the_same_limit_or_less_once_the_mark_is_back(trader, limit):
    holding(trader)
    trader.give(daily("1000"))
    lose(trader)
    trader.mark(BTC, "59400")
    trader.run(200)
    assert day_loss(trader.desk) < D(limit)
    trader.give(daily(limit, command_id="g"))
    assert (trader.state.state, [*trader.state.latches]) == ("REDUCING", ["daily_loss"])
    trader.give(daily("1001", second="Ben", command_id="h"))
    assert trader.state.state == "ACTIVE"


def test_rearming_after_a_kill_leaves_the_day_s_latch(trader):
    holding(trader)
    trader.give(daily("1000"))
    lose(trader)
    trader.give(Kill(id="k", reason="a drill"))
    trader.give(Rearm(id="r", name="Ada", reason="the drill is over"))
    assert [*trader.state.latches] == ["daily_loss"]
    assert trader.rows[-1].entry.data["what"]["lifted"] == ["kill: a drill"]


def test_a_clock_set_back_brings_neither_freedom_nor_another_day(trader):
    holding(trader)
    trader.tick(LEFT_MS)
    trader.market()
    trader.run(200)
    trader.give(daily("1000"))
    lose(trader, "59000")
    assert trader.state.state == "REDUCING"
    lost, rows = day_loss(trader.desk), len(day_rows(trader))
    trader = Trader(trader.rows, wall_ms=trader.wall_ms - 3_600_000)  # to the day before
    trader.run(200)
    trader.mark(BTC, "59000")
    trader.run(200)
    assert trader.state.state == "REDUCING"
    assert day_loss(trader.desk) == lost
    assert len(day_rows(trader)) == rows


def test_one_person_may_make_it_less(trader):
    trader.give(daily("1000"))
    assert codes(trader.give(daily("999", command_id="e"))) == []
    assert codes(trader.give(daily("999", command_id="same"))) == []
    assert codes(trader.give(daily("999.01", command_id="f"))) == ["NAME"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"limit": "0"}, [("DAILY_LOSS", "The most that a day may lose is above 0.")]),
        ({"limit": "-1"}, [("DAILY_LOSS", "The most that a day may lose is above 0.")]),
        ({"limit": "NaN"}, [("NUMBER", "NaN is no number to count with.")]),
        ({"limit": "1", "first": " "}, [("NAME", "A person stands behind this: give a name.")]),
        (
            {"limit": "1", "reason": "because"},
            [("REASON", "A reason of at least 10 characters is needed.")],
        ),
    ],
)
def test_what_is_no_limit_is_refused(trader, changes, expected):
    (denied,) = trader.give(daily(**changes))
    assert [(d.code, d.message) for d in denied.denials] == expected
    assert daily_limit(trader.desk) is None


def test_where_the_day_is_unknown_and_limited_no_new_risk_is_taken(trader):
    holding(trader)
    trader.give(daily("1000"))
    trader.desk.market.get(BTC).mark = None
    found = codes(trader.buy("1", "2500", id="eth", instrument=ETH))
    assert "DAY_LOSS_UNKNOWN" in found
    assert isinstance(trader.give(CancelOrder(id="c", order_id="none"))[-1], Denied)
