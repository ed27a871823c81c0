"""What positions come to, and what a sum that is unknown lacks."""

from decimal import Decimal as D

import msgspec
from helpers.frames import account, frame, loan_account, normal_desk, position

from desk.engine.snapshot import RateView
from ui.viewmodels.position_totals import position_totals
from ui.viewmodels.positions import positions_note
from ui.viewmodels.risk import risk_view
from ui.viewmodels.tone import Tone

RATES = [
    RateView(asset="USDT", usd=D("0.5"), assumed=False),
    RateView(asset="USDC", usd=D(2), assumed=False),
]


def told(desk):
    return {figure.label: figure.value for figure in position_totals(desk)}


def test_positions_of_one_currency_are_summed_in_it_and_a_short_counts_against_a_long():
    short = position(quantity=D(-1), notional=D(1_000_000), unrealized_pnl=D(-9_910))
    desk = frame(positions=[position(), short])
    assert told(desk) == {
        "Net notional": "+2,050,525",
        "Unrealized": "+20,000",
        "Realized": "+36,480",
    }
    assert position_totals(desk)[0].tip == "Net notional (USDT)"


def test_several_currencies_are_told_in_dollars_or_not_at_all():
    desk = normal_desk(positions=[position(), position(settle="USDC", unrealized_pnl=D(10))])
    assert told(msgspec.structs.replace(desk, rates=RATES))["Unrealized"] == "+14,975"
    blind = position_totals(msgspec.structs.replace(desk, rates=RATES[:1]))
    assert [figure.value for figure in blind] == ["—"] * 3
    assert "no rate of USDC to the dollar" in blind[0].tip
    assert positions_note(desk) == "amounts in USDC, USDT"


def test_a_figure_that_is_missing_makes_the_sum_unknown_and_a_watched_position_no_part_of_it():
    blind = frame(positions=[position(), position(realized_pnl=None)])
    assert told(blind)["Realized"] == "—"
    watched = frame(positions=[position()], accounts=[account(watched=True)])
    assert position_totals(watched) == ()


def test_sums_of_old_figures_do_not_look_like_those_of_now():
    old = normal_desk(accounts=[account(quality="STALE")], positions=[position()])
    view = risk_view(totals(old))
    assert {figure.tone for figure in position_totals(old)} == {Tone.STALE}
    assert {figure.tone for figure in view.totals if figure.value != "—"} == {Tone.STALE}
    theirs = account("theirs", watched=True, quality="STALE")
    watched = normal_desk(accounts=[account(), theirs], positions=[position()])
    assert Tone.STALE not in {figure.tone for figure in position_totals(watched)}


def totals(desk, **changes):
    return msgspec.structs.replace(
        desk, totals=msgspec.structs.replace(normal_desk().totals, **changes)
    )


def test_totals_say_that_the_rate_of_the_hong_kong_dollar_is_not_set():
    desk = normal_desk(rates=RATES)
    both = msgspec.structs.replace(desk, accounts=[*desk.accounts, loan_account()])
    view = risk_view(totals(both, equity=None, firm_capital=None))
    assert view.missing == "the rate of HKD is not set: type rate 7.8 HKD/USD"
    tips = {figure.label: figure.tip for figure in view.totals}
    assert "the rate of HKD is not set" in tips["Equity USD"]
    assert "the rate of HKD is not set" in tips["Firm capital"]
    assert tips["BTC delta"] == ""


def test_totals_say_which_mark_is_missing_and_nothing_while_all_is_known():
    blind = normal_desk(rates=RATES, positions=[position(mark_price=None)])
    assert risk_view(totals(blind, btc_delta=None)).missing == "BTCUSDT-PERP.BINANCE has no mark"
    assert risk_view(totals(blind, day_pnl=None, equity=None)).missing
    assert risk_view(normal_desk()).missing == ""
