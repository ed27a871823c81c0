"""What must hold of every model: solvent one step inside an edge, not one step outside."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import BTC, BTC_COIN, COIN_TIERS, account, position, terms
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.margin.account import account_figures
from desk.margin.inputs import ContractTier, MarginTerms
from desk.margin.whatif import at_marks
from desk.model.orders import MarginMode

STEP = D("1e-9")

LADDER = tuple(
    ContractTier(
        quantity_floor=D(floor), quantity_cap=None if cap is None else D(cap),
        maintenance_rate=D(rate), max_leverage=D(leverage),
    )
    for floor, cap, rate, leverage in (
        ("0", "50", "0.004", "100"), ("50", "500", "0.01", "50"), ("500", None, "0.05", "10"),
    )
)  # fmt: skip
OTHERS = {
    "okx": MarginTerms(model="okx", contract_tiers=LADDER),
    "deribit": MarginTerms(
        model="deribit", base_rate=D("0.01"), slope=D("0.00005"), max_leverage=D(50)
    ),
}
MODELS = ("binance", "bybit-2025", "bybit-2026", "okx", "hyperliquid", "deribit", "house")


def terms_of(model, instrument):
    by_notional = COIN_TIERS if instrument is BTC_COIN else terms()
    return OTHERS.get(model) or msgspec.structs.replace(by_notional, model=model)


sides = st.sampled_from((1, -1))
sizes = st.sampled_from(("0.013", "0.4", "7", "49.999", "50", "51", "333.3", "900"))
entries = st.decimals(30_000, 90_000, places=1)
moves = st.decimals("0.7", "1.4", places=3)
behind = st.decimals("-0.1", "0.9", places=3)
"""Collateral, as a fraction of the entry value."""


@pytest.mark.parametrize("inverse", [False, True], ids=["linear", "inverse"])
@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25)
@given(side=sides, size=sizes, entry=entries, move=moves, share=behind, alone=st.booleans())
def test_value_meets_maintenance_at_each_edge_and_only_there(
    model, inverse, side, size, entry, move, share, alone
):
    instrument = BTC_COIN if inverse else BTC
    quantity = D(size) * (500 if inverse else 1) * side
    wallet = instrument.notional(quantity, entry) * share
    held = position(
        instrument, quantity, entry, entry * move, terms=terms_of(model, instrument), leverage="5",
        margin_mode=MarginMode.ISOLATED if alone else MarginMode.CROSS,
        isolated_margin=wallet if alone else None,
    )  # fmt: skip
    given_ = account(held, settle=instrument.settle, balances={instrument.settle: wallet})

    def ratio(price):
        found = account_figures(at_marks(given_, {instrument.id: price}))
        return found.positions[0].margin_ratio if alone else found.margin_ratio

    one = account_figures(given_).positions[0]
    edges = (one.liquidation_price, one.liquidation_price_upper)
    assert one.liquidation_known
    for edge in edges:
        if edge is None:
            continue
        at = ratio(edge)
        assert at is not None
        assert abs(at - 1) < STEP
        either = [ratio(edge * (1 - STEP)), ratio(edge * (1 + STEP))]
        solvent = [found is not None and found < 1 for found in either]
        assert solvent.count(True) == 1
    if edges == (None, None):
        assert (
            len({ratio(price) is not None and ratio(price) < 1 for price in (D(1), D(10**7))}) == 1
        )


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15)
@given(side=sides, size=sizes, entry=entries, share=behind, more=st.decimals(0, 1, places=2))
def test_more_behind_a_position_never_brings_its_edge_nearer(model, side, size, entry, share, more):
    def edge(fraction):
        wallet = D(size) * entry * fraction
        held = position(BTC, D(size) * side, entry, terms=terms_of(model, BTC), leverage="5")
        held = msgspec.structs.replace(
            held, margin_mode=MarginMode.ISOLATED, isolated_margin=wallet
        )
        return account_figures(account(held)).positions[0].liquidation_price

    poor, rich = edge(share), edge(share + more)
    if poor is None or rich is None:
        assert side > 0  # a long can be without an edge: nothing can happen to it above 0
        assert rich is None
    else:
        assert (rich - poor) * side <= 0
