"""The rules that the screen shows: each with its number, its limit and the origin of its rule."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader

from desk.engine.frame import build_frame
from desk.model.commands import NextFrame, OverrideRule, SetClient, SetDailyLoss


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit("20000")
    trader.market()
    return trader


def rows(trader):
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    return [(r.rule, r.status, r.value, r.limit, r.origin, r.message) for r in frame.rules]


def holding(trader):
    trader.buy("1", "60000", id="open")
    trader.run(60)
    trader.market()
    return trader


def test_leverage_and_buffer_of_an_account_are_shown(trader):
    assert rows(trader) == [
        ("perp.max_leverage", "OK", "0", "5", "HOUSE", "perp-1 leverage 0.00× of 5×")
    ]
    assert rows(holding(trader)) == [
        ("perp.max_leverage", "OK", "3.0045", "5", "HOUSE", "perp-1 leverage 3.00× of 5×"),
        (
            "perp.maintenance_margin",
            "OK",
            "3.3283",
            "1.25",
            "HOUSE",
            (
                "perp-1 has 3.33 times the house's maintenance margin (10% of notional); "
                "1.25 is the least"
            ),
        ),
    ]
    trader.mark(BTC, "46000")
    assert [row[:2] for row in rows(trader)] == [
        ("perp.max_leverage", "BREACH"),
        ("perp.maintenance_margin", "OK"),
    ]
    trader.mark(BTC, "45400")
    assert [row[:2] for row in rows(trader)][1] == ("perp.maintenance_margin", "BREACH")
    trader.desk.market.get(BTC).mark = None
    trader.desk.changes += 1  # what it stands on is another
    (unknown,) = rows(trader)
    assert unknown == (
        "perp.maintenance_margin",
        "UNKNOWN",
        None,
        "1.25",
        "HOUSE",
        "The equity behind perp-1 is unknown",
    )


def test_the_day_s_loss_is_shown_where_it_is_limited(trader):
    holding(trader)
    trader.give(SetDailyLoss(id="d", limit=D(1000), first_name="Ada", reason="a hard week"))
    trader.mark(BTC, "59500")
    assert rows(trader)[-1] == (
        "risk.max_daily_loss",
        "OK",
        "530",
        "1000",
        "HOUSE",
        "the day has lost 530.00 USD of 1,000.00",
    )
    trader.mark(BTC, "59030")
    assert rows(trader)[-1][1] == "BREACH"
    trader.mark(BTC, "61000")
    assert rows(trader)[-1][2::3] == ("-970", "the day has lost 0.00 USD of 1,000.00")
    trader.desk.market.get(BTC).mark = None
    trader.desk.changes += 1  # what it stands on is another
    assert rows(trader)[-1][1::4] == ("UNKNOWN", "What the day has lost is unknown")


def test_a_closed_gate_a_runaway_price_and_an_override_are_shown(trader):
    trader.give(SetClient(id="c", record={}))
    trader.give(
        OverrideRule(
            id="o",
            rule="vaf.loans_to_capital",
            value=D("5.5"),
            reason="accounts are late",
            first_name="Ada",
            second_name="Ben",
            expires_ms=trader.wall_ms + 1000,
        )
    )
    trader.mark(BTC, "63000")
    trader.tick()
    assert rows(trader)[1:] == [
        (
            "pi.gate",
            "BREACH",
            None,
            None,
            "LAW",
            "No evidence that the client is a professional investor (Cap. 571D).",
        ),
        (
            "client.derivatives_knowledge",
            "BREACH",
            None,
            None,
            "SFC",
            "No assessment of derivatives knowledge.",
        ),
        (
            "client.smf_client",
            "BREACH",
            None,
            None,
            "SFC",
            "The client is not a securities margin client.",
        ),
        ("price.anomaly", "WARN", None, "0.05", "HOUSE", f"{BTC} is running away"),
        (
            "vaf.loans_to_capital",
            "WARN",
            None,
            "5.5",
            "BENCHMARK",
            "vaf.loans_to_capital is set aside by Ada and Ben: accounts are late",
        ),
    ]
