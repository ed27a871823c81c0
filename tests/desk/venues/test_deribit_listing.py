"""Deribit's listing becomes instruments, and the shipped ones are those it lists."""

import json
from decimal import Decimal

import pytest
from helpers import deribit_frames as d
from hypothesis import given
from hypothesis import strategies as st

from desk.model.instrument import Contract, Kind
from desk.venues.deribit_listing import read_listing
from desk.venues.unreadable import UNREADABLE


def row(symbol="BTC-PERPETUAL", **more):
    """A row in the documented form."""
    base = symbol[:3]
    return {
        "price_index": f"{base.lower()}_usd",
        "kind": "future",
        "instrument_name": symbol,
        "max_leverage": 50,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
        "instrument_type": "reversed",
        "expiration_timestamp": 32503708800000,
        "is_active": True,
        "tick_size": 0.5,
        "contract_size": 10.0,
        "min_trade_amount": 10.0,
        "settlement_currency": base,
        "settlement_period": "perpetual",
        "base_currency": base,
        "counter_currency": "USD",
        "quote_currency": "USD",
        "tick_size_steps": [],
    } | more


LINEAR = {
    "instrument_type": "linear",
    "settlement_currency": "USDC",
    "quote_currency": "USDC",
    "tick_size": 0.1,
    "contract_size": 0.0001,
    "min_trade_amount": 1e-4,
}
SPOT = {
    "kind": "spot",
    "quote_currency": "USDC",
    "settlement_period": None,
    "settlement_currency": None,
    "instrument_type": "linear",
    "tick_size": 0.01,
    "qty_tick_size": 1e-08,
    "min_trade_amount": 0.0001,
    "taker_commission": 0.0,
}


def listed(*rows):
    return read_listing(json.dumps({"jsonrpc": "2.0", "result": rows, "testnet": False}).encode())


def spot_row(symbol="BTC_USDC", **more):
    return {k: v for k, v in (row(symbol, **SPOT) | more).items() if v is not None}


def test_the_shipped_instruments_are_what_the_listing_gives():
    eth = {"tick_size": 0.05, "contract_size": 1, "min_trade_amount": 1}
    eth_linear = {"tick_size": 0.05, "contract_size": 0.001, "min_trade_amount": 0.001}
    listing = listed(
        row(),
        row("ETH-PERPETUAL", **eth),
        row("BTC_USDC-PERPETUAL", **LINEAR),
        row("ETH_USDC-PERPETUAL", **LINEAR | eth_linear),
        spot_row(),
    )
    assert listing.refused == {}
    assert listing.instruments == d.CATALOGUE.all()


def test_an_inverse_lot_is_a_contract_and_a_linear_one_is_coin():
    inverse, linear = listed(row(), row("BTC_USDC-PERPETUAL", **LINEAR)).instruments
    assert inverse.contract is Contract.INVERSE
    assert (inverse.contract_size, inverse.lot_size, inverse.min_quantity) == (10, 1, 1)
    assert inverse.notional(Decimal(6_100), Decimal(61_000)) == 1  # 61,000 USD are 1 BTC
    assert linear.contract is Contract.LINEAR
    assert (linear.contract_size, linear.lot_size) == (1, Decimal("0.0001"))
    assert linear.funding_interval_h is inverse.funding_interval_h is None


def test_futures_options_and_other_coins_are_passed_over():
    others = [
        row("BTC-27DEC24", settlement_period="month"),
        row("BTC-27DEC24-100000-C", kind="option", quote_currency="BTC"),
        row("SOL_USDC-PERPETUAL", base_currency="SOL", quote_currency="USDC"),
        spot_row("ETH_BTC", quote_currency="BTC"),
        {"kind": "future_combo", "instrument_name": "BTC-COMBO-1", "base_currency": "BTC"},
    ]
    listing = listed(*others)
    assert (listing.instruments, listing.refused) == ([], {})


def test_a_tick_that_grows_with_the_price_is_counted_in_the_finest():
    steps = [{"above_price": 100000, "tick_size": 2.5}]
    (instrument,) = listed(row(tick_size_steps=steps)).instruments
    assert instrument.tick_size == Decimal("0.5")
    steps = [{"above_price": 100000, "tick_size": 0.25}]
    (instrument,) = listed(row(tick_size_steps=steps)).instruments
    assert instrument.tick_size == Decimal("0.25")


def test_a_rebate_is_a_negative_fee():
    (instrument,) = listed(row(maker_commission=-0.0001)).instruments
    assert instrument.maker_fee_rate == Decimal("-0.0001")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_active": False}, "not active"),
        ({"instrument_type": "quanto"}, "neither inverse nor linear"),
        ({"settlement_currency": "ETH"}, "neither inverse nor linear"),
        ({"tick_size": 0}, "tick size out of range"),
        ({"tick_size": -0.5}, "tick size out of range"),
        ({"tick_size": "0.5"}, "not a plain number"),
        ({"contract_size": None}, "not a plain number"),
        ({"min_trade_amount": 1e300}, "not a plain number"),
        ({"min_trade_amount": 1e20}, "smallest amount out of range"),
        ({"taker_commission": 0.5}, "fee rate out of range"),
        ({"tick_size_steps": [{"tick_size": 0.7}]}, "tick sizes that do not divide each other"),
        ({"tick_size_steps": [{"tick_size": 1e-99}]}, "tick size out of range"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_stand(change, reason):
    listing = listed(row(**change), row("ETH-PERPETUAL"))
    assert listing.refused == {"BTC-PERPETUAL": reason}
    assert [instrument.symbol for instrument in listing.instruments] == ["ETH-PERPETUAL"]


def test_spot_without_a_quantity_increment_is_refused_and_not_guessed():
    listing = listed(spot_row(qty_tick_size=None))
    assert listing.refused == {"BTC_USDC": "no quantity increment"}


def test_spot_settles_in_its_quote():
    (pair,) = listed(spot_row()).instruments
    assert (pair.kind, pair.settle, pair.lot_size) == (Kind.SPOT, "USDC", Decimal("1e-8"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"result":{}}', b'{"result":[1]}', b"\xff"])
def test_what_is_no_listing_is_refused(body):
    with pytest.raises(UNREADABLE):
        read_listing(body)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(row() | SPOT)), any_json, max_size=4))
def test_any_row_gives_a_usable_instrument_or_none(change):
    try:
        listing = listed(row() | change, row("ETH-PERPETUAL"))
    except UNREADABLE:
        return
    for instrument in listing.instruments:
        assert instrument.tick_size > 0
        assert instrument.lot_size > 0
        assert instrument.min_quantity > 0
