"""What is missing makes figures None, with a sentence: never 0, never an exception."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import BTC, BTC_USDC, ETH, figures, isolated, order, position, terms

from desk.margin.inputs import MarginTerms
from desk.model.orders import MarginMode

POOL_FIGURES = (
    "collateral_value",
    "available_margin",
    "margin_utilization",
    "margin_ratio",
    "leverage",
    "equity",
    "common_move_down",
)


def without(held, **more):
    return msgspec.structs.replace(held, **more)


def test_a_cross_position_without_a_mark():
    found = figures(
        without(position(BTC, 1, "60000"), mark=None),
        position(ETH, 1, "2500"),
        balances={"USDT": "10000"},
    )
    assert not found.known
    assert any("BTCUSDT-PERP.BINANCE has no mark" in said for said in found.unknown)
    assert [getattr(found, name) for name in POOL_FIGURES] == [None] * len(POOL_FIGURES)
    assert found.level == "UNKNOWN"
    blind, seen = found.positions
    assert (blind.notional, blind.unrealized_pnl, blind.maintenance_margin) == (None, None, None)
    assert not blind.liquidation_known
    assert seen.notional == 2500
    # Its own liquidation price stands on the whole pool, which is not known.
    assert not seen.liquidation_known
    assert seen.liquidation_price is None


def test_a_cross_position_without_tiers():
    found = figures(
        position(BTC, 1, "60000", terms=MarginTerms(model="binance")), balances={"USDT": "10000"}
    )
    assert not found.known
    assert found.maintenance_margin is None
    assert found.margin_ratio is None
    assert found.collateral_value == 10000
    assert found.initial_margin == 12000
    assert found.positions[0].unrealized_pnl == 0
    assert not found.positions[0].liquidation_known


def test_a_flat_isolated_position_without_a_leverage_has_nothing_to_be_unknown():
    for model in ("deribit", "bybit-2026"):
        held = isolated(BTC, 0, "60000", leverage=None, terms=MarginTerms(model=model))
        found = figures(held, balances={"USDT": "10000"})
        assert (found.known, found.level, found.equity) == (True, "NORMAL", 10_000)


def test_an_isolated_position_that_is_unknown_leaves_the_pool_known():
    found = figures(
        without(isolated(BTC, 1, "60000"), mark=None),
        position(ETH, 1, "2500"),
        balances={"USDT": "10000"},
    )
    assert not found.known
    assert found.margin_ratio is not None
    assert found.positions[1].liquidation_known
    assert found.equity is None
    assert found.level == "UNKNOWN"


def test_collateral_without_a_price():
    found = figures(
        position(BTC, 1, "60000"), balances={"USDT": "10000", "ETH": "1"}, haircuts={"ETH": "0.1"}
    )
    assert "ETH has no price in USDT." in found.unknown
    assert found.collateral_value is None
    assert found.level == "UNKNOWN"
    assert found.maintenance_margin is not None


def test_what_does_not_count_and_has_no_price_hides_equity_only():
    found = figures(position(BTC, 1, "60000"), balances={"USDT": "10000", "XRP": "1"})
    assert not found.known
    assert found.equity is None
    assert found.collateral_value == 10000
    assert found.positions[0].liquidation_price is not None


def test_nothing_held_of_an_asset_needs_no_price():
    assert figures(balances={"USDT": "1", "ETH": "0"}, haircuts={"ETH": "0.1"}).known


def test_an_unknown_initial_margin_leaves_a_call_standing_but_hides_calm():
    """Initial margin could make it a call at most: what is worse is known without it."""
    held = position(
        BTC, 1, "60000", leverage=None, maintenance_rate="0.1", terms=MarginTerms(model="binance")
    )
    assert figures(held, balances={"USDT": "100000"}).level == "UNKNOWN"
    assert figures(held, balances={"USDT": "7000"}).level == "MARGIN_CALL"
    assert figures(held, balances={"USDT": "6000"}).level == "CLOSE_OUT"


@pytest.mark.parametrize("broken", ["mark", "terms", "price", "wallet", "orders"])
def test_every_gap_is_said_and_none_raises(broken):
    held = isolated(BTC, 1, "60000", leverage=None)
    more = {}
    if broken == "mark":
        held = without(held, mark=None)
    if broken in {"terms", "wallet"}:
        held = without(held, terms=MarginTerms(model="binance"))
    if broken == "price":
        more["balances"] = {"USDT": "1", "DOGE": "5"}
    if broken == "orders":
        more["orders"] = [order(ETH, "BUY", 1)]
    found = figures(held, **({"balances": {"USDT": "1"}} | more))
    assert not found.known
    assert found.unknown
    assert all(said.endswith(".") for said in found.unknown)


NO_TERMS = MarginTerms(model="binance")


@pytest.mark.parametrize(
    ("held", "more", "said"),
    [
        (position(BTC, 1, "60000"), {}, ()),
        (position(BTC_USDC, 1, "60000", terms=terms("BTCUSDC")), {},
         ("USDC has no price in USDT.",)),
        (position(BTC_USDC, 1, "60000", terms=terms("BTCUSDC")),
         {"balances": {"USDT": "1", "USDC": "5"}}, ("USDC has no price in USDT.",)),
        (position(BTC, 1, "60000"), {"balances": {"USDT": "1", "DOGE": "5"}},
         ("DOGE has no price in USDT.",)),
        (isolated(BTC, 1, "60000", leverage=None, maintenance_rate="0.01", terms=NO_TERMS), {},
         ("BTCUSDT-PERP.BINANCE has neither a leverage nor margin tiers to take one from.",
          "The isolated wallet of BTCUSDT-PERP.BINANCE is unknown.")),
        (isolated(BTC, 0, "60000", leverage=None, terms=NO_TERMS), {}, ()),
        (position(ETH, 1, "2500"), {"orders": [order(BTC, "BUY", 1)]},
         ("The order margin of BTCUSDT-PERP.BINANCE needs a mark and a leverage.",)),
        (position(ETH, 1, "2500"), {"orders": [order(BTC, "BUY", 1, reduce_only=True)]}, ()),
    ],
    ids=["nothing", "settle", "settle held", "asset", "wallet", "flat wallet", "orders",
         "reducing orders"],
)  # fmt: skip
def test_each_gap_is_one_sentence(held, more, said):
    found = figures(held, **({"balances": {"USDT": "100000"}} | more))
    assert found.unknown == said
    assert found.known is (not said)


def test_a_row_repeats_what_it_was_given():
    found = figures(position(BTC, 2, "60000", "61000"), balances={"USDT": "100000"})
    (one,) = found.positions
    assert (found.id, found.settle) == ("perp-1", "USDT")
    assert (one.instrument, one.quantity, one.entry_price, one.mark) == (BTC.id, 2, 60000, 61000)
    assert (one.margin_mode, one.leverage) == (MarginMode.CROSS, 5)


def test_a_position_without_a_mark_and_without_tiers_says_both():
    held = without(position(BTC, 1, "60000", leverage=None, terms=NO_TERMS), mark=None)
    assert figures(held, balances={"USDT": "1"}).unknown == (
        "BTCUSDT-PERP.BINANCE has no mark price.",
        "BTCUSDT-PERP.BINANCE has no margin tiers.",
    )


@pytest.mark.parametrize("build", [position, isolated])
def test_a_flat_position_is_known_to_have_no_liquidation_price(build):
    (one,) = figures(build(BTC, 0, "60000"), balances={"USDT": "1"}).positions
    assert (one.liquidation_known, one.liquidation_price, one.bankruptcy_price) == (
        True, None, None,
    )  # fmt: skip


def test_a_gap_never_makes_figures_calmer():
    """Known and close to the edge; then the mark goes missing: no ratio, no NORMAL."""
    held = position(BTC, 1, "60000", terms=terms())
    assert figures(held, balances={"USDT": "300"}).level == "MARGIN_CALL"
    gone = figures(without(held, mark=None), balances={"USDT": "300"})
    assert gone.level == "UNKNOWN"
    assert gone.margin_ratio is None
    assert gone.available_margin is None
    assert gone.positions[0].margin_ratio != D(0)
